/**
 * Shares by verdict and reason, as plain numbers: of a session, of all of one user agent, of the gateway.
 *
 * @module
 */
import { Reason, Verdict } from "@gopool/proto";
import { isStale } from "@gopool/shares";

/** Room for every reason there is. */
export const REASONS: number = 1 +
  Math.max(...Object.values(Reason).filter((value) => typeof value === "number"));

export interface Tally {
  accepted: number;
  /** Those that do not count, by reason; null while there is none: most sessions never have one. */
  refusals: Float64Array | null;
}

/** One share that does not count. */
export function countRefused(tally: Tally, reason: Reason): void {
  (tally.refusals ??= new Float64Array(REASONS))[reason]!++;
}

export function addTally(to: Tally, from: Tally): void {
  to.accepted += from.accepted;
  if (from.refusals === null) return;
  const sum = to.refusals ??= new Float64Array(REASONS);
  for (let reason = 0; reason < REASONS; reason++) sum[reason]! += from.refusals[reason]!;
}

export function verdictOf(reason: Reason): Verdict {
  return isStale(reason) ? Verdict.STALE : Verdict.REJECTED;
}

/** A tally as it is shown: whole numbers, reasons with the most first. */
export function totalsOf({ accepted, refusals }: Tally): {
  accepted: bigint;
  rejected: bigint;
  stale: bigint;
  reasons: { reason: Reason; verdict: Verdict; count: bigint }[];
} {
  const reasons = [...refusals ?? []].map((count, reason) => ({
    reason: reason as Reason,
    verdict: verdictOf(reason),
    count,
  })).filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const sum = (verdict: Verdict) =>
    reasons.reduce((all, one) => one.verdict === verdict ? all + one.count : all, 0);
  return {
    accepted: BigInt(accepted),
    rejected: BigInt(sum(Verdict.REJECTED)),
    stale: BigInt(sum(Verdict.STALE)),
    reasons: reasons.map((one) => ({ ...one, count: BigInt(one.count) })),
  };
}
