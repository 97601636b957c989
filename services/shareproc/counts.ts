/**
 * What the judge has done since it started.
 *
 * @module
 */
import { Reason, Verdict } from "@gopool/proto";
import type { Judged } from "./judge_run.ts";

/** Places for reasons: those of the protos, and room for some more. What a later build names counts as unspecified. */
const REASONS = 32;

/** How often each reason came, for one verdict. */
export class ReasonCounts {
  readonly #counts = new Float64Array(REASONS);

  count(reason: Reason): void {
    this.#counts[reason < REASONS ? reason : 0]!++;
  }

  add(other: ReasonCounts): void {
    for (let i = 0; i < REASONS; i++) this.#counts[i]! += other.#counts[i]!;
  }

  /** Those that came, by number. */
  all(): { readonly reason: Reason; readonly count: number }[] {
    return [...this.#counts].flatMap((count, reason) => count === 0 ? [] : [{ reason, count }]);
  }
}

/** Shares of one verdict and reason. */
export interface ReasonCount {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly count: number;
}

export class Counts {
  valid = 0;
  rejected = 0;
  stale = 0;
  /** Gateway and judge disagreed on a pure fact. Anything but 0 wants a look. */
  disagreements = 0;
  /** Repeats of valid shares that were answered true again: retries and restarts. */
  repeats = 0;
  /** Valid records published again at an operator's word. */
  republished = 0;
  /** Records rejected at an operator's word. */
  overruled = 0;
  /** Times a partition stopped for a job that was never written, or cannot be used. */
  stops = 0;
  blocksSolved = 0;
  /** Candidates that make no block: the gateway and the judge build different bytes. */
  blocksRefused = 0;
  readonly #rejectedFor = new ReasonCounts();
  readonly #staleFor = new ReasonCounts();

  add(judged: Judged): void {
    this.valid += judged.valid.length;
    this.rejected += judged.rejected.length;
    this.stale += judged.stale.length;
    this.disagreements += judged.disagreements;
    this.repeats += judged.repeats;
    this.#rejectedFor.add(judged.rejectedFor);
    this.#staleFor.add(judged.staleFor);
  }

  /** By verdict and reason: the judge's where it has one, else the gateway's. Those that never came are left out. */
  byReason(): ReasonCount[] {
    const of = (verdict: Verdict, counts: ReasonCounts) =>
      counts.all().map((one) => ({ verdict, ...one }));
    const valid = this.valid === 0
      ? []
      : [{ verdict: Verdict.ACCEPTED, reason: Reason.UNSPECIFIED, count: this.valid }];
    return [
      ...valid,
      ...of(Verdict.REJECTED, this.#rejectedFor),
      ...of(Verdict.STALE, this.#staleFor),
    ];
  }
}
