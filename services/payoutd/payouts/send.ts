/**
 * The sending step: what is signed and in no block goes to every node, and goes again as long as no block holds it. It
 * is always the stored transaction, never one made anew (I4).
 *
 * @module
 */
import type { Ledger } from "@gopool/ledger";
import { type Attempt, noteSent, payoutControl, payoutOf, payoutsIn } from "@gopool/ledger/payouts";
import { type Nodes, type NodeSendAnswer, sendToAll } from "@gopool/node";
import type { Clock } from "@gopool/runtime";
import { RESEND_MS, SEND_AGAIN_MS } from "./limits.ts";

export interface SendDeps {
  readonly ledger: Ledger;
  readonly nodes: Pick<Nodes, "list">;
  readonly clock: Clock;
}

export interface SendResult {
  readonly id: bigint;
  readonly attempt: number;
  /** A node has it. */
  readonly taken: boolean;
  /** What every node said, for people. */
  readonly words: string;
  /** A node has it in its chain, or lacks its coins as when they are spent: a block may hold it that nobody read. */
  readonly maybeMined: boolean;
  /** The nodes said something else the last time, or nothing yet. */
  readonly isNews: boolean;
}

/** When each payment is due again, by the monotonic clock, and how many transactions of it were signed at the last. */
export type LastSent = Map<bigint, { readonly due: number; readonly signed: number }>;

/**
 * Sends what is due for it: at once what never was, then again every RESEND_MS, or sooner what no node took. Oldest first: a payment may spend the
 * change of an earlier one. Between two payments it is asked whether payouts are paused.
 *
 * @throws {LedgerUnavailable} Some were sent: sending them again changes nothing.
 */
export async function sendPayouts(
  deps: SendDeps,
  lastSent: LastSent,
  signal: AbortSignal,
): Promise<SendResult[]> {
  const { ledger, clock } = deps;
  const results: SendResult[] = [];
  const ids = await ledger.transaction((tx) => payoutsIn(tx, ["signed", "broadcast"]), {
    snapshot: true,
  });
  for (const id of lastSent.keys()) if (!ids.includes(id)) lastSent.delete(id);
  for (const id of ids) {
    signal.throwIfAborted();
    const now = clock.monotonic();
    const { paused, payout } = await ledger.transaction(async (tx) => ({
      paused: (await payoutControl(tx)).paused,
      payout: await payoutOf(tx, id),
    }), { snapshot: true });
    if (paused) break;
    if (payout === null || payout.attempts.some(({ block }) => block !== null)) continue;
    const signed = payout.attempts.filter(isSigned);
    const last = lastSent.get(id);
    if (last?.signed === signed.length && now < last.due) continue;
    const sent = await send(deps, id, signed, signal);
    if (sent === null) continue;
    results.push(sent);
    const due = now + (sent.taken ? RESEND_MS : SEND_AGAIN_MS);
    lastSent.set(id, { due, signed: signed.length });
  }
  return results;
}

type Signed = Attempt & { readonly raw: Uint8Array };

function isSigned(attempt: Attempt): attempt is Signed {
  return attempt.raw !== null;
}

/** The newest signed attempt; one before it where that lacks a coin. */
async function send(
  { ledger, nodes, clock }: SendDeps,
  id: bigint,
  signed: readonly Signed[],
  signal: AbortSignal,
): Promise<SendResult | null> {
  let result: SendResult | null = null;
  for (const { attempt, raw, lastAnswer } of signed.toReversed()) {
    const answers = await sendToAll(nodes, raw, signal);
    const taken = answers.some(({ answer }) =>
      answer.kind === "accepted" || answer.kind === "known"
    );
    const words = answers.map(wordsOf).join("; ");
    const lacksCoin = answers.some(({ answer }) =>
      answer.kind === "refused" && answer.missingInputs
    );
    const inChain = answers.some(({ answer }) =>
      answer.kind === "known" && answer.where === "chain"
    );
    const maybeMined = lacksCoin || inChain;
    result = { id, attempt, taken, words, maybeMined, isNews: words !== lastAnswer };
    await ledger.transaction(
      (tx) => noteSent(tx, id, attempt, { taken, words }, clock.now()),
      { money: true },
    );
    if (taken || !lacksCoin) break;
  }
  return result;
}

function wordsOf({ node, answer }: NodeSendAnswer): string {
  switch (answer.kind) {
    case "accepted":
      return `${node} took it`;
    case "known":
      return `${node} has it in its ${answer.where}`;
    case "refused":
      return `${node} refused it: ${answer.reason}`;
    case "unreachable":
      return `${node} did not answer: ${answer.reason}`;
  }
}
