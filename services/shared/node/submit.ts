/**
 * One attempt to give one node a block.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import type { Node, NodeAnswer } from "./port.ts";

/** Never rejects: whatever goes wrong is an answer too. An aborted `signal` is an "unreachable". */
export async function submitTo(
  node: Node,
  block: Uint8Array,
  clock: Clock,
  signal: AbortSignal,
): Promise<NodeAnswer> {
  const atMs = clock.now();
  const beganMs = clock.monotonic();
  const answer = await node.submit(block, signal).catch((error) => answerOf(error, signal));
  return { node: node.name, atMs, tookMs: clock.monotonic() - beganMs, answer };
}

function answerOf(error: unknown, signal: AbortSignal): NodeAnswer["answer"] {
  if (signal.aborted) {
    return { kind: "unreachable", answer: "Gave up while waiting for the answer" };
  }
  // An RPC error is no verdict on the block either: the node did not come to judge it.
  return { kind: "unreachable", answer: error instanceof Error ? error.message : String(error) };
}
