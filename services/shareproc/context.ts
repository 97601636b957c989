/**
 * What the parts of the judge share while it runs.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import type { ShareChecker } from "@gopool/shares";
import type { Clock, Logger, StatusBoard } from "@gopool/runtime";
import type { Coinbases } from "./coinbases.ts";
import type { Past } from "./past.ts";
import type { Counts } from "./counts.ts";
import type { JobState, KnownJob } from "./job_book.ts";

export interface ShareprocContext {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly checker: ShareChecker;
  readonly coinbases: Coinbases;
  readonly counts: Counts;
  /** The log's identity as results name it: the bus's own and the operator's epoch. */
  readonly logId: string;
  readonly jobs: {
    get(id: string): KnownJob | undefined;
    find(id: string, submissionLoggedAtMs: number): Promise<JobState>;
    arrival(): Promise<void>;
    /** The partition stands at this log time: jobs a repeat horizon before it are still needed. */
    needsBack(partition: number, loggedAtMs: number): void;
  };
  /** floor(2^256 / (target + 1)) in bytes, remembered for the targets in use. */
  workBytes(target: Uint8Array): Uint8Array;
  /** The partition as it stood just before an offset, for publishing again from there. */
  pastOf(partition: number, from: number, signal: AbortSignal): Promise<Past>;
}
