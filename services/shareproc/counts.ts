/**
 * What the judge has done since it started.
 *
 * @module
 */
import type { Judged } from "./judge_run.ts";

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

  add(judged: Judged): void {
    this.valid += judged.valid.length;
    this.rejected += judged.rejected.length;
    this.stale += judged.stale.length;
    this.disagreements += judged.disagreements;
    this.repeats += judged.repeats;
  }
}
