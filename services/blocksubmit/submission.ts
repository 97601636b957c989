/**
 * One block's fight for its place: given to every node, again and again, until a node has it on its best chain or
 * another block has buried it.
 *
 * @module
 */
import { displayHash, equalBytes, type Hash } from "@gopool/chain";
import type { Nodes } from "@gopool/node";
import {
  type BlockFound,
  BlockFoundSchema,
  BlockOutcome,
  type BlockSolved,
  create,
  type SubmitAttempt,
} from "@gopool/proto";
import { Backoff, type Clock, type Logger, type Random } from "@gopool/runtime";
import { BURIED_DEPTH, REFUSED_ROUNDS, RETRY, WATCH_MS } from "./limits.ts";
import { attemptOf, isKept, keepAttempt, refusalOf, roundOf } from "./outcome.ts";

export interface SubmissionDeps {
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told after each round that has not decided it. */
  readonly onWaiting: (why: string) => void;
}

/**
 * Submits until the block's fate is known.
 *
 * @returns What `block.found` is to say; null when `signal` aborted first (the block comes again at the next start).
 */
export async function submitUntilDecided(
  { nodes, clock, random, log, onWaiting }: SubmissionDeps,
  solved: BlockSolved,
  signal: AbortSignal,
): Promise<BlockFound | null> {
  const facts = solved.facts!;
  const hash = facts.hash as Hash;
  const attempts: SubmitAttempt[] = [];
  const backoff = new Backoff(RETRY, random);
  const found = (outcome: BlockOutcome, reason = "") =>
    create(BlockFoundSchema, { facts, outcome, reason, attempts });

  for (let refused = 0; !signal.aborted;) {
    const answers = await nodes.submitAll(solved.block, signal, (answer) => {
      keepAttempt(attempts, attemptOf(answer));
      log.info("submitblock answered", {
        hash: displayHash(hash),
        node: answer.node,
        kind: answer.answer.kind,
        answer: answer.answer.answer,
        tookMs: Math.round(answer.tookMs),
      });
    });
    if (roundOf(answers) === "accepted") return found(BlockOutcome.ACCEPTED);
    // A node that has the block needs it no second time: it is watched until the chain has chosen.
    let standing = await standingOf(nodes, hash, signal);
    while (isKept(answers) && standing === "side" && !signal.aborted) {
      const buried = await burialOf(nodes, facts.height, hash, signal);
      if (buried !== null) return found(BlockOutcome.LOST, buried);
      onWaiting("A node has it beside its best chain");
      await clock.sleep(WATCH_MS, signal);
      standing = await standingOf(nodes, hash, signal);
    }
    if (standing === "best") return found(BlockOutcome.ACCEPTED);
    if (signal.aborted) break;
    const burial = await burialOf(nodes, facts.height, hash, signal);
    if (burial !== null) return found(BlockOutcome.LOST, burial);
    refused = roundOf(answers) === "refused" ? refused + 1 : 0;
    if (refused >= REFUSED_ROUNDS) return found(BlockOutcome.LOST, refusalOf(attempts));
    onWaiting(
      refused > 0
        ? `${refusalOf(attempts)}; trying again`
        : "No node has it on its best chain yet; trying again",
    );
    await clock.sleep(backoff.next(), signal);
  }
  return null;
}

/** Where the block stands as the nodes know it: on a best chain, beside one, or nowhere. */
async function standingOf(
  nodes: Nodes,
  hash: Hash,
  signal: AbortSignal,
): Promise<"best" | "side" | "nowhere"> {
  const all = await askAll(nodes, (node) => node.confirmations(hash, signal));
  if (all.some((confirmations) => confirmations !== null && confirmations > 0)) return "best";
  return all.some((confirmations) => confirmations !== null) ? "side" : "nowhere";
}

/** The sentence that says what buried the block; null while nothing has. */
async function burialOf(
  nodes: Nodes,
  height: number,
  hash: Hash,
  signal: AbortSignal,
): Promise<string | null> {
  const buried = await askAll(nodes, async (node) => {
    const tip = await node.tip(signal);
    if (tip.height < height + BURIED_DEPTH) return null;
    const other = await node.hashAt(height, signal);
    if (other === null || equalBytes(other, hash)) return null;
    return `Buried: ${node.name} has ${displayHash(other)} at height ${height}, ` +
      `${tip.height - height + 1} blocks deep`;
  });
  return buried.find((sentence) => sentence !== null) ?? null;
}

/** Asks every node; those that do not answer count as null. */
async function askAll<T>(
  nodes: Nodes,
  ask: (node: Nodes["list"][number]) => Promise<T | null>,
): Promise<(T | null)[]> {
  const answers = await Promise.allSettled(nodes.list.map(ask));
  return answers.map((answer) => answer.status === "fulfilled" ? answer.value : null);
}
