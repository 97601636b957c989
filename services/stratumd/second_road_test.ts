import { assertEquals } from "@std/assert";
import { blockCandidates, type Bus } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import type { BlockCandidate } from "@gopool/proto";
import type { Road } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { BLOCK_NBITS, openRig } from "./kit_test.ts";

/** A bus that takes candidates and says nothing of them until it is let. */
function silentOnCandidates(gate: Promise<void>): (bus: Bus) => Bus {
  return (bus) =>
    new Proxy(bus, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "publish") return value.bind(target);
        return async (...args: Parameters<Bus["publish"]>) => {
          if (args[0] === blockCandidates) await gate;
          return await target.publish(...args);
        };
      },
    });
}

/** Takes what it is given. */
function taker(): { road: Road<BlockCandidate>; given: BlockCandidate[] } {
  const given: BlockCandidate[] = [];
  const give = (candidate: BlockCandidate) => {
    given.push(candidate);
    return Promise.resolve([{ to: "judge", trouble: null }]);
  };
  return { road: { give }, given };
}

Deno.test("a candidate that the bus does not confirm goes to the judges by the second road, as it goes to the log", async () => {
  const gate = Promise.withResolvers<void>();
  const { road, given } = taker();
  await using rig = await openRig({
    firstJob: { nbits: BLOCK_NBITS },
    wrap: silentOnCandidates(gate.promise),
    road,
  });
  const miner = await rig.connect();
  await miner.login({ agent: "cpuminer/2.5" });
  assertEquals((await miner.submit(miner.mine({ difficulty: 4.7e-10 }))).result, true);
  await waitFor(() => given.length > 0, "a candidate on the second road");
  assertEquals(await rig.candidates(), []);
  gate.resolve();
  const [logged] = await waitFor(async () => {
    const found = await rig.candidates();
    return found.length > 0 ? found : null;
  }, "the candidate on the log");
  assertEquals(given[0], logged);
  assertEquals(toHex(given[0]!.facts!.hash).length, 64);
});

Deno.test("a candidate that the bus confirms at once goes no second road", async () => {
  const { road, given } = taker();
  await using rig = await openRig({ firstJob: { nbits: BLOCK_NBITS }, road });
  const miner = await rig.connect();
  await miner.login({ agent: "cpuminer/2.5" });
  await miner.submit(miner.mine({ difficulty: 4.7e-10 }));
  await waitFor(async () => (await rig.candidates()).length > 0, "a candidate");
  await rig.stop();
  assertEquals(given, []);
});

Deno.test("a gateway whose bus is away ends with its candidates open, and gives them again at its next start", async () => {
  const folder = await Deno.makeTempDir({ prefix: "stratumd" });
  const first = taker(), second = taker();
  const away = silentOnCandidates(new Promise(() => {}));
  {
    await using rig = await openRig({
      firstJob: { nbits: BLOCK_NBITS },
      wrap: away,
      road: first.road,
      folder,
    });
    const miner = await rig.connect();
    await miner.login({ agent: "cpuminer/2.5" });
    await miner.submit(miner.mine({ difficulty: 4.7e-10 }));
    await waitFor(() => first.given.length > 0, "a candidate on the second road");
  }
  {
    await using _rig = await openRig({ wrap: away, road: second.road, folder });
    await waitFor(() => second.given.length > 0, "the candidate again");
  }
  assertEquals(second.given[0], first.given[0]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a gateway that is drained with candidates open says so on the board, until it works again and gives them", async () => {
  const { road, given } = taker();
  await using rig = await openRig({
    firstJob: { nbits: BLOCK_NBITS },
    wrap: silentOnCandidates(new Promise(() => {})),
    road,
  });
  const miner = await rig.connect();
  await miner.login({ agent: "cpuminer/2.5" });
  await miner.submit(miner.mine({ difficulty: 4.7e-10 }));
  await waitFor(() => given.length > 0, "a candidate on the second road");
  assertEquals(rig.said("stratumd/candidates"), undefined);
  await rig.stop();
  assertEquals(
    rig.said("stratumd/candidates"),
    "degraded: Candidates not settled yet: 1. They lie on the disk and go on when the gateway works again: " +
      "undrain it",
  );
  const before = given.length;
  const stop = new AbortController();
  const running = rig.stratumd.run(stop.signal);
  await waitFor(() => given.length > before, "the candidate again");
  assertEquals(rig.said("stratumd/candidates"), undefined);
  stop.abort();
  await running;
});

Deno.test("a gateway that is drained with nothing open says nothing of candidates", async () => {
  await using rig = await openRig();
  await rig.stop();
  assertEquals(rig.said("stratumd/candidates"), undefined);
});
