/**
 * What the board says of the gateway's work: `down` is what keeps new miners away, so it has to end by itself.
 *
 * @module
 */
import { type Bus, NotWritten, openBus, shareSubmissions } from "@gopool/bus";
import {
  createStatusBoard,
  seededRandom,
  silent,
  type StatusBoard,
  systemClock,
} from "@gopool/runtime";
import { JOB_MAX_LIFE_MS, OUTBOX_MAX_AGE_MS } from "@gopool/shares";
import { openState } from "@gopool/state";
import { type FakeClock, settle, waitFor } from "@gopool/testing";
import { assertEquals, assertMatch } from "@std/assert";
import { errorOf, openRig, timed } from "./kit_test.ts";
import { createStratumd } from "./service.ts";

async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await clock.advance(Math.min(1_000, left));
    await settle();
  }
}

/** A bus that takes no shares while it is away; all else is well. */
function sharesAway(bus: Bus, isAway: () => boolean): Bus {
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: Parameters<Bus["publish"]>) =>
        name === "publish" && args[0] === shareSubmissions && isAway()
          ? Promise.reject(new NotWritten("No broker answers"))
          : value.apply(target, args);
    },
  });
}

Deno.test("a gateway that could not store shares is well again, also when nobody is left to send one", async () => {
  let away = false;
  await timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.login();
    away = true;
    const id = await miner.send("mining.submit", miner.params(miner.mine()), 5);
    await waitFor(() => rig.stratumd.status().waiting === 1, "a share that waits");
    await pass(clock, 2_000);
    assertEquals(rig.said("stratumd"), "down: Shares wait for the bus: No broker answers");
    await pass(clock, OUTBOX_MAX_AGE_MS);
    errorOf(await miner.answer(id));
    // A balancer sends nobody to a gateway that is not ready, and those it had have gone.
    await miner.close();
    away = false;
    await rig.job();
    await pass(clock, OUTBOX_MAX_AGE_MS + 2_000);
    assertEquals(rig.said("stratumd"), "ok: serving miners");
  }, { wrap: (bus) => sharesAway(bus, () => away) });
});

Deno.test("no new job is a warning after a minute, and down when there is no work to give", () =>
  timed(async (rig, clock) => {
    await pass(clock, 60_000);
    assertMatch(rig.said("stratumd")!, /^degraded: No new job for more than 50 s/);
    await pass(clock, JOB_MAX_LIFE_MS - 58_000);
    assertMatch(rig.said("stratumd")!, /^down: No new job for more than 20 min/);
    await rig.job();
    await pass(clock, 2_000);
    assertEquals(rig.said("stratumd"), "ok: serving miners");
  }));

/** A board that notes what the gateway says of itself, in order. */
function noted(board: StatusBoard): { board: StatusBoard; said: string[] } {
  const said: string[] = [];
  return {
    said,
    board: {
      ...board,
      set(part, health, detail) {
        if (part === "stratumd") said.push(`${health}: ${detail}`);
        board.set(part, health, detail);
      },
    },
  };
}

Deno.test("it is down from its first moment until the port listens", async () => {
  await using rig = await openRig();
  await using bus = await openBus("memory:", { clock: systemClock });
  await using state = await openState("memory:", { clock: systemClock });
  const { board, said } = noted(createStatusBoard(systemClock));
  const folder = await Deno.makeTempDir({ prefix: "stratumd" });
  const config = { ...rig.config, dataDir: folder };
  const random = seededRandom(3);
  const deps = { bus, state, clock: systemClock, random, log: silent, board, config };
  const stratumd = createStratumd(deps);
  const stop = new AbortController();
  const running = stratumd.run(stop.signal);
  // As supervision would have it: "running" was said just before.
  assertMatch(said[0] ?? "nothing", /^down: /);
  await waitFor(() => said.includes("down: waiting for a first job"), "the feeds");
  stop.abort();
  await running;
  assertEquals(said.filter((what) => what.startsWith("ok")), []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("while it finishes its answers it is down", async () => {
  let gate!: PromiseWithResolvers<void>;
  const wrap = (bus: Bus) =>
    new Proxy(bus, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...args: Parameters<Bus["publish"]>) => {
          if (name === "publish" && args[0] === shareSubmissions) {
            gate = Promise.withResolvers();
            await gate.promise;
          }
          return await value.apply(target, args);
        };
      },
    });
  await using rig = await openRig({ wrap });
  const miner = await rig.connect();
  await miner.login();
  await miner.send("mining.submit", miner.params(miner.mine()), 5);
  await waitFor(() => rig.stratumd.status().waiting === 1, "a share under way");
  const stopping = rig.stop();
  await waitFor(() => rig.stratumd.status().port === null, "the port closed");
  assertMatch(rig.said("stratumd")!, /^down: no new miners/);
  gate.resolve();
  assertEquals((await miner.answer(5)).result, true);
  await stopping;
});
