/**
 * What the public port counts, for metrics and operators.
 *
 * @module
 */

/** How an answer was had: from memory, from memory while a new one is made, shared through the state, or computed. */
export type Kept = "ready" | "stale" | "shared" | "made";

export const KEPT: readonly Kept[] = ["ready", "stale", "shared", "made"];

/** "2xx" and so on. */
export type CodeClass = "2xx" | "3xx" | "4xx" | "5xx";

const CLASSES: readonly CodeClass[] = ["2xx", "3xx", "4xx", "5xx"];

/** Requests of one route by what became of them. */
export type RouteCounts = Readonly<Record<CodeClass, number>>;

export class Counts {
  readonly #routes = new Map<string, Record<CodeClass, number>>();
  readonly kept: Record<Kept, number> = { ready: 0, stale: 0, shared: 0, made: 0 };
  /** Answered 304: the caller had it. */
  unchanged = 0;
  /** Turned away because too much was under way. */
  busy = 0;

  /** @param route Of the code's own set: never what a caller sent. */
  count(route: string, status: number): void {
    let counts = this.#routes.get(route);
    if (counts === undefined) {
      this.#routes.set(route, counts = { "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 });
    }
    counts[status < 300 ? "2xx" : status < 400 ? "3xx" : status < 500 ? "4xx" : "5xx"]++;
  }

  get routes(): ReadonlyMap<string, RouteCounts> {
    return this.#routes;
  }

  static readonly classes = CLASSES;
}
