/**
 * What the gateway says of itself in a few numbers.
 *
 * @module
 */
import type { Candidates } from "./candidates.ts";
import type { Door } from "./door.ts";
import type { Gateway } from "./gateway.ts";
import type { JobTable } from "./jobs.ts";
import type { ShareCounts } from "./promised.ts";
import type { Intake } from "./submit.ts";

/** What the gateway says of itself. */
export interface StratumdStatus {
  /** Where miners connect; null while it does not listen. */
  readonly port: number | null;
  readonly sessions: number;
  /** Sessions that have work. */
  readonly working: number;
  readonly refusedConnections: number;
  readonly jobId: string | null;
  readonly height: number | null;
  readonly shares: Readonly<ShareCounts>;
  /** Records that wait for the bus. */
  readonly waiting: number;
  readonly candidates: number;
  /** Candidates whose end is not known yet. */
  readonly spooled: number;
  /** Difficulties in force, lowest and highest; null without sessions. */
  readonly difficulty: { readonly min: number; readonly max: number } | null;
}

/** The parts of one run that are asked. */
export interface StatusParts {
  readonly gateway: Pick<Gateway, "sessions" | "working">;
  readonly door: Pick<Door, "refusedInAll">;
  readonly candidates: Pick<Candidates, "count" | "open">;
  readonly jobs: Pick<JobTable, "current">;
  readonly intake: Pick<Intake, "counts">;
}

/** @param parts Null while the gateway does not run. */
export function statusOf(
  parts: StatusParts | null,
  port: number | null,
  waiting: number,
): StratumdStatus {
  let min = Infinity;
  let max = -Infinity;
  for (const { vardiff } of parts?.gateway.sessions ?? []) {
    if (vardiff === null) continue;
    min = Math.min(min, vardiff.difficulty);
    max = Math.max(max, vardiff.difficulty);
  }
  const current = parts?.jobs.current ?? null;
  return {
    port,
    sessions: parts?.gateway.sessions.size ?? 0,
    working: parts?.gateway.working ?? 0,
    refusedConnections: parts?.door.refusedInAll ?? 0,
    jobId: current?.id ?? null,
    height: current?.prepared.height ?? null,
    shares: { ...parts?.intake.counts ?? NO_SHARES },
    waiting,
    candidates: parts?.candidates.count ?? 0,
    spooled: parts?.candidates.open ?? 0,
    difficulty: max < min ? null : { min, max },
  };
}

const NO_SHARES: ShareCounts = {
  accepted: 0,
  rejected: 0,
  stale: 0,
  notStored: 0,
  outcomeUnknown: 0,
};
