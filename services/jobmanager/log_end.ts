/**
 * What a new leader must know of those before it, from the end of mining.jobs.
 *
 * @module
 */
import { type Bus, miningJobs } from "@gopool/bus";
import { fromBinary, type Job, JobSchema } from "@gopool/proto";
import { termOf } from "./job_ids.ts";
import { TERM_LOOK_BACK } from "./limits.ts";

export interface LogEnd {
  /** The greatest term of this pool's jobs; 0 where there are none. */
  readonly term: number;
  /** Previous block of the last one: a first job on the same block is not a clean one. */
  readonly previousHash: Uint8Array | undefined;
  /** Offset of the next record there. */
  readonly next: number;
}

/** Reads the last TERM_LOOK_BACK records. One that cannot be read says nothing, and stops nobody. */
export async function readLogEnd(bus: Bus, pool: string): Promise<LogEnd> {
  const [ends] = await bus.ends(miningJobs);
  const from = Math.max(ends!.earliest, ends!.next - TERM_LOOK_BACK);
  let term = 0;
  let previousHash: Uint8Array | undefined;
  let next = ends!.next;
  for await (const { messages } of bus.read(miningJobs, 0, from)) {
    for (const { value, offset } of messages) {
      next = Math.max(next, offset + 1);
      const job = jobIn(value, pool);
      if (job === undefined) continue;
      const jobTerm = termOf(job.id);
      // A late job of a deposed leader: gateways have ignored it.
      if (jobTerm < term) continue;
      term = jobTerm;
      previousHash = job.previousHash;
    }
  }
  return { term, previousHash, next };
}

/** The term of an encoded job; 0 for one of another pool, or that cannot be read. */
export function jobTermIn(value: Uint8Array, pool: string): number {
  const job = jobIn(value, pool);
  return job === undefined ? 0 : termOf(job.id);
}

/** An encoded job of this pool; undefined where it is none. */
export function jobIn(value: Uint8Array, pool: string): Job | undefined {
  try {
    const job = fromBinary(JobSchema, value);
    return job.pool === pool ? job : undefined;
  } catch {
    return undefined;
  }
}
