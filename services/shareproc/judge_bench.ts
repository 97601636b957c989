/**
 * Records judged a second: from a memory bus, through the whole service, to `share.valid`.
 *
 * Budget: 30,000 a second on one core, so that one judge keeps up with one gateway (issue 3's goal for stratumd).
 * Asserts first that every share is on share.valid once, linked..
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { openBus, type OutRecord, shareSubmissions } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { makeJob, makeShare, publishJob, submission } from "./fixture.ts";
import { judgedAll, readByRule, withJudge } from "./stand_fixture.ts";

const COUNT = 40_000;
const ROUNDS = 3;
const RECORDS_PER_SECOND_MIN = 30_000;
/** Jobs and gateways' batches as a busy pool has them. */
const JOBS = 4;
const BATCH = 500;

const jobs = Array.from({ length: JOBS }, (_, n) => makeJob(n.toString(16).padStart(16, "0")));
const records: OutRecord[] = Array.from(
  { length: COUNT },
  (_, n) => submission(makeShare(jobs[n % JOBS]!, n), 0),
);

/** Judges all of them once; ms. */
async function judgeAll(): Promise<number> {
  await using bus = await openBus("memory:", { clock: systemClock, sharePartitions: 1 });
  for (const job of jobs) await publishJob(bus, job);
  for (let at = 0; at < COUNT; at += BATCH) {
    await bus.publish(shareSubmissions, records.slice(at, at + BATCH));
  }
  const startedMs = performance.now();
  await withJudge(bus, () => waitFor(() => judgedAll(bus), "judgement"));
  const tookMs = performance.now() - startedMs;
  const { hashes, stopped } = await readByRule(bus, 0);
  assertEquals([new Set(hashes).size, hashes.length, stopped], [COUNT, COUNT, undefined]);
  return tookMs;
}

Deno.bench("judge records from a memory bus", { n: 1, warmup: 0 }, async () => {
  let bestMs = Infinity;
  for (let round = 0; round < ROUNDS; round++) bestMs = Math.min(bestMs, await judgeAll());
  const perSecond = Math.round(COUNT / bestMs * 1000);
  console.log(`\n${perSecond} records a second judged (budget ${RECORDS_PER_SECOND_MIN})`);
  assert(perSecond >= RECORDS_PER_SECOND_MIN);
});
