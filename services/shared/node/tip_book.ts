/**
 * Which node told of which tip, and when: for people who ask why a job was late.
 *
 * @module
 */
import { toHex } from "@gopool/chain";
import type { Clock } from "@gopool/runtime";
import type { Telling, Tip } from "./port.ts";

/** Tips remembered: an hour or two of blocks, forks among them. */
const TIPS_MAX = 16;

export class TipBook {
  /** Tip's hash → who told of it, in that order; the tips themselves in the order of their first telling. */
  readonly #tellings = new Map<string, Telling[]>();
  /** By the node's name. */
  readonly #last = new Map<string, { readonly tip: Tip; readonly told: Telling }>();

  constructor(private readonly clock: Pick<Clock, "now" | "monotonic">) {}

  /** A node has told of its best block. One that comes back to a block it told of keeps its first telling. */
  tell(node: string, tip: Tip): void {
    const { noticed } = tip;
    const told: Telling = noticed === undefined
      ? { node, way: null, atMs: this.clock.now(), monotonicMs: this.clock.monotonic() }
      : { node, ...noticed };
    this.#last.set(node, { tip, told });
    const key = toHex(tip.hash);
    const before = this.#tellings.get(key);
    if (before === undefined) {
      if (this.#tellings.size >= TIPS_MAX) {
        this.#tellings.delete(this.#tellings.keys().next().value!);
      }
      this.#tellings.set(key, [told]);
      return;
    }
    if (before.some((one) => one.node === node)) return;
    before.push(told);
    // A notice is told before the answer that it leads to: who asked faster may have noticed later.
    before.sort((a, b) => a.monotonicMs - b.monotonicMs);
  }

  of(hash: Uint8Array): readonly Telling[] {
    return [...this.#tellings.get(toHex(hash)) ?? []];
  }

  /** The best block that this node last told of, and that telling. */
  last(node: string): { readonly tip: Tip | null; readonly told: Telling | null } {
    return this.#last.get(node) ?? { tip: null, told: null };
  }
}
