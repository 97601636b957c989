/**
 * Flushing: from then on no instance gives an answer that was made before.
 *
 * @module
 */
import type { Clock, Logger } from "@gopool/runtime";
import { type State, StateUnavailable } from "@gopool/state";
import { FLUSH_LOOK_MS } from "./limits.ts";
import type { Ready } from "./ready.ts";

export interface FlushesDeps {
  readonly state: Pick<State, "get" | "increment">;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Logger;
  readonly pool: string;
  readonly ready: Ready;
}

/** What a flush came to. */
export interface Flushed {
  /** Answers that were ready here. */
  readonly dropped: number;
  /** Whether the other instances follow within FLUSH_LOOK_MS: the state took the word. */
  readonly everywhere: boolean;
}

export class Flushes {
  readonly #deps: FlushesDeps;
  readonly #key: string;
  /** As the state has it, and those that the state did not take. */
  #shared = "0";
  #own = 0;

  constructor(deps: FlushesDeps) {
    this.#deps = deps;
    this.#key = `answers-flushed:${deps.pool}`;
  }

  /** Another one after each flush. */
  generation(): string {
    return this.#own === 0 ? this.#shared : `${this.#shared}.${this.#own}`;
  }

  async flush(): Promise<Flushed> {
    const { state, ready } = this.#deps;
    let everywhere = true;
    try {
      this.#shared = String(await state.increment(this.#key, 1));
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      everywhere = false;
      this.#own++;
    }
    return { dropped: ready.clear(), everywhere };
  }

  /** Follows what other instances flush, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, ready, log } = this.#deps;
    while (!signal.aborted) {
      const found = await this.#look();
      if (found !== null && found !== this.#shared) {
        this.#shared = found;
        const dropped = ready.clear();
        if (dropped > 0) log.info("answers were flushed", { dropped });
      }
      await clock.sleep(FLUSH_LOOK_MS, signal);
    }
  }

  /** Null: the state is away, and nobody can have told it anything. */
  async #look(): Promise<string | null> {
    try {
      const kept = await this.#deps.state.get(this.#key);
      return kept === null ? "0" : new TextDecoder().decode(kept);
    } catch (error) {
      if (error instanceof StateUnavailable) return null;
      throw error;
    }
  }
}
