/**
 * A question to several nodes, and a transaction to all of them.
 *
 * @module
 */
import {
  type Node,
  NodeMalformed,
  NodeRefused,
  type Nodes,
  type NodeSendAnswer,
  NodeUnavailable,
} from "./port.ts";

/**
 * Gives the transaction to every node at once, one attempt each, whatever their health; resolves with all answers, in
 * the order of the list. Rejects only with the reason of an aborted signal.
 */
export function sendToAll(
  { list }: Pick<Nodes, "list">,
  raw: Uint8Array,
  signal?: AbortSignal,
): Promise<readonly NodeSendAnswer[]> {
  return Promise.all(list.map(async (node) => {
    try {
      return { node: node.name, answer: await node.send(raw, signal) };
    } catch (error) {
      signal?.throwIfAborted();
      if (!isNodeFault(error)) throw error;
      return { node: node.name, answer: { kind: "unreachable", reason: error.message } };
    }
  }));
}

/**
 * Asks one node after another, those that are well first, in order of preference, until one has an answer that is not
 * null. Null where at least one answered and none had more.
 *
 * @throws The first node's fault, where none answered; the reason of an aborted signal.
 */
export async function firstAnswer<T>(
  { list }: Pick<Nodes, "list">,
  ask: (node: Node) => Promise<T | null>,
  signal?: AbortSignal,
): Promise<T | null> {
  const well = list.filter(({ health }) => health.ok);
  const faults: unknown[] = [];
  for (const node of [...well, ...list.filter((one) => !well.includes(one))]) {
    try {
      const answer = await ask(node);
      if (answer !== null) return answer;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isNodeFault(error)) throw error;
      faults.push(error);
    }
  }
  if (faults.length === list.length) throw faults[0];
  return null;
}

function isNodeFault(error: unknown): error is NodeUnavailable | NodeRefused | NodeMalformed {
  return error instanceof NodeUnavailable || error instanceof NodeRefused ||
    error instanceof NodeMalformed;
}
