/**
 * Writes sessions down for miners that come back.
 *
 * @module
 */
import { toHex } from "@gopool/chain";
import type { Clock, Logger } from "@gopool/runtime";
import type { SessionMemory } from "./extranonce.ts";
import { REMEMBER_EVERY_MS } from "./limits.ts";
import type { Session } from "./session.ts";

export interface RememberingDeps {
  readonly memory: SessionMemory;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Remembering {
  readonly #writing = new Set<Promise<unknown>>();

  constructor(private readonly deps: RememberingDeps) {}

  /** Whether the record is older than it should be, or says another difficulty. */
  isDue(session: Session): boolean {
    return session.rememberedDifficulty !== session.vardiff?.difficulty ||
      this.deps.clock.monotonic() - session.rememberedMs > REMEMBER_EVERY_MS;
  }

  /** Nobody waits for it: a store that is away costs the comfort, nothing else. */
  save(session: Session): void {
    const difficulty = session.vardiff?.difficulty;
    if (difficulty === undefined || session.extranonce === null) return;
    const { memory, clock, log } = this.deps;
    session.rememberedDifficulty = difficulty;
    session.rememberedMs = clock.monotonic();
    const task = memory.save(session.sessionId, {
      extranonce1: toHex(session.extranonce.extranonce1),
      difficulty,
      versionMask: session.versionMask,
    }).catch((error) => {
      log.warn("a session could not be remembered", { error: error as Error });
    }).finally(() => this.#writing.delete(task));
    this.#writing.add(task);
  }

  /** Resolves when all that was begun is written, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }
}
