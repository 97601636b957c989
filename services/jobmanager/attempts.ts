/**
 * Things that nodes or the bus may refuse: tried, and what went wrong put where people see it.
 *
 * @module
 */
import { NodeUnavailable } from "@gopool/node";
import type { Health, Logger, StatusBoard } from "@gopool/runtime";

export class Attempts {
  /** Part → what was last said about it, so that the log is told once. */
  readonly #said = new Map<string, string>();

  /** @param deps.stopping Parts without which no work is done: their failures are "down". */
  constructor(
    private readonly deps: {
      readonly log: Logger;
      readonly board: StatusBoard;
      readonly stopping?: readonly string[];
    },
  ) {}

  /**
   * Does one thing. A failure stands on the board under `part` until an attempt of the same part succeeds; an
   * attempt that was called off says nothing.
   *
   * @returns What the work gave, or undefined where it failed.
   */
  async of<T>(part: string, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      if (this.#said.delete(part)) this.deps.board.clear(part);
      return result;
    } catch (error) {
      if (signal.aborted) return undefined;
      this.fail(part, (error as Error).message, error);
      return undefined;
    }
  }

  /** Says that something is wrong, once for each new sentence. */
  fail(part: string, sentence: string, error?: unknown): void {
    const health: Health = this.deps.stopping?.includes(part) ? "down" : "degraded";
    this.deps.board.set(part, health, sentence);
    if (this.#said.get(part) === sentence) return;
    this.#said.set(part, sentence);
    // A node that is away is the operator's to mend: its sentence says all, our stack says nothing.
    const ours = error !== undefined && !(error instanceof NodeUnavailable);
    this.deps.log.warn(sentence, { part, ...(ours ? { error } : {}) });
  }

  /** Takes everything off the board: whoever tried has stopped. */
  end(): void {
    for (const part of this.#said.keys()) this.deps.board.clear(part);
    this.#said.clear();
  }
}
