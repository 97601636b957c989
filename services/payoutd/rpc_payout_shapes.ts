/** Payments as messages. @module */
import type { Network } from "@gopool/chain";
import type { Ledger } from "@gopool/ledger";
import type {
  Aside,
  Attempt,
  PayoutLine,
  PayoutState as State,
  PayoutSummary,
} from "@gopool/ledger/payouts";
import { ACCOUNT_NAME } from "@gopool/ledger/views";
import { PayoutState } from "@gopool/proto/control";
import type { Plan } from "./payouts/plan.ts";
import { addressOf, shownHash, timeOf } from "./rpc_shapes.ts";

export const PAYOUT_STATES: Readonly<Record<State, PayoutState>> = {
  awaiting: PayoutState.AWAITING,
  planned: PayoutState.PLANNED,
  signed: PayoutState.SIGNED,
  broadcast: PayoutState.BROADCAST,
  confirmed: PayoutState.CONFIRMED,
  cancelled: PayoutState.CANCELLED,
};

export function summaryMessage(payout: PayoutSummary) {
  return {
    id: payout.id,
    state: PAYOUT_STATES[payout.state],
    plannedAtMs: timeOf(payout.plannedAtMs),
    payees: payout.lines,
    grossSats: payout.grossSats,
    feeSats: payout.feeSats,
    attempts: payout.attempts,
    txid: shownHash(payout.txid),
    height: payout.height ?? 0,
    lastAnswer: payout.lastAnswer ?? "",
  };
}

export function attemptMessage(attempt: Attempt) {
  return {
    attempt: attempt.attempt,
    reason: attempt.reason,
    feeRate: attempt.feeRate,
    feeSats: attempt.feeSats,
    changeSats: attempt.changeSats,
    weight: attempt.weight,
    atMs: timeOf(attempt.atMs),
    signerAskedAtMs: timeOf(attempt.handedAtMs),
    sentAtMs: timeOf(attempt.sentAtMs),
    lastSentAtMs: timeOf(attempt.lastSentAtMs),
    txid: shownHash(attempt.txid),
    blockHash: shownHash(attempt.block?.hash ?? null),
    height: attempt.block?.height ?? 0,
    lastAnswer: attempt.lastAnswer ?? "",
    inputs: attempt.inputs.map(({ txid, vout, sats, vanished, trouble }) => ({
      coin: coinName(txid, vout),
      sats,
      vanished,
      trouble: trouble ?? "",
    })),
  };
}

export function coinName(txid: Uint8Array, vout: number): string {
  return `${shownHash(txid)}:${vout}`;
}

export function lineMessage(line: Omit<PayoutLine, "account">, network: Network) {
  const { name, script, grossSats, feeSats } = line;
  return { account: name, address: addressOf(script, network), grossSats, feeSats };
}

/** @param most Lines over all of them. */
export function paymentMessages(plans: readonly Plan[], most: number, network: Network) {
  let left = most;
  return plans.map(({ lines, inputs, feeSats, changeSats }) => {
    const named = lines.slice(0, left);
    left -= named.length;
    return {
      grossSats: lines.reduce((sum, { grossSats }) => sum + grossSats, 0n),
      feeSats,
      changeSats,
      coins: inputs.length,
      payees: lines.length,
      lines: named.map((line) => lineMessage(line, network)),
    };
  });
}

/** Of a preview: accounts are known by their ids only. */
export async function asideMessages(ledger: Ledger, asides: readonly Aside[]) {
  if (asides.length === 0) return [];
  const rows = await ledger.transaction((tx) =>
    tx.query<{ id: number; name: string }>(
      `SELECT a.id, ${ACCOUNT_NAME} AS name FROM account a WHERE a.id = ANY($1::int[])`,
      [asides.map(({ account }) => account)],
    ), { snapshot: true });
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return asides.map(({ account, reason }) => ({ account: names.get(account) ?? "", reason }));
}
