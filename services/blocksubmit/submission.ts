/**
 * One block's fight for its place: given to every node, again and again, until a node has it on its best chain or
 * another block has buried it.
 *
 * @module
 */
import { displayHash, type Hash } from "@gopool/chain";
import type { NodeAnswer, Nodes } from "@gopool/node";
import {
  type BlockFound,
  BlockFoundSchema,
  BlockOutcome,
  type BlockSolved,
  create,
  type SubmitAttempt,
} from "@gopool/proto";
import { Backoff, type Clock, type Logger, type Random } from "@gopool/runtime";
import { REFUSED_ROUNDS, RETRY, WATCH_MS } from "./limits.ts";
import { attemptOf, isKept, keepAttempt, missingAttempt, refusalOf, roundOf } from "./outcome.ts";
import { giveToAll, type Round } from "./round.ts";
import { burialOf, standingOf } from "./standing.ts";

export interface SubmissionDeps {
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told after each round that has not decided it. */
  readonly onWaiting: (why: string) => void;
  /** Told of each answer of a node as it comes. */
  readonly onAttempt?: (attempt: SubmitAttempt) => void;
}

export interface Decided {
  /** What `block.found` is to say. */
  readonly found: BlockFound;
  /** Resolves when the last attempt has ended: a node that stalls is still being given the block. */
  readonly rest: Promise<void>;
}

/**
 * Submits until the block's fate is known.
 *
 * @returns null when `signal` aborted first (the block comes again at the next start).
 */
export async function submitUntilDecided(
  deps: SubmissionDeps,
  solved: BlockSolved,
  signal: AbortSignal,
): Promise<Decided | null> {
  const { nodes, clock, onWaiting } = deps;
  const facts = solved.facts!;
  const hash = facts.hash as Hash;
  const attempts: SubmitAttempt[] = [];
  const onAnswer = noting(deps, hash, attempts);
  const backoff = new Backoff(RETRY, deps.random);

  for (let refused = 0; !signal.aborted;) {
    const round = await giveToAll(deps, solved.block, signal, onAnswer);
    const decided = (outcome: BlockOutcome, reason = ""): Decided => {
      const missing = round.unanswered.map((node) => missingAttempt(node, clock.now()));
      const all = [...attempts, ...missing];
      return {
        found: create(BlockFoundSchema, { facts, outcome, reason, attempts: all }),
        rest: round.rest,
      };
    };
    if (roundOf(round.answers) === "accepted") return decided(BlockOutcome.ACCEPTED);
    while (!signal.aborted) {
      if (await standingOf(nodes, hash, signal) === "best") return decided(BlockOutcome.ACCEPTED);
      // Those that have not answered yet are waited for only now that nothing hangs on it.
      await round.rest;
      const burial = await burialOf(nodes, facts.height, hash, signal);
      if (burial !== null) return decided(BlockOutcome.LOST, burial);
      if (!isKeptByAll(round)) break;
      // Nodes that have the block need it no second time: they are watched until the chain has chosen.
      onWaiting("The nodes have it beside their best chain");
      await clock.sleep(WATCH_MS, signal);
      if (await standingOf(nodes, hash, signal) === "nowhere") break;
    }
    if (signal.aborted) break;
    refused = roundOf(round.answers) === "refused" ? refused + 1 : 0;
    if (refused >= REFUSED_ROUNDS) return decided(BlockOutcome.LOST, refusalOf(attempts));
    onWaiting(waitingFor(round, attempts));
    await clock.sleep(backoff.next(), signal);
  }
  return null;
}

function isKeptByAll({ answers, unanswered }: Round): boolean {
  return unanswered.length === 0 && answers.every((answer) => isKept([answer]));
}

function waitingFor({ answers }: Round, attempts: readonly SubmitAttempt[]): string {
  if (isKept(answers)) return "A node has it beside its best chain; giving it to the others again";
  const refused = answers.some(({ answer }) => answer.kind === "refused");
  return refused
    ? `${refusalOf(attempts)}; trying again`
    : "No node has it on its best chain yet; trying again";
}

/** Keeps each answer for the record, and tells those that are news. */
function noting(
  { log, onAttempt }: SubmissionDeps,
  hash: Hash,
  attempts: SubmitAttempt[],
): (answer: NodeAnswer) => void {
  const last = new Map<string, string>();
  return (answered) => {
    const { node, answer: { kind, answer }, tookMs } = answered;
    const attempt = attemptOf(answered);
    keepAttempt(attempts, attempt);
    onAttempt?.(attempt);
    // A fight may take hours, of the same answers every few seconds.
    const isNews = last.get(node) !== `${kind} ${answer}`;
    last.set(node, `${kind} ${answer}`);
    const facts = { hash: displayHash(hash), node, kind, answer, tookMs: Math.round(tookMs) };
    log[isNews ? "info" : "debug"]("submitblock answered", facts);
  };
}
