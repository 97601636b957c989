/**
 * Which tip to work on when several nodes are asked. Pure: told what nodes say, and the time.
 *
 * @module
 */
import { equalBytes } from "@gopool/chain";
import type { Tip } from "./port.ts";

export type Choice =
  | { readonly kind: "stay" }
  /** `lower`: not up, because the tip that was chosen is gone from every healthy node. */
  | { readonly kind: "moved"; readonly tip: Tip; readonly lower: boolean };

interface Told {
  readonly tip: Tip;
  /** Counts up over all nodes: at equal height the first seen wins. */
  readonly order: number;
}

/**
 * Move only to a higher tip; at equal height keep the first seen; leave the chosen tip otherwise only when no
 * healthy node has had it for `goneForMs`. So neither a fork nor a node that comes back with an old
 * chain throws away the miners' work.
 */
export class TipChooser {
  readonly #told: (Told | null)[];
  #order = 0;
  #chosen: Tip | null = null;
  #goneSinceMs: number | null = null;

  constructor(nodes: number, readonly goneForMs: number) {
    this.#told = Array.from({ length: nodes }, () => null);
  }

  get chosen(): Tip | null {
    return this.#chosen;
  }

  /** Node number `node` has a new best block. Decides nothing: `decide` does. */
  tell(node: number, tip: Tip): void {
    this.#told[node] = { tip, order: this.#order++ };
  }

  /** Whether this node's best block is the chosen tip. */
  isAtChosen(node: number): boolean {
    const told = this.#told[node];
    return this.#chosen !== null && !!told && equalBytes(told.tip.hash, this.#chosen.hash);
  }

  /** To be called after each `tell` and about once a second. `nowMs` is monotonic. */
  decide(healthy: readonly boolean[], nowMs: number): Choice {
    const best = this.#told.filter((told, i): told is Told => told !== null && !!healthy[i])
      .reduce<Told | null>((a, b) => a === null || isBetter(b, a) ? b : a, null);
    if (best === null) {
      // Nobody to ask: the chosen tip is not known to be gone.
      this.#goneSinceMs = null;
      return { kind: "stay" };
    }
    if (this.#chosen === null || best.tip.height > this.#chosen.height) {
      return this.#move(best.tip, false);
    }
    if (this.#told.some((_, i) => !!healthy[i] && this.isAtChosen(i))) {
      this.#goneSinceMs = null;
      return { kind: "stay" };
    }
    this.#goneSinceMs ??= nowMs;
    if (nowMs - this.#goneSinceMs < this.goneForMs) return { kind: "stay" };
    return this.#move(best.tip, true);
  }

  #move(tip: Tip, lower: boolean): Choice {
    this.#chosen = tip;
    this.#goneSinceMs = null;
    return { kind: "moved", tip, lower };
  }
}

function isBetter(a: Told, b: Told): boolean {
  return a.tip.height !== b.tip.height ? a.tip.height > b.tip.height : a.order < b.order;
}
