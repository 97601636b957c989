/**
 * What sessions that have ended were sent: a miner that comes back within a job's life goes on where it stood, has its
 * old work counted, and is not sent to the beginning of work that it has searched already. No store is asked for it.
 *
 * @module
 */
import { JOB_MAX_LIFE_MS } from "@gopool/shares";
import type { DifficultyHistory } from "./difficulty.ts";
import { DEPARTED_MAX } from "./limits.ts";

/** What a session was, as far as its next connection goes on from there. */
export interface Past {
  /** 4 bytes. */
  readonly extranonce1: Uint8Array;
  /** In force when it ended; null where it never had work. */
  readonly difficulty: number | null;
  readonly versionMask: number;
  /** Difficulty that an operator holds it at; null where none does. */
  readonly hold: number | null;
  /** Of what it was sent under that extranonce1. */
  readonly history: DifficultyHistory;
  /** Sequence number of the newest job when the connection ended; Infinity where that is not known. */
  readonly lastSequence: number;
}

export class Departed {
  /** By session id, longest gone first. */
  readonly #pasts = new Map<string, { readonly past: Past; readonly goneMs: number }>();

  get size(): number {
    return this.#pasts.size;
  }

  add(sessionId: string, past: Past, nowMs: number): void {
    this.#pasts.delete(sessionId);
    this.#pasts.set(sessionId, { past, goneMs: nowMs });
    if (this.#pasts.size <= DEPARTED_MAX) return;
    for (const oldest of this.#pasts.keys()) {
      this.#pasts.delete(oldest);
      break;
    }
  }

  /** The past of a session that comes back; it is handed over, not kept. */
  take(sessionId: string): Past | null {
    const past = this.#pasts.get(sessionId)?.past ?? null;
    this.#pasts.delete(sessionId);
    return past;
  }

  /** Forgets those whose every job is past its life. */
  sweep(nowMs: number): void {
    for (const [sessionId, { goneMs }] of this.#pasts) {
      if (nowMs - goneMs <= JOB_MAX_LIFE_MS) return;
      this.#pasts.delete(sessionId);
    }
  }
}
