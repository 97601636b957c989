/**
 * One look: every node is asked where our blocks stand, at a tip that stays the same meanwhile.
 *
 * @module
 */
import { equalBytes, type Hash, type Network } from "@gopool/chain";
import type { Node, Nodes } from "@gopool/node";
import { type NodeWord, type Sight, sightOf, type Standing } from "./sight.ts";

/** A block that is asked about. */
export interface Wanted {
  readonly hash: Uint8Array;
  readonly height: number;
}

export interface Look {
  /** Of each block, in the order asked. */
  readonly sights: readonly Sight[];
  /** Of each block, the nodes that have it on their best chain. */
  readonly holders: readonly (readonly Node[])[];
  /** The highest tip of a node that answered; -1 where none did. */
  readonly tipHeight: number;
}

/**
 * Asks all nodes side by side about all blocks. Never rejects for a node's fault: that node is away.
 *
 * @throws The signal's reason.
 */
export async function lookAt(
  { list }: Pick<Nodes, "list">,
  network: Network,
  blocks: readonly Wanted[],
  signal: AbortSignal,
): Promise<Look> {
  const answers = await Promise.all(list.map((node) => askNode(node, network, blocks, signal)));
  const tips = answers.flatMap(({ height }) => height ?? []);
  return {
    sights: blocks.map((_, i) => sightOf(answers.map(({ words }) => words[i]!))),
    holders: blocks.map((_, i) =>
      list.filter((_, n) => {
        const word = answers[n]!.words[i]!;
        return word.kind === "said" && word.standing.kind === "best";
      })
    ),
    tipHeight: tips.length === 0 ? -1 : Math.max(...tips),
  };
}

interface Answer {
  readonly words: readonly NodeWord[];
  /** Of the tip that it answered at; null where it has none that counts. */
  readonly height: number | null;
}

async function askNode(
  node: Node,
  network: Network,
  blocks: readonly Wanted[],
  signal: AbortSignal,
): Promise<Answer> {
  const all = (kind: "syncing" | "moved" | "away"): Answer => ({
    words: blocks.map(() => ({ kind })),
    height: null,
  });
  try {
    const before = await node.chain(signal);
    if (before.network !== network) return all("away");
    if (before.syncing) return all("syncing");
    const words: NodeWord[] = [];
    for (const { hash, height } of blocks) {
      const standing = await standingOn(node, hash as Hash, height, before.height, signal);
      words.push(standing === null ? { kind: "moved" } : { kind: "said", standing });
    }
    const after = await node.chain(signal);
    if (after.syncing) return all("syncing");
    if (!equalBytes(after.bestHash, before.bestHash)) return all("moved");
    return { words, height: before.height };
  } catch {
    signal.throwIfAborted();
    return all("away");
  }
}

/** Null where the answers do not fit each other: the chain moved between them. */
async function standingOn(
  node: Node,
  hash: Hash,
  height: number,
  tipHeight: number,
  signal: AbortSignal,
): Promise<Standing | null> {
  const confirmations = await node.confirmations(hash, signal);
  if (confirmations !== null && confirmations > 0) return { kind: "best", confirmations };
  if (tipHeight < height) return { kind: "ahead" };
  const other = await node.hashAt(height, signal);
  if (other === null || equalBytes(other, hash)) return null;
  return { kind: "replaced", depth: tipHeight - height + 1, known: confirmations !== null };
}
