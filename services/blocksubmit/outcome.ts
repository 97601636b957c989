/**
 * What the nodes' answers mean for a block. Pure.
 *
 * @module
 */
import type { NodeAnswer } from "@gopool/node";
import { create, type SubmitAttempt, SubmitAttemptSchema, SubmitVerdict } from "@gopool/proto";
import { ATTEMPTS_MAX } from "./limits.ts";

/** How one round over all nodes ended. */
export type Round =
  /** A node has it on its best chain. */
  | "accepted"
  /** A node has it, but prefers another block; or nobody answered: time will tell. */
  | "open"
  /** Every node refused it. One that cannot be reached has not: it may take the block when it is back. */
  | "refused";

/** `duplicate` is a node that had it already: as good as accepted once that node says where it stands. */
export function roundOf(answers: readonly NodeAnswer[]): Round {
  const kinds = answers.map(({ answer }) => answer.kind);
  if (kinds.includes("accepted")) return "accepted";
  if (isKept(answers)) return "open";
  return kinds.length > 0 && kinds.every((kind) => kind === "refused") ? "refused" : "open";
}

/**
 * Whether a node has said that it keeps the block. Knowing its header says less: a block found invalid is known too.
 */
export function isKept(answers: readonly NodeAnswer[]): boolean {
  return answers.some(({ answer }) =>
    answer.kind === "duplicate" || answer.kind === "inconclusive"
  );
}

const VERDICTS = {
  accepted: SubmitVerdict.ACCEPTED,
  duplicate: SubmitVerdict.DUPLICATE,
  inconclusive: SubmitVerdict.INCONCLUSIVE,
  refused: SubmitVerdict.REFUSED,
  unreachable: SubmitVerdict.UNREACHABLE,
} as const;

/** The attempt as `block.found` tells it. */
export function attemptOf({ node, atMs, tookMs, answer }: NodeAnswer): SubmitAttempt {
  return create(SubmitAttemptSchema, {
    node,
    atMs: BigInt(Math.round(atMs)),
    tookMs: Math.round(tookMs),
    verdict: VERDICTS[answer.kind],
    answer: answer.answer,
  });
}

/** A node that had not answered when the block's fate was known. */
export function missingAttempt(node: string, atMs: number): SubmitAttempt {
  return create(SubmitAttemptSchema, {
    node,
    atMs: BigInt(Math.round(atMs)),
    verdict: SubmitVerdict.UNREACHABLE,
    answer: "No answer yet when another node had the block",
  });
}

/** Adds an attempt; past the bound the first half stays and the oldest of the second half goes. */
export function keepAttempt(attempts: SubmitAttempt[], attempt: SubmitAttempt): void {
  if (attempts.length >= ATTEMPTS_MAX) attempts.splice(ATTEMPTS_MAX / 2, 1);
  attempts.push(attempt);
}

/** Why nodes refused, in one sentence. */
export function refusalOf(attempts: readonly SubmitAttempt[]): string {
  const words = new Map<string, string>();
  for (const { node, verdict, answer } of attempts) {
    if (verdict !== SubmitVerdict.REFUSED) continue;
    // Asked again, Bitcoin Core only says that it has judged the block before.
    if (answer !== "duplicate-invalid" || !words.has(node)) words.set(node, answer);
  }
  const each = [...words].map(([node, answer]) => `${node} said "${answer}"`);
  return `Refused: ${each.join(", ")}`;
}
