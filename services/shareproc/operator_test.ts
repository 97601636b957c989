import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "@gopool/testing/fc";
import {
  type Bus,
  encodeRecord,
  miningJobs,
  openBus,
  shareRejected,
  shareSubmissions,
  shareValid,
} from "@gopool/bus";
import { toHex } from "@gopool/chain";
import { Reason } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { judgedOn, makeJob, makeShare, POOL, publishJob, submission } from "./fixture.ts";
import { NOTES_MAX } from "./limits.ts";
import { OperatorNotes } from "./operator.ts";
import { judgedAll, note, readByRule, withJudge } from "./stand_fixture.ts";

const JOB = makeJob("0000000100000000");
const LOST = makeJob("0000000100000001");
const SHARES = Array.from({ length: 8 }, (_, n) => makeShare(JOB, n));
const DAY_MS = 86_400_000;

const openTestBus = () => openBus("memory:", { clock: systemClock, sharePartitions: 1 });
const judged = (bus: Bus) => waitFor(() => judgedAll(bus), "judgement");
const links = async (bus: Bus) =>
  (await judgedOn(bus, shareValid)).map((s) => [
    Number(s.previousValidOffset),
    Number(s.sourceOffset),
  ]);

Deno.test("two records that hold a partition up are let go by notes in any order", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  await bus.publish(shareSubmissions, [
    submission(makeShare(LOST, 1), 0),
    submission(makeShare(LOST, 2), 0),
    submission(SHARES[0]!, 0),
  ]);
  await note(bus, { rejectOffset: 1n });
  await note(bus, { rejectOffset: 0n });
  await withJudge(bus, async (judge) => {
    await judged(bus);
    assertEquals(judge.counts.overruled, 2);
  });
  assertEquals(await links(bus), [[-1, 2]]);
  const reasons = (await judgedOn(bus, shareRejected)).map((s) => s.judgedReason);
  assertEquals(reasons, [Reason.OPERATOR, Reason.OPERATOR]);
});

Deno.test("a job that cannot be used stops its partition in a sentence, and an operator lets it go on", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  const unusable = { ...LOST, nbits: 0 };
  await bus.publish(miningJobs, [encodeRecord(miningJobs, unusable, { key: POOL })]);
  await bus.publish(shareSubmissions, [
    submission(makeShare(LOST, 1), 0),
    submission(SHARES[0]!, 0),
  ]);
  await withJudge(bus, async (judge, board) => {
    const part = await waitFor(() => board.all().find((p) => p.health === "down"), "the stop");
    assertStringIncludes(part.detail, `job ${LOST.id} cannot be used: Cannot use job`);
    assertStringIncludes(part.detail, "deno task topics reject --partition 0 --offset 0");
    assertEquals(judge.counts.stops, 1);
    await note(bus, { rejectOffset: 0n });
    await judged(bus);
    assertEquals(board.all().filter((p) => p.health !== "ok"), []);
  });
  assertEquals(await links(bus), [[-1, 1]]);
});

/** A bus that loses some of the valid records and says that they are written. */
function lossy(bus: Bus, lost: ReadonlySet<number>): Bus {
  let count = 0;
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "publish") return typeof value === "function" ? value.bind(target) : value;
      return (topic: typeof shareValid, records: Parameters<Bus["publish"]>[1]) =>
        target.publish(
          topic,
          topic === shareValid ? records.filter(() => !lost.has(count++)) : records,
        );
    },
  });
}

Deno.test("whatever share.valid has lost, publishing again from the gap lets a reader count all", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(SHARES.length - 2), { maxLength: 5 }),
      fc.array(fc.nat(SHARES.length - 1), { maxLength: 4 }),
      fc.nat(SHARES.length),
      async (lost, repeats, cut) => {
        await using bus = await openTestBus();
        await publishJob(bus, JOB);
        const records = [...SHARES, ...repeats.map((i) => SHARES[i]!)].map((s) => submission(s, 0));
        await bus.publish(shareSubmissions, records);
        await withJudge(lossy(bus, new Set(lost)), () => judged(bus));
        const before = await readByRule(bus, 0);
        const from = /from (-?\d+)/.exec(before.stopped ?? "")?.[1];
        assertEquals(from !== undefined, lost.length > 0, JSON.stringify(before));
        // Publishing again from the gap, or from anywhere before it, is the same to the reader.
        const gap = Number(from ?? SHARES.length) + 1;
        await note(bus, { republishFrom: BigInt(Math.min(gap, cut)) });
        await withJudge(bus, () => judged(bus));
        const after = await readByRule(bus, 0);
        assertEquals(after.stopped, undefined);
        assertEquals(after.hashes, SHARES.map((s) => toHex(s.headerHash)));
        assert(after.loggedAtMs.every((ms, i, all) => i === 0 || ms >= all[i - 1]!));
      },
    ),
    { numRuns: 60, seed: 20_263 },
  );
});

