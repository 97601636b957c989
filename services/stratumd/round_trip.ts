/**
 * How long a miner takes to answer: a question that its kind answers by itself, client.get_version, and the time until
 * the answer is read. So it is an upper bound of the network's round trip, with the miner's own time and this
 * process's in it. Kinds that are not known to answer are never asked: what firmware makes of an unknown question is
 * its maker's secret.
 *
 * @module
 */
import { questionLine } from "@gopool/stratum";
import { ROUND_TRIP_EVERY_MS, ROUND_TRIP_FIRST_MS } from "./limits.ts";
import type { Session } from "./session.ts";

/** Ids of the gateway's questions: far from those that miners count from 1, and within 31 bits for parsers in C. */
const FIRST_ID = 2_000_000_000;
const IDS = 100_000_000;

const utf8 = new TextDecoder();

export class RoundTrip {
  /** Last and least, ms; null before the first answer. */
  lastMs: number | null = null;
  leastMs: number | null = null;
  /** When the last answer came, monotonic ms. */
  answeredAtMs = 0;
  #asked = 0;
  #askedAtMs = 0;
  #waits = false;

  constructor(readonly beganMs: number) {}

  isDue(nowMs: number): boolean {
    return this.#asked === 0
      ? nowMs - this.beganMs >= ROUND_TRIP_FIRST_MS
      : nowMs - this.#askedAtMs >= ROUND_TRIP_EVERY_MS;
  }

  /** Asks. A question before it that was not answered is given up. */
  ask(session: Session, nowMs: number): void {
    this.#asked++;
    this.#askedAtMs = nowMs;
    this.#waits = true;
    session.send(utf8.decode(questionLine(this.#id, "client.get_version")));
  }

  /** A miner's answer to something: counted where it is one to the question that waits. */
  answered(rawId: string, nowMs: number): void {
    if (!this.#waits || rawId !== String(this.#id)) return;
    this.#waits = false;
    this.lastMs = nowMs - this.#askedAtMs;
    this.leastMs = Math.min(this.leastMs ?? Infinity, this.lastMs);
    this.answeredAtMs = nowMs;
  }

  get #id(): number {
    return FIRST_ID + this.#asked % IDS;
  }
}
