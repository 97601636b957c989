import { create, JobSchema } from "@gopool/proto";
import { JOB_MAX_LIFE_MS, ShareChecker } from "@gopool/shares";
import fc from "@gopool/testing/fc";
import { assert, assertEquals } from "@std/assert";
import { DifficultyHistory, rungOf } from "./difficulty.ts";
import { JobTable } from "./jobs.ts";
import { jobOf } from "./kit_test.ts";
import { pastOf, recordOf } from "./session_record.ts";

const checker = new ShareChecker();
/** So many that the checker's memory for jobs is never full. */
const JOBS = 24;
const made = Array.from({ length: JOBS }, () => create(JobSchema, jobOf()));
const NOW = 1_767_225_600_000;

/** A table that has read the jobs from `first` to `last`, as a process does that starts late. */
function tableOf(first: number, last: number): JobTable {
  const jobs = new JobTable("gopool", checker);
  for (const job of made.slice(first, last + 1)) jobs.take(job, NOW, NOW);
  return jobs;
}

function release(jobs: JobTable): void {
  jobs.prune(NOW + 2 * JOB_MAX_LIFE_MS);
  jobs.current?.release(checker);
}

const levels = fc.constantFrom(1, 2, 4, 8, 1024, 0.5);

Deno.test("what a session was sent reads the same for the next process, job by job, for all jobs it still holds", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: JOBS - 3 }),
    fc.array(fc.tuple(fc.boolean(), levels, fc.nat(4)), { minLength: 1, maxLength: 8 }),
    fc.nat(JOBS),
    fc.boolean(),
    (start, changes, forgotten, ended) => {
      const before = tableOf(0, JOBS - 1);
      const history = new DifficultyHistory();
      let next = start;
      history.begin(next, rungOf(16), 0);
      for (const [outOfRow, level, jobsLater] of changes) {
        next = Math.min(JOBS - 1, next + jobsLater);
        // An older job to set the difficulty early: later ones come under it, too, also one that is still to come.
        if (outOfRow && start > 0) {
          history.beginOutOfRow(start - 1, rungOf(level), next + 1, 0);
          next++;
        } else history.begin(next, rungOf(level), 0);
      }
      const record = recordOf(
        { extranonce1: new Uint8Array(4), difficulty: 1, versionMask: 0, history, hold: null },
        before,
        ended,
      );
      const first = Math.min(forgotten, JOBS - 1);
      const after = tableOf(first, JOBS - 1);
      const past = pastOf(JSON.parse(JSON.stringify(record)), after);
      for (let i = first; i < JOBS; i++) {
        const job = after.get(made[i]!.id)!;
        assertEquals(past.history.rung(job.sequence), history.rung(i), `job ${i}`);
        assertEquals(past.history.has(job.sequence), history.has(i), `job ${i}`);
      }
      assertEquals(past.history.current, history.current);
      assertEquals(past.lastSequence, ended ? JOBS - 1 - first : Infinity);
      release(before);
      release(after);
    },
  ));
});

Deno.test("of a session that was written down without a job every job is new", () => {
  const jobs = tableOf(1, 0);
  const history = new DifficultyHistory();
  const record = recordOf(
    { extranonce1: new Uint8Array(4), difficulty: 1, versionMask: 0, history, hold: null },
    jobs,
    true,
  );
  const past = pastOf(record, tableOf(0, 1));
  assertEquals([past.lastSequence, past.history.has(0)], [-1, false]);
});

Deno.test("whatever a record says that has the shape of one, its past can be asked about every job", () => {
  const id = fc.oneof(fc.constantFrom(...made.map((job) => job.id!), ""), fc.string());
  const difficulty = fc.oneof(
    levels,
    fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }),
  );
  const rungs = fc.array(fc.tuple(id, difficulty), { maxLength: 12 });
  const jobs = tableOf(3, JOBS - 1);
  fc.assert(fc.property(
    fc.record({
      extranonce1: fc.constant("00ff1234"),
      difficulty,
      versionMask: fc.maxSafeInteger(),
      lastJob: id,
      ended: fc.boolean(),
      rungs,
      extras: rungs,
    }),
    (record) => {
      const { history } = pastOf(record, jobs);
      for (let sequence = -1; sequence <= JOBS; sequence++) {
        assert((history.rung(sequence)?.difficulty ?? 1) > 0);
      }
      recordOf(
        { extranonce1: new Uint8Array(4), difficulty: 1, versionMask: 0, history, hold: null },
        jobs,
        true,
      );
    },
  ));
  release(jobs);
});
