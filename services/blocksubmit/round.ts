/**
 * One round over the nodes: the block to all of them at once, and what is known as soon as that decides.
 *
 * @module
 */
import type { NodeAnswer, Nodes } from "@gopool/node";
import type { Clock } from "@gopool/runtime";
import { LATE_ANSWER_MS } from "./limits.ts";

export interface Round {
  /** In the order in which they came. */
  readonly answers: readonly NodeAnswer[];
  /** Nodes that have not answered yet; none unless another one has the block. */
  readonly unanswered: readonly string[];
  /** Resolves when every attempt has ended. */
  readonly rest: Promise<void>;
}

/**
 * Gives the block to every node. Resolves with all answers, or, once a node has said that it has the block,
 * LATE_ANSWER_MS after that with those that came: the attempts go on, and `onAnswer` is told of late ones too.
 */
export async function giveToAll(
  { nodes, clock }: { readonly nodes: Nodes; readonly clock: Clock },
  block: Uint8Array,
  signal: AbortSignal,
  onAnswer: (answer: NodeAnswer) => void,
): Promise<Round> {
  const answers: NodeAnswer[] = [];
  const has = Promise.withResolvers<void>();
  const ended = new AbortController();
  const all = nodes.submitAll(block, signal, (answer) => {
    answers.push(answer);
    onAnswer(answer);
    if (answer.answer.kind !== "refused" && answer.answer.kind !== "unreachable") has.resolve();
  });
  const rest = all.then(() => ended.abort());
  await Promise.race([
    rest,
    has.promise.then(() => clock.sleep(LATE_ANSWER_MS, ended.signal)),
  ]);
  const answered = new Set(answers.map(({ node }) => node));
  const unanswered = nodes.list.map(({ name }) => name).filter((name) => !answered.has(name));
  return { answers: [...answers], unanswered, rest };
}
