import { assertEquals, assertLessOrEqual, assertStringIncludes } from "@std/assert";
import {
  type Bus,
  encodeRecord,
  openBus,
  shareRejected,
  shareStale,
  shareSubmissions,
  shareValid,
} from "@gopool/bus";
import { create, Reason, ShareSubmissionSchema, Verdict } from "@gopool/proto";
import { createStatusBoard, silent, systemClock } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { judgedOn, makeJob, makeShare, POOL, publishJob, submission } from "./fixture.ts";
import { createShareproc } from "./service.ts";
import { judgedAll, withJudge } from "./stand_fixture.ts";

const JOB = makeJob("0000000100000000");

const openTestBus = () => openBus("memory:", { clock: systemClock, sharePartitions: 2 });

Deno.test("a share that was answered true is valid, and links to the one before it", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  const shares = [1, 2, 3].map((n) => makeShare(JOB, n));
  await bus.publish(shareSubmissions, shares.map((share) => submission(share, 0)));
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  const valid = await judgedOn(bus, shareValid);
  assertEquals(valid.map((s) => [Number(s.previousValidOffset), Number(s.sourceOffset)]), [
    [-1, 0],
    [0, 1],
    [1, 2],
  ]);
  assertEquals(valid.map((s) => s.headerHash), shares.map((s) => s.headerHash));
  assertEquals(valid[0]!.logId, await bus.logId());
  assertEquals(valid[0]!.height, JOB.height);
  assertEquals(valid[0]!.work, Uint8Array.of(1)); // floor(2^256 / (2^255 + 1))
});

Deno.test("refused shares go to their topics with the gateway's reason, and never become valid", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  const refused = [
    makeShare(JOB, 1, { verdict: Verdict.REJECTED, reason: Reason.DUPLICATE }),
    makeShare(JOB, 2, { verdict: Verdict.STALE, reason: Reason.STALE_JOB }),
    makeShare(JOB, 3, { verdict: Verdict.REJECTED, reason: Reason.UNKNOWN_JOB, jobId: "ff" }),
  ];
  await bus.publish(shareSubmissions, refused.map((share) => submission(share, 0)));
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  assertEquals(await judgedOn(bus, shareValid), []);
  const reasons = (await judgedOn(bus, shareRejected)).map((s) => s.reason);
  assertEquals(reasons, [Reason.DUPLICATE, Reason.UNKNOWN_JOB]);
  assertEquals((await judgedOn(bus, shareStale)).map((s) => s.reason), [Reason.STALE_JOB]);
});

Deno.test("a refused share that was never hashed stops nothing, also beside valid ones of its job", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  const refused = makeShare(JOB, 2, {
    headerHash: new Uint8Array(),
    target: new Uint8Array(),
    extranonce2: new Uint8Array(3),
    verdict: Verdict.REJECTED,
    reason: Reason.BAD_EXTRANONCE2,
  });
  const shares = [makeShare(JOB, 1), refused, makeShare(JOB, 3)];
  await bus.publish(shareSubmissions, shares.map((share) => submission(share, 0)));
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  assertEquals((await judgedOn(bus, shareValid)).length, 2);
  const [one] = await judgedOn(bus, shareRejected);
  assertEquals([one!.reason, one!.disagreement], [Reason.BAD_EXTRANONCE2, false]);
});

const wrong: [string, Reason, Parameters<typeof makeShare>[2]][] = [
  ["above its target", Reason.LOW_DIFFICULTY, { target: new Uint8Array(32) }],
  ["with another hash than its fields give", Reason.MALFORMED, { nonce: 0xffffffff }],
  ["with version bits outside the mask", Reason.BAD_VERSION_BITS, { version: 0x60000000 }],
  ["with ntime below mintime", Reason.NTIME_TOO_OLD, { ntime: 1_600_000_000 }],
  ["with ntime two hours ahead", Reason.NTIME_TOO_NEW, { receivedAtMs: 1_690_000_000_000n }],
  ["with a short extranonce2", Reason.BAD_EXTRANONCE2, { extranonce2: new Uint8Array(4) }],
];
for (const [what, reason, change] of wrong) {
  Deno.test(`a share answered true ${what} is refused, and counted as a disagreement`, async () => {
    await using bus = await openTestBus();
    await publishJob(bus, JOB);
    await bus.publish(shareSubmissions, [submission(makeShare(JOB, 1, change), 0)]);
    await withJudge(bus, async (judge) => {
      await waitFor(() => judgedAll(bus), "judgement");
      assertEquals(judge.counts.disagreements, 1);
    });
    const [share] = await judgedOn(bus, shareRejected);
    assertEquals([share!.judgedReason, share!.disagreement], [reason, true]);
    assertEquals(await judgedOn(bus, shareValid), []);
  });
}

Deno.test("a record that cannot be read is refused in its place, and the next one is judged", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  await bus.publish(shareSubmissions, [
    { value: Uint8Array.of(0xff, 0xff), partition: 0 },
    submission(makeShare(JOB, 1), 0),
  ]);
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  assertEquals((await judgedOn(bus, shareValid)).length, 1);
  const [refused] = await judgedOn(bus, shareRejected);
  assertEquals([refused!.judgedReason, Number(refused!.sourceOffset)], [Reason.MALFORMED, 0]);
});

