/**
 * What every jobmanager reads along, whether it leads or not.
 *
 * @module
 */
import { type Bus, miningJobs, rewardSplit, type Topic } from "@gopool/bus";
import { type Network, NETWORKS } from "@gopool/chain";
import type { Job } from "@gopool/proto";
import { type Clock, type Logger, type StatusBoard, troubleOnBoard } from "@gopool/runtime";
import { Attempts } from "./attempts.ts";
import { assertSendable } from "./build.ts";
import type { JobBook } from "./job_book.ts";
import { JOBS_KEPT, SPLIT_LOOK_BACK, START_RETRY_MS } from "./limits.ts";
import { jobIn } from "./log_end.ts";
import type { Splits } from "./splits.ts";

export interface FollowDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
}

/** The splits of `reward.split`, until `signal` aborts. */
export function followSplits(deps: FollowDeps, splits: Splits, signal: AbortSignal): Promise<void> {
  const from = { topic: rewardSplit, part: "jobmanager/splits", lookBack: SPLIT_LOOK_BACK };
  return followEnd(deps, from, signal, (value) => splits.take(value));
}

/**
 * The pool's jobs of `mining.jobs`, whoever made them, until `signal` aborts. One that gateways cannot use is left out,
 * as they leave it out.
 *
 * @param accountScript Stands in for a miner's account.
 */
export function followJobs(
  deps: FollowDeps,
  { pool, accountScript, book }: {
    readonly pool: string;
    readonly accountScript: Uint8Array;
    readonly book: Pick<JobBook, "logged">;
  },
  signal: AbortSignal,
): Promise<void> {
  const from = { topic: miningJobs, part: "jobmanager/jobs", lookBack: JOBS_KEPT };
  return followEnd(deps, from, signal, (value, loggedAtMs) => {
    const job = jobIn(value, pool);
    if (job !== undefined && isUsable(job, accountScript)) book.logged(job, loggedAtMs);
  });
}

function isUsable(job: Job, accountScript: Uint8Array): boolean {
  try {
    assertSendable(job, accountScript);
    return NETWORKS.includes(job.network as Network);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** From some records before the end on. */
async function followEnd(
  { bus, clock, board, log }: FollowDeps,
  { topic, part, lookBack }: {
    readonly topic: Topic;
    readonly part: string;
    readonly lookBack: number;
  },
  signal: AbortSignal,
  take: (value: Uint8Array, loggedAtMs: number) => void,
): Promise<void> {
  const ends = await untilDone({ clock, board, log }, part, signal, () => bus.ends(topic));
  if (ends === null) return;
  const offsets = ends.map(({ earliest, next }) => Math.max(earliest, next - lookBack));
  await bus.follow(topic, {
    from: { kind: "offsets", offsets },
    batchMax: lookBack,
    signal,
    onTrouble: troubleOnBoard(board, log),
  }, ({ messages }) => {
    for (const { value, loggedAtMs } of messages) take(value, loggedAtMs);
    return Promise.resolve();
  });
}

/** What the work gives once bus and state are there for it; null when `signal` aborts before. */
export async function untilDone<T>(
  { clock, log, board }: Omit<FollowDeps, "bus">,
  part: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | null> {
  const attempts = new Attempts({ log, board, stopping: [part] });
  try {
    while (!signal.aborted) {
      const done = await attempts.of(part, signal, work);
      if (done !== undefined) return done;
      await clock.sleep(START_RETRY_MS, signal);
    }
    return null;
  } finally {
    attempts.end();
  }
}
