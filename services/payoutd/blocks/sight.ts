/**
 * What the nodes say of a block, put together: only an answer in which nobody is in doubt moves money back. Pure.
 *
 * @module
 */
import { ORPHAN_AFTER_MS, ORPHAN_DEPTH, ORPHAN_LOOKS } from "./limits.ts";

/** Where one node has a block. */
export type Standing =
  /** On its best chain, so many blocks deep (1: the tip). */
  | { readonly kind: "best"; readonly confirmations: number }
  /** Another stands at its height on the best chain, so many blocks deep. `known`: it has this one beside. */
  | { readonly kind: "replaced"; readonly depth: number; readonly known: boolean }
  /** Its best chain does not reach to that height. */
  | { readonly kind: "ahead" };

/** What one node answered in one look. */
export type NodeWord =
  | { readonly kind: "said"; readonly standing: Standing }
  /** It catches up with the network: it cannot know. */
  | { readonly kind: "syncing" }
  /** It answered, but its tip moved meanwhile: asked again next time. */
  | { readonly kind: "moved" }
  /** No answer, or one that cannot be used, or from another network. */
  | { readonly kind: "away" };

/** What one look at a block tells. */
export type Sight =
  /** At least one node has it on its best chain. `agreed`: every node that is well; one that catches up cannot know. */
  | { readonly kind: "best"; readonly confirmations: number; readonly agreed: boolean }
  /** Every healthy node has another in its place, and none is in doubt. */
  | { readonly kind: "replaced"; readonly depth: number; readonly known: boolean }
  /** Nobody has it on a best chain, and nothing follows from that. */
  | { readonly kind: "unsure"; readonly why: string };

/** Joins the words of all nodes. `confirmations` and `depth` are the least that a node has said. */
export function sightOf(words: readonly NodeWord[]): Sight {
  const standings = words.flatMap((word) => word.kind === "said" ? [word.standing] : []);
  const doubt = words.some(({ kind }) => kind === "syncing" || kind === "moved");
  const best = standings.flatMap((s) => s.kind === "best" ? [s.confirmations] : []);
  if (best.length > 0) {
    const moved = words.some(({ kind }) => kind === "moved");
    const agreed = !moved && best.length === standings.length;
    return { kind: "best", confirmations: Math.min(...best), agreed };
  }
  if (standings.length === 0) {
    return { kind: "unsure", why: doubt ? "the nodes are catching up" : "no node answers" };
  }
  const replaced = standings.flatMap((s) => s.kind === "replaced" ? [s] : []);
  if (doubt || replaced.length < standings.length) {
    const why = replaced.length === 0
      ? "no node's chain reaches its height"
      : doubt
      ? "a node is catching up, or its tip just moved"
      : "the nodes are on different chains";
    return { kind: "unsure", why };
  }
  return {
    kind: "replaced",
    depth: Math.min(...replaced.map(({ depth }) => depth)),
    known: replaced.some(({ known }) => known),
  };
}

interface Count {
  looks: number;
  readonly sinceMs: number;
}

/** Counts looks in a row that found a block replaced. In memory: after a restart it takes a little longer. */
export class OrphanWatch {
  readonly #counts = new Map<string, Count>();

  /**
   * @param key The block.
   * @param nowMs Of a clock that never goes back.
   * @returns Whether that is enough to call the block orphaned.
   */
  look(key: string, sight: Sight, nowMs: number): boolean {
    if (sight.kind !== "replaced" || sight.depth < ORPHAN_DEPTH) {
      this.#counts.delete(key);
      return false;
    }
    const count = this.#counts.get(key) ?? { looks: 0, sinceMs: nowMs };
    count.looks++;
    this.#counts.set(key, count);
    return count.looks >= ORPHAN_LOOKS && nowMs - count.sinceMs >= ORPHAN_AFTER_MS;
  }

  /** Forgets blocks that are watched no more. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#counts.keys()) if (!keys.has(key)) this.#counts.delete(key);
  }
}