Deno.test("a repeat is republished, not valid, also when a restart lies between", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  const share = makeShare(JOB, 1);
  await bus.publish(shareSubmissions, [submission(share, 0), submission(share, 0)]);
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  await bus.publish(shareSubmissions, [submission(share, 0)]);
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement after the restart"));
  assertEquals((await judgedOn(bus, shareValid)).length, 1);
  const again = await judgedOn(bus, shareRejected);
  assertEquals(again.map((s) => [s.judgedReason, s.disagreement]), [
    [Reason.REPUBLISHED, false],
    [Reason.REPUBLISHED, false],
  ]);
});

Deno.test("a share whose job is not read yet waits for it and is then valid", async () => {
  await using bus = await openTestBus();
  await bus.publish(shareSubmissions, [submission(makeShare(JOB, 1), 0)]);
  await withJudge(bus, async (_, board) => {
    await waitFor(
      () => board.all().some((p) => p.detail.includes("Waiting at share.submissions/0 offset 0")),
      "the wait to be told",
    );
    assertEquals(await judgedOn(bus, shareRejected), []);
    await publishJob(bus, JOB);
    await waitFor(() => judgedAll(bus), "judgement");
  });
  assertEquals((await judgedOn(bus, shareValid)).length, 1);
});

/** Stops partition 0 at a share of a job that was never written. */
async function stopped(bus: Bus): Promise<void> {
  await publishJob(bus, JOB);
  const lost = makeJob("0000000100000001");
  await bus.publish(shareSubmissions, [
    submission(makeShare(JOB, 1), 0),
    submission(makeShare(lost, 1), 0),
    submission(makeShare(JOB, 2), 0),
    submission(makeShare(JOB, 3), 1),
  ]);
  // A record of mining.jobs later than the share says that the job is not on its way.
  const before = Date.now();
  await waitFor(() => Date.now() > before, "a later millisecond");
  await publishJob(bus, makeJob("0000000100000002"));
}

Deno.test("a job that was never written stops its partition in a sentence, and no other one", async () => {
  await using bus = await openTestBus();
  await stopped(bus);
  await withJudge(bus, async (_, board) => {
    const part = await waitFor(() => board.all().find((p) => p.health === "down"), "the stop");
    assertStringIncludes(part.detail, "Stopped at share.submissions/0 offset 1");
    assertStringIncludes(part.detail, "deno task topics reject --partition 0 --offset 1");
    await waitFor(async () => (await judgedOn(bus, shareValid, 1)).length === 1, "partition 1");
    assertEquals((await judgedOn(bus, shareValid, 0)).length, 1);
  });
});

Deno.test("an operator's word lets a stopped partition go on, and stands in the log", async () => {
  await using bus = await openTestBus();
  await stopped(bus);
  const operator = { rejectOffset: 1n, reason: "job lost in a disk fault, Ada" };
  const note = create(ShareSubmissionSchema, { operator });
  await bus.publish(shareSubmissions, [encodeRecord(shareSubmissions, note, { partition: 0 })]);
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  const valid = await judgedOn(bus, shareValid);
  assertEquals(valid.map((s) => [Number(s.previousValidOffset), Number(s.sourceOffset)]), [
    [-1, 0],
    [0, 2],
  ]);
  assertEquals((await judgedOn(bus, shareRejected)).map((s) => s.judgedReason), [Reason.OPERATOR]);
});

Deno.test("publishing again from an offset gives the same links, and the chain goes on after them", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, JOB);
  const shares = [1, 2, 3, 4].map((n) => submission(makeShare(JOB, n), 0));
  await bus.publish(shareSubmissions, shares);
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  const note = create(ShareSubmissionSchema, {
    operator: { republishFrom: 2n, reason: "payoutd saw a gap" },
  });
  await bus.publish(shareSubmissions, [
    encodeRecord(shareSubmissions, note, { partition: 0 }),
    submission(makeShare(JOB, 5), 0),
  ]);
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  const links = (await judgedOn(bus, shareValid)).map((s) => [
    Number(s.previousValidOffset),
    Number(s.sourceOffset),
  ]);
  assertEquals(links, [[-1, 0], [0, 1], [1, 2], [2, 3], [1, 2], [2, 3], [3, 5]]);
  // After a restart the chain still goes on from the greatest, not from what was written last.
  await bus.publish(shareSubmissions, [
    encodeRecord(shareSubmissions, note, { partition: 0 }),
  ]);
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  await bus.publish(shareSubmissions, [submission(makeShare(JOB, 6), 0)]);
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  const last = (await judgedOn(bus, shareValid)).at(-1)!;
  assertEquals([Number(last.previousValidOffset), Number(last.sourceOffset)], [5, 7]);
});

Deno.test("a bus that answers no more holds up the end of the judge for seconds only", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await publishJob(bus, JOB);
  await bus.publish(shareSubmissions, [submission(makeShare(JOB, 1), 0)]);
  let asked = 0;
  const stalled = new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "publish") return value.bind(target);
      return () => new Promise(() => asked++);
    },
  });
  const stop = new AbortController();
  const board = createStatusBoard(clock);
  const settings = { pool: POOL, logEpoch: undefined };
  const judge = createShareproc({ bus: stalled, clock, log: silent, board, ...settings });
  let ended = false;
  const running = judge.run(stop.signal).finally(() => ended = true);
  await waitFor(() => asked > 0, "a publish under way");
  stop.abort();
  const startedMs = clock.monotonic();
  await waitFor(() => clock.advance(500).then(() => ended), "the end");
  await running;
  assertLessOrEqual(clock.monotonic() - startedMs, 10_000 - 1_000);
});
