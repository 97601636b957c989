/**
 * Whether one node can be worked with, from all that is seen of it.
 *
 * @module
 */
import type { NodeHealth, NodeRecord } from "./port.ts";

/** What a trouble is about: each kind is lifted only by an answer of its own kind. */
export type Concern = "answering" | "synced" | "templates";

/** Worst first: a node that does not answer is not said to be syncing. */
const ORDER: readonly Concern[] = ["answering", "synced", "templates"];

/** The troubles of one node; tells each change of the outcome, once. */
export class HealthBook {
  readonly #troubles = new Map<Concern, string>([["answering", "not asked yet"]]);
  #health: NodeHealth = { ok: false, detail: "not asked yet" };

  #last: NodeRecord["lastTrouble"] = null;

  /** @param now Milliseconds since the Unix epoch. */
  constructor(
    readonly onChange: (health: NodeHealth) => void = () => {},
    readonly now: () => number = () => 0,
  ) {}

  get health(): NodeHealth {
    return this.#health;
  }

  /** The last trouble, also where it is over. */
  get lastTrouble(): NodeRecord["lastTrouble"] {
    return this.#last;
  }

  fine(concern: Concern): void {
    if (this.#troubles.delete(concern)) this.#tell();
  }

  trouble(concern: Concern, sentence: string): void {
    this.#last = { sentence, atMs: this.now() };
    if (this.#troubles.get(concern) === sentence) return;
    this.#troubles.set(concern, sentence);
    this.#tell();
  }

  #tell(): void {
    const worst = ORDER.find((concern) => this.#troubles.has(concern));
    const detail = worst === undefined ? "ready" : this.#troubles.get(worst)!;
    if (detail === this.#health.detail) return;
    this.#health = { ok: worst === undefined, detail };
    this.onChange(this.#health);
  }
}
