/**
 * `deno task ledger verify`: I1 to I8 (ledger-arithmetic 5.2) on the database alone, at one moment.
 *
 * @module
 */
import { CHECKS, type Problem, PROBLEMS_MAX, type Terms } from "@gopool/ledger/books_tools";
import type { Ledger, Tx } from "@gopool/ledger";

export interface Verified {
  /** Checks made. */
  readonly checks: number;
  readonly entries: bigint;
  readonly problems: readonly Problem[];
  /** Of some check only the first are told: there may be more. */
  readonly more: boolean;
  /** What is worth knowing and breaks nothing, in sentences. */
  readonly notes: readonly string[];
}

export interface VerifyWatch {
  /** Told after each check. */
  readonly onCheck?: (done: number, checks: number) => void;
  /** Ends it between two checks: the transaction throws its reason. */
  readonly signal?: AbortSignal;
}

/** Asks for everything that breaks an invariant. Changes nothing, and holds nobody up. */
export function verify(
  ledger: Ledger,
  terms: Terms,
  { onCheck, signal }: VerifyWatch = {},
): Promise<Verified> {
  return ledger.transaction(async (tx) => {
    const problems: Problem[] = [];
    let more = false;
    for (const [done, check] of CHECKS.entries()) {
      signal?.throwIfAborted();
      const found = await check.find(tx, terms);
      problems.push(...found);
      more ||= found.length >= PROBLEMS_MAX;
      onCheck?.(done + 1, CHECKS.length);
    }
    const [row] = await tx.query<{ count: bigint }>("SELECT count(*) AS count FROM entry");
    return { checks: CHECKS.length, entries: row!.count, problems, more, notes: await notesOn(tx) };
  }, { snapshot: true });
}

/** A problem as a line for people. */
export function problemLine({ invariant, subject, says }: Problem): string {
  const { block, payout, transfer, account, minute } = subject;
  const about = [
    block === undefined ? [] : `block ${block}`,
    payout === undefined ? [] : `payout ${payout}`,
    minute === undefined ? [] : `minute ${minute} (${new Date(minute * 60_000).toISOString()})`,
    transfer === undefined ? [] : `transfer ${transfer}`,
    account === undefined ? [] : `account ${account}`,
  ].flat().join(", ");
  return about === "" ? `${invariant}: ${says}` : `${invariant}: ${about}: ${says}`;
}

/** Miners below zero (I7), and what the wallet lacks for all that is mature and owed to others (I5). */
async function notesOn(tx: Tx): Promise<string[]> {
  const [row] = await tx.query<{ debtors: bigint; debt: bigint; owed: bigint; wallet: bigint }>(
    `SELECT count(*) FILTER (WHERE a.kind = 'miner' AND b.sats < 0) AS debtors,
       coalesce(-sum(b.sats) FILTER (WHERE a.kind = 'miner' AND b.sats < 0), 0) AS debt,
       coalesce(sum(b.sats) FILTER (WHERE a.kind IN ('miner', 'donation', 'transit') AND b.sats > 0), 0) AS owed,
       coalesce(-sum(b.sats) FILTER (WHERE a.kind = 'wallet'), 0) AS wallet
     FROM balance b JOIN account a ON a.id = b.account_id WHERE b.bucket = 1`,
  );
  const { debtors, debt, owed, wallet } = row!;
  return [
    ...(debtors === 0n ? [] : [
      `${debtors} miners owe ${debt} sats that a reversal took back: later credits recover them (I7)`,
    ]),
    ...(owed <= wallet ? [] : [
      `Mature balances of ${owed} sats are owed to others, the wallet has ${wallet}: ${
        owed - wallet
      } sats are missing (I5)`,
    ]),
  ];
}
