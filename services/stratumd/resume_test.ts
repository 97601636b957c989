/**
 * Sessions that come back: what counts of what they were sent, and how they are sent work that they may have searched
 * in part.
 *
 * @module
 */
import { openBus } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { openState } from "@gopool/state";
import { JOB_MAX_LIFE_MS } from "@gopool/shares";
import { waitFor } from "@gopool/testing";
import { assertEquals, assertNotEquals } from "@std/assert";
import { Departed, type Past } from "./departed.ts";
import { DifficultyHistory } from "./difficulty.ts";
import { errorOf, openRig, type Rig } from "./kit_test.ts";
import { DEPARTED_MAX } from "./limits.ts";

/** A miner that mined, lost its connection, and is back. `between` happens while it is away. */
async function comesBack(rig: Rig, between: () => Promise<unknown> = () => Promise.resolve()) {
  const old = await rig.connect();
  await old.login();
  const [share, job] = [old.mine(), old.notify];
  await old.close();
  await waitFor(() => rig.stratumd.status().sessions === 0, "the end of the first connection");
  await between();
  const again = await rig.connect();
  await again.login({ session: old.sessionId });
  return { old, again, share, job };
}

Deno.test("work of before the break counts, and the job goes on where the miner stood: clean is false", async () => {
  await using rig = await openRig();
  const { old, again, share, job } = await comesBack(rig);
  assertEquals(again.extranonce1, old.extranonce1);
  assertEquals([again.notify.jobId, again.notify.clean], [job.jobId, false]);
  assertEquals((await again.submit(share, { job: job.jobId })).result, true);
  // Sent again it is a repeat: nothing is counted twice.
  assertEquals(errorOf(await again.submit(share, { job: job.jobId }))[0], 22);
});

Deno.test("a connection that is taken over goes on likewise", async () => {
  await using rig = await openRig();
  const old = await rig.connect();
  await old.login();
  const again = await rig.connect();
  await again.login({ session: old.sessionId });
  assertEquals([again.notify.jobId, again.notify.clean], [old.notify.jobId, false]);
});

Deno.test("a job that came meanwhile on the same block voids nothing; one on a new block does", async () => {
  await using rig = await openRig();
  const next = async (over: Parameters<Rig["job"]>[0]) => {
    const id = await rig.job(over);
    await waitFor(() => rig.stratumd.status().jobId === id, "the job");
  };
  const same = await comesBack(rig, () => next({}));
  assertNotEquals(same.again.notify.jobId, same.job.jobId);
  assertEquals(same.again.notify.clean, false);
  assertEquals((await same.again.submit(same.share, { job: same.job.jobId })).result, true);
  await same.again.close();
  const block = { previousHash: new Uint8Array(32).fill(9) };
  const other = await comesBack(rig, () => next(block));
  assertEquals(other.again.notify.clean, true);
});

Deno.test("the mask agreed on before the session is named stands; else the session's own is taken up", async () => {
  await using rig = await openRig();
  const old = await rig.connect();
  await old.login();
  const roll = (mask: string) => [["version-rolling"], { "version-rolling.mask": mask }];
  const again = await rig.connect();
  await again.ask("mining.configure", roll("00ffe000"));
  await again.login({ session: old.sessionId });
  const rolled = again.mine({ versionBits: 0x00c02000 });
  assertEquals((await again.submit(rolled, { versionBits: "00c02000" })).result, true);
  const third = await rig.connect();
  await third.login({ session: old.sessionId });
  const told = third.messages.find((m) => m.kind === "set_version_mask");
  assertEquals(told?.kind === "set_version_mask" && told.mask, 0x00ffe000);
});

Deno.test("who comes back to another gateway, or without a session, begins with a clean job", async () => {
  await using rig = await openRig();
  const { again } = await comesBack(rig);
  const fresh = await rig.connect();
  await fresh.login();
  assertEquals(fresh.notify.clean, true);
  await using other = await openRig({ state: rig.state, config: { gateway: "gw-2" } });
  const elsewhere = await other.connect();
  await elsewhere.login({ session: again.sessionId });
  assertNotEquals(elsewhere.extranonce1, again.extranonce1);
  assertEquals([elsewhere.notify.clean, elsewhere.sessionId], [true, again.sessionId]);
});

Deno.test("what ended sessions were sent is remembered for a job's life, of a bounded number", () => {
  const departed = new Departed();
  const past: Past = {
    extranonce1: new Uint8Array(4),
    difficulty: 1,
    versionMask: 0,
    history: new DifficultyHistory(),
    lastSequence: 3,
    hold: null,
  };
  departed.add("a", past, 0);
  departed.add("b", past, 1);
  departed.sweep(JOB_MAX_LIFE_MS + 1);
  assertEquals([departed.take("a"), departed.take("b")?.lastSequence], [null, 3]);
  assertEquals(departed.take("b"), null);
  for (let i = 0; i <= DEPARTED_MAX; i++) departed.add(`${i}`, past, 5);
  assertEquals([departed.size, departed.take("0")], [DEPARTED_MAX, null]);
});

Deno.test("two connections that take up one session at one moment: one of them has it, with its extranonce1", async () => {
  await using bus = await openBus("memory:", { clock: systemClock });
  await using state = await openState("memory:", { clock: systemClock });
  await using before = await openRig({ bus, state });
  const old = await before.connect();
  await old.login();
  await before.stop();
  const both = Promise.withResolvers<void>();
  let asked = 0;
  // The store's answers arrive in one piece, as those of a server do.
  const together = new Proxy(state, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "get") return typeof value === "function" ? value.bind(target) : value;
      return async (key: string) => {
        const found = await value.call(target, key);
        if (!key.startsWith("session:")) return found;
        if (++asked === 2) both.resolve();
        await both.promise;
        return found;
      };
    },
  });
  await using after = await openRig({ bus, state: together, seed: 2 });
  const miners = [await after.connect(), await after.connect()];
  await Promise.allSettled(miners.map((miner) => miner.subscribe("x", old.sessionId)));
  await waitFor(() => miners.some(({ closed }) => closed), "the end of one of them");
  assertEquals(after.stratumd.status().sessions, 1);
  const [left] = miners.filter(({ closed }) => !closed);
  assertEquals(left!.extranonce1, old.extranonce1);
  await left!.login({ session: old.sessionId });
  assertEquals((await left!.submit(left!.mine())).result, true);
});
