/**
 * What the store remembers of miners, asked for in the middle of a handshake: with a short wait, and not at all for a
 * while after a store that was away or late. No handshake depends on it.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import type { SessionMemory, SessionRecord } from "./extranonce.ts";
import { RECALL_REST_MS, RESUME_WAIT_MS, WORKER_WAIT_MS } from "./limits.ts";

const LATE = Symbol("late");

export class Recall {
  #restUntilMs = -Infinity;

  /** @param isAway Whether the store is known to be away: then nothing is asked of it. */
  constructor(
    private readonly memory: SessionMemory,
    private readonly clock: Clock,
    private readonly isAway: () => boolean = () => false,
  ) {}

  /** The session of this id; null where it is not known in time. */
  session(id: string): Promise<SessionRecord | null> {
    return this.#ask(() => this.memory.find(id), RESUME_WAIT_MS);
  }

  /** The last level of the worker of this name on this kind of machine; null where it is not known in time. */
  level(account: string, worker: string, kind: string): Promise<number | null> {
    return this.#ask(() => this.memory.lastDifficulty(account, worker, kind), WORKER_WAIT_MS);
  }

  async #ask<T>(ask: () => Promise<T | null>, waitMs: number): Promise<T | null> {
    const { clock, memory } = this;
    if (this.isAway() || clock.monotonic() < this.#restUntilMs) return null;
    const enough = new AbortController();
    const late = clock.sleep(waitMs, enough.signal).then((): typeof LATE => LATE);
    try {
      const answer = await Promise.race([ask(), late]);
      if (answer !== LATE && memory.trouble === null) return answer;
      // The thousands behind this one must not wait, one after another, for a store that is not there.
      this.#restUntilMs = clock.monotonic() + RECALL_REST_MS;
      return answer === LATE ? null : answer;
    } finally {
      enough.abort();
    }
  }
}
