/**
 * What is on the log before what is said: `true` only after the publish, a candidate on disk before it is published,
 * and refused shares that nobody waits for.
 *
 * @module
 */
import { blockCandidates, blockFound, type Bus, encodeRecord } from "@gopool/bus";
import { BlockOutcome, Reason, Verdict } from "@gopool/proto";
import { waitFor } from "@gopool/testing";
import { assert, assertEquals, assertLess } from "@std/assert";
import { BLOCK_NBITS, EASY, errorOf, gated, goRound, openRig, timed } from "./kit_test.ts";
import { REFUSALS_LISTED_PER_SECOND } from "./limits.ts";

Deno.test("a share is answered true only after its publish has resolved, and stands on the log by then", async () => {
  let gate!: ReturnType<typeof gated>;
  await using rig = await openRig({ wrap: (bus) => (gate = gated(bus)).bus });
  const miner = await rig.connect();
  await miner.login();
  const before = miner.lines.length;
  await miner.send("mining.submit", miner.params(miner.mine()), 77);
  await waitFor(() => gate.held() === 1, "a publish under way");
  await goRound(rig);
  assertEquals(miner.lines.length, before);
  assertEquals(await rig.submissions(), []);
  gate.open();
  assertEquals((await miner.answer(77)).result, true);
  assertEquals((await rig.submissions()).length, 1);
});

Deno.test("a candidate is on disk before it is published, and stays until block.found names it", async () => {
  const onDisk: string[][] = [];
  let folder = "";
  const spooled = () => [...Deno.readDirSync(`${folder}/spool`)].map(({ name }) => name);
  const watched = (bus: Bus) =>
    new Proxy(bus, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: Parameters<Bus["publish"]>) => {
          if (name === "publish" && args[0] === blockCandidates) onDisk.push(spooled());
          return value.apply(target, args);
        };
      },
    });
  await using rig = await openRig({ firstJob: { nbits: BLOCK_NBITS }, wrap: watched });
  folder = rig.folder;
  const miner = await rig.connect();
  await miner.login({ agent: "cpuminer/2.5" });
  await miner.submit(miner.mine({ difficulty: 4.7e-10 }));
  const [candidate] = await waitFor(async () => {
    const found = await rig.candidates();
    return found.length === 1 ? found : null;
  }, "a candidate");
  assertEquals(onDisk.length, 1);
  assertEquals(onDisk[0]!.length, 1, "one file, whole, when the publish began");
  assert(onDisk[0]![0]!.endsWith(".candidate"));
  const found = { facts: candidate!.facts!, outcome: BlockOutcome.ACCEPTED };
  const record = encodeRecord(blockFound, found, { key: candidate!.facts!.hash });
  // A record that nobody can read does not hold up the one behind it.
  await rig.bus.publish(blockFound, [{ key: record.key!, value: new Uint8Array([0xff]) }, record]);
  await waitFor(() => spooled().length === 0, "an empty spool");
});

Deno.test("refused shares without a header are on the topic, with no hash and no target", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login();
  const good = miner.params(miner.mine());
  const cases: [unknown[], number, Reason][] = [
    [good.with(1, "00000009ABCDEF01"), 21, Reason.UNKNOWN_JOB],
    [good.with(1, "made up"), 21, Reason.UNKNOWN_JOB],
    [good.with(2, "0011"), 20, Reason.BAD_EXTRANONCE2],
    [good.with(3, "no hex"), 20, Reason.MALFORMED],
    // Nobody authorised: answered, not listed.
    [good.with(0, "stranger").with(1, "00000009abcdef02"), 24, Reason.UNAUTHORIZED],
    [good.with(0, "stranger").with(3, "no hex"), 20, Reason.MALFORMED],
  ];
  for (const [params, code] of cases) {
    assertEquals(errorOf(await miner.ask("mining.submit", params))[0], code, `${params}`);
  }
  assertEquals((await miner.ask("mining.submit", good)).result, true);
  const [unknown, madeUp, short, malformed, accepted, ...more] = await rig.submissions();
  assertEquals(more, []);
  assertEquals(accepted!.verdict, Verdict.ACCEPTED);
  const refused = [unknown!, madeUp!, short!, malformed!];
  assertEquals(refused.map((s) => s.reason), cases.slice(0, 4).map(([, , reason]) => reason));
  for (const s of refused) {
    assertEquals([s.verdict, s.account, s.worker], [
      Verdict.REJECTED,
      accepted!.account,
      accepted!.worker,
    ]);
    assertEquals([s.headerHash.length, s.target.length], [0, 0]);
    assertEquals(s.extranonce1, miner.extranonce1);
  }
  assertEquals([unknown!.jobId, madeUp!.jobId], ["00000009abcdef01", ""]);
  assertEquals([short!.jobId, short!.extranonce2.length], [good[1], 0]);
  assertEquals(unknown!.extranonce2, accepted!.extranonce2);
});

Deno.test("of refused shares ten a second are listed and every other one is counted, exactly", () =>
  timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.login();
    const unknown = miner.params(miner.mine()).with(1, "00000009abcdef01");
    const low = Array.from({ length: 40 }, () => miner.mine({ difficulty: 2 ** -32, above: EASY }));
    let sent = 0;
    // Floods of both kinds over three seconds, then one more refusal, then silence.
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 13; i++) {
        await miner.submit(low.pop()!);
        await miner.ask("mining.submit", unknown);
        sent += 2;
      }
      await clock.advance(1000);
      const listed = (await rig.submissions()).length;
      assert(listed <= (second + 2) * REFUSALS_LISTED_PER_SECOND, `${listed} listed`);
    }
    await miner.ask("mining.submit", unknown);
    sent++;
    await clock.advance(1000);
    const counted = await waitFor(async () => {
      const found = await rig.submissions();
      return found.reduce((sum, s) => sum + 1 + s.unlisted, 0) >= sent ? found : null;
    }, "every refused share");
    assertEquals(counted.reduce((sum, s) => sum + 1 + s.unlisted, 0), sent);
    assertLess(counted.length, sent);
  }));

Deno.test("what a session that ends has kept back goes on the topic with it", () =>
  timed(async (rig) => {
    const miner = await rig.connect();
    await miner.login();
    const unknown = miner.params(miner.mine()).with(1, "00000009abcdef01");
    for (let i = 0; i < 30; i++) await miner.ask("mining.submit", unknown);
    await miner.close();
    const all = await waitFor(async () => {
      const found = await rig.submissions();
      return found.length === REFUSALS_LISTED_PER_SECOND + 1 ? found : null;
    }, "the last record");
    assertEquals(all.at(-1)!.unlisted, 30 - all.length);
  }));