Deno.test("publishing again links to the last valid share before, also from far before the horizon", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  // Every share an hour after the one before, each of a job of its own time.
  for (let hour = 0; hour < 6; hour++) {
    const job = makeJob(`000000010000001${hour}`);
    await publishJob(bus, job);
    await bus.publish(shareSubmissions, [submission(makeShare(job, 1), 0)]);
    await withJudge(bus, () => judged(bus), { clock });
    await clock.advance(3_600_000);
  }
  await note(bus, { republishFrom: 2n });
  await withJudge(bus, () => judged(bus), { clock });
  const again = (await links(bus)).slice(6);
  assertEquals(again, [[1, 2], [2, 3], [3, 4], [4, 5]]);
  const times = (await judgedOn(bus, shareValid)).map((s) => Number(s.loggedAtMs));
  assertEquals(times.slice(6), times.slice(2, 6));
});

Deno.test("a record that an operator rejected stays rejected when its job comes back and it is judged again", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  await bus.publish(shareSubmissions, [
    submission(makeShare(LOST, 1), 0),
    submission(SHARES[0]!, 0),
  ]);
  await note(bus, { rejectOffset: 0n });
  await withJudge(bus, () => judged(bus));
  await publishJob(bus, LOST);
  await note(bus, { republishFrom: 0n });
  await withJudge(bus, () => judged(bus));
  assertEquals(await links(bus), [[-1, 1], [-1, 1]]);
});

Deno.test("a note that asks for what lies after it, or for nothing there is, holds nothing up", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  await note(bus, { republishFrom: 1_000n });
  await bus.publish(shareSubmissions, [submission(SHARES[0]!, 0)]);
  await withJudge(bus, () => judged(bus));
  assertEquals(await links(bus), [[-1, 1]]);
});

Deno.test("publishing again from what retention has taken begins with what is left, linked to what was before", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await publishJob(bus, JOB);
  await bus.publish(shareSubmissions, SHARES.slice(0, 2).map((s) => submission(s, 0)));
  await withJudge(bus, () => judged(bus), { clock });
  await clock.advance(31 * DAY_MS);
  const late = makeJob("0000000100000002");
  await publishJob(bus, late);
  // The first takes the old ones with it, once the group has read them.
  await bus.publish(shareSubmissions, [submission(makeShare(late, 1), 0)]);
  await withJudge(bus, () => judged(bus), { clock });
  assertEquals((await bus.ends(shareSubmissions))[0]!.earliest, 2);
  await note(bus, { republishFrom: 0n });
  await withJudge(bus, () => judged(bus), { clock });
  assertEquals((await links(bus)).at(-1), [1, 2]);
});

Deno.test("notes beyond what is remembered are found when their record is waited at", async () => {
  await using bus = await openTestBus();
  const never = new AbortController().signal;
  const records = [];
  const last = NOTES_MAX + 10;
  for (let offset = 0; offset <= last; offset++) {
    const operator = { rejectOffset: BigInt(offset), reason: "x".repeat(300) };
    records.push(encodeRecord(shareSubmissions, { operator }, { partition: 0 }));
  }
  await bus.publish(shareSubmissions, records);
  const notes = new OperatorNotes(bus, 0);
  assertEquals((await notes.rejection(0, never))?.length, 200);
  // Every note stands at the offset it names, so each is searched for from its own offset on.
  assertEquals(await notes.rejection(last, never), "x".repeat(200));
  notes.forget(last);
  assertEquals(await notes.rejection(last + 1, never), undefined);
});
