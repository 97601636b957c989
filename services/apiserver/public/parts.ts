/**
 * An answer is put together from parts, and each part's store may be away: then the others are given, and the answer
 * says what is missing.
 *
 * @module
 */
import { LedgerUnavailable } from "@gopool/ledger";
import type { MessageInitShape } from "@gopool/proto";
import { type FreshnessSchema, timestampFromMs } from "@gopool/proto/api";
import { SeriesUnavailable } from "@gopool/series";

export type Part = "statistics" | "ledger" | "live";

/** For everybody: what the stores themselves say names hosts, and goes to the log. */
const WHY: Readonly<Record<Part, string>> = {
  statistics: "The store of statistics does not answer at the moment.",
  ledger: "The pool's books do not answer at the moment.",
  live: "Live figures have not come in since this server was started.",
};

/** Every part that an answer needs is away: there is nothing to give. */
export class PartsAway extends Error {
  override name = "PartsAway";
}

/** Told what kept a part away, for the log. */
export type OnAway = (part: Part, error: unknown) => void;

export function isAway(error: unknown): boolean {
  return error instanceof SeriesUnavailable || error instanceof LedgerUnavailable;
}

/** The parts of one answer. */
export class Parts {
  readonly #missing = new Set<Part>();
  #old = false;

  constructor(readonly onAway: OnAway = () => {}) {}

  /** What `work` gives, or, where its store is away, the fallback, and the part is among the missing. */
  async take<T>(part: Part, work: () => Promise<T>, fallback: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error)) throw error;
      this.onAway(part, error);
      this.#missing.add(part);
      return fallback;
    }
  }

  miss(part: Part): void {
    this.#missing.add(part);
  }

  misses(part: Part): boolean {
    return this.#missing.has(part);
  }

  /** Something in the answer is older than it should be. */
  old(): void {
    this.#old = true;
  }

  /** @throws {PartsAway} One of these is missing, and the answer is nothing without it. */
  need(...parts: readonly Part[]): void {
    const missing = parts.filter((part) => this.#missing.has(part));
    if (missing.length > 0) throw new PartsAway(missing.map((part) => WHY[part]).join(" "));
  }

  /**
   * @param nowMs When the answer was put together.
   * @param countedUntilMs Up to where shares are counted in it; absent where it counts none.
   */
  freshness(nowMs: number, countedUntilMs?: number): MessageInitShape<typeof FreshnessSchema> {
    return {
      asOf: timestampFromMs(nowMs),
      stale: this.#old || this.#missing.size > 0,
      missing: [...this.#missing].map((part) => ({ part, why: WHY[part] })),
      ...countedUntilMs === undefined ? {} : { countedUntil: timestampFromMs(countedUntilMs) },
    };
  }
}
