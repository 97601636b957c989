/**
 * A session as it is written down, and read again by this gateway's next process or by another gateway: jobs by their
 * ids, because sequence numbers are each process's own.
 *
 * @module
 */
import { fromHex, toHex } from "@gopool/chain";
import type { Past } from "./departed.ts";
import { DifficultyHistory, rungOf } from "./difficulty.ts";
import type { SentRung, SessionRecord } from "./extranonce.ts";
import type { JobTable } from "./jobs.ts";

/**
 * @param past Its `lastSequence` is not looked at.
 * @param ended Whether the connection is no more: nothing will have been sent to it after this record.
 */
export function recordOf(
  past: Omit<Past, "lastSequence"> & { readonly difficulty: number },
  jobs: JobTable,
  ended: boolean,
): SessionRecord {
  const { extranonce1, difficulty, versionMask, history, hold } = past;
  const current = jobs.current;
  const written = (rows: readonly (readonly [number, { difficulty: number }])[]) =>
    rows.flatMap(([sequence, rung]): SentRung[] => {
      if (current === null || sequence > current.sequence) return [["", rung.difficulty]];
      const id = jobs.at(sequence)?.id;
      return id === undefined ? [] : [[id, rung.difficulty]];
    });
  return {
    extranonce1: toHex(extranonce1),
    difficulty,
    versionMask,
    lastJob: current?.id ?? "",
    ended,
    rungs: written(history.rows(jobs.oldestSequence)),
    extras: written(history.extras),
    ...(hold === null ? {} : { hold }),
  };
}

/** The past that a record tells, in terms of the jobs that this process holds. */
export function pastOf(record: SessionRecord, jobs: JobTable): Past {
  const { extranonce1, difficulty, versionMask, lastJob, ended, rungs, extras, hold } = record;
  const oldest = jobs.oldestSequence;
  // Before the oldest job held: whatever came after it is new to the miner.
  const last = jobs.get(lastJob)?.sequence ?? oldest - 1;
  const history = new DifficultyHistory();
  for (const [id, level] of rungs) {
    // A job that is not held any more: its rung is in force for what came after it.
    const sequence = id === "" ? last + 1 : jobs.get(id)?.sequence ?? oldest;
    history.begin(sequence, rungOf(level), oldest);
  }
  for (const [id, level] of extras) {
    const sequence = jobs.get(id)?.sequence;
    if (sequence !== undefined) history.addExtra(sequence, rungOf(level));
  }
  return {
    extranonce1: fromHex(extranonce1),
    difficulty,
    versionMask,
    history,
    hold: hold ?? null,
    lastSequence: ended ? last : Infinity,
  };
}
