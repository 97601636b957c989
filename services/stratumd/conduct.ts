/**
 * How a session behaves: what is invalid counts, what is only late or repeated does not. Nobody is dropped for one
 * bad share; a miner that sends nothing else for minutes is first helped, then asked to come again, then closed.
 *
 * @module
 */
import {
  BAD_LINES_MAX,
  INVALID_CLOSE_MS,
  INVALID_RECONNECT_MS,
  INVALID_RESEND_MS,
  INVALID_STREAK_MIN,
  REFUSALS_LISTED_PER_SECOND,
} from "./limits.ts";

export type Escalation = "none" | "resend" | "reconnect" | "close";

export class Conduct {
  #invalid = 0;
  #invalidSinceMs = 0;
  #told: Escalation = "none";
  #badLines = 0;
  #listSecond = -1;
  #listed = 0;
  /** Refused shares since the last listed one that no record stands for yet. */
  unlisted = 0;
  /** The last of them, encoded: carries the count when the session falls silent. */
  held: Uint8Array | null = null;

  /** A share counted: whatever was wrong is over. */
  good(): void {
    this.#invalid = 0;
    this.#told = "none";
    this.#badLines = 0;
  }

  /** A share that was wrong by the miner's own doing. */
  invalid(nowMs: number): void {
    if (this.#invalid++ === 0) this.#invalidSinceMs = nowMs;
  }

  /** A line that was a message. */
  goodLine(): void {
    this.#badLines = 0;
  }

  /** A line that was none; true when it was one too many. */
  badLine(): boolean {
    return ++this.#badLines > BAD_LINES_MAX;
  }

  /** What is to be done now; each step is said once. */
  escalation(nowMs: number): Escalation {
    if (this.#invalid < INVALID_STREAK_MIN) return "none";
    const lastedMs = nowMs - this.#invalidSinceMs;
    const step = lastedMs >= INVALID_CLOSE_MS
      ? "close"
      : lastedMs >= INVALID_RECONNECT_MS
      ? "reconnect"
      : lastedMs >= INVALID_RESEND_MS
      ? "resend"
      : "none";
    if (step === this.#told) return "none";
    this.#told = step;
    return step;
  }

  /** Whether one more refused share may be listed in this second. */
  mayList(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#listSecond) {
      this.#listSecond = second;
      this.#listed = 0;
    }
    return ++this.#listed <= REFUSALS_LISTED_PER_SECOND;
  }
}
