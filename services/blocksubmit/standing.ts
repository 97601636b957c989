/**
 * What the nodes' chains say of a block.
 *
 * @module
 */
import { displayHash, equalBytes, type Hash } from "@gopool/chain";
import type { Nodes } from "@gopool/node";
import { BURIED_DEPTH } from "./limits.ts";

type Node = Nodes["list"][number];

/**
 * Where the block stands as the nodes know it: on a best chain, beside one, or nowhere. The first node that has it
 * on its best chain decides; the others are not waited for.
 */
export async function standingOf(
  nodes: Nodes,
  hash: Hash,
  signal: AbortSignal,
): Promise<"best" | "side" | "nowhere"> {
  const all = await askAll(
    nodes,
    signal,
    (node, stop) => node.confirmations(hash, stop),
    (confirmations) => confirmations > 0,
  );
  if (all.some((confirmations) => confirmations !== null && confirmations > 0)) return "best";
  return all.some((confirmations) => confirmations !== null) ? "side" : "nowhere";
}

/** The sentence that says what buried the block; null while nothing has. */
export async function burialOf(
  nodes: Nodes,
  height: number,
  hash: Hash,
  signal: AbortSignal,
): Promise<string | null> {
  const buried = await askAll(nodes, signal, async (node, stop) => {
    const tip = await node.tip(stop);
    if (tip.height < height + BURIED_DEPTH) return null;
    const other = await node.hashAt(height, stop);
    if (other === null || equalBytes(other, hash)) return null;
    return `Buried: ${node.name} has ${displayHash(other)} at height ${height}, ` +
      `${tip.height - height + 1} blocks deep`;
  }, () => true);
  return buried.find((sentence) => sentence !== null) ?? null;
}

/** Asks every node until one answer decides; those that have not answered, or cannot, count as null. */
async function askAll<T>(
  nodes: Nodes,
  signal: AbortSignal,
  ask: (node: Node, signal: AbortSignal) => Promise<T | null>,
  decides: (answer: T) => boolean,
): Promise<(T | null)[]> {
  const decided = new AbortController();
  const stop = AbortSignal.any([signal, decided.signal]);
  return await Promise.all(nodes.list.map(async (node) => {
    try {
      const answer = await ask(node, stop);
      if (answer !== null && decides(answer)) decided.abort();
      return answer;
    } catch {
      return null;
    }
  }));
}
