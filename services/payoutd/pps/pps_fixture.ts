/**
 * Books under PPS or FPPS, and minutes of work in them. Imported by tests only.
 *
 * @module
 */
import { accountsOf, MATURE, ownAccounts, post, type Tx } from "@gopool/ledger";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import { openFees, openSchedule } from "@gopool/ledger/schemes";
import { addSlices, closeThrough } from "@gopool/ledger/shares";
import { payMinute } from "./pay.ts";

export const MINUTE = 29_500_000;
/** In the middle of it. */
export const NOW_MS = MINUTE * 60_000 + 31_000;
export const SUBSIDY = 5_000_000_000n;
export const EIGHT = 0x201f_ffff;
export const params = { windowThousandths: 2_000 };
export const by = { operator: "olga", reason: "a test", nowMs: NOW_MS };
export const money = { money: true };

export interface Work {
  readonly account: string;
  readonly scheme?: "pps" | "fpps" | "pplns";
  readonly work: bigint;
  readonly subsidy?: bigint;
  readonly nbits?: number;
}

export async function opened(scheme: "pps" | "fpps", reserve = 0n): Promise<FreshLedger> {
  const ledger = await freshLedger();
  await ledger.transaction(async (tx) => {
    await openSchedule(tx, { scheme, params }, 0);
    await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 0 }, 0);
    if (reserve > 0n) await putIn(tx, reserve);
  }, money);
  return ledger;
}

/** What an operator puts into the reserve. */
async function putIn(tx: Tx, sats: bigint): Promise<void> {
  const [row] = await tx.query<{ id: bigint }>(
    `INSERT INTO adjustment (kind, operator, reason, at_ms) VALUES ('reserve', 'olga', 'a test', 0) RETURNING id`,
  );
  const { reserve, wallet } = await ownAccounts(tx);
  await post(tx, "adjustment", { adjustmentId: row!.id }, [
    { account: reserve, bucket: MATURE, sats },
    { account: wallet, bucket: MATURE, sats: -sats },
  ], 0);
}

/** Work of a minute, which is then closed. */
async function worked(tx: Tx, minute: number, done: readonly Work[]): Promise<void> {
  const ids = await accountsOf(tx, done.map(({ account }) => account));
  await addSlices(tx, {
    minutes: done.map(() => minute),
    schemes: done.map(({ scheme = "pps" }) => scheme),
    accounts: ids,
    nbits: done.map(({ nbits = EIGHT }) => nbits),
    subsidies: done.map(({ subsidy = SUBSIDY }) => subsidy),
    shares: done.map(() => 1),
    works: done.map(({ work }) => work),
  });
  await closeThrough(tx, minute);
}

export const work = (ledger: FreshLedger, minute: number, ...done: Work[]) =>
  ledger.transaction((tx) => worked(tx, minute, done), money);

export const pay = (ledger: FreshLedger) =>
  ledger.transaction((tx) => payMinute(tx, NOW_MS), money);

/** Mature balances by account, the pool's own by their kind. */
export async function balances(ledger: FreshLedger): Promise<Record<string, bigint>> {
  const rows = await ledger.ask<{ name: string; sats: bigint }>(
    `SELECT CASE kind WHEN 'miner' THEN name ELSE kind END AS name, sats
     FROM balance JOIN account ON id = account_id WHERE sats <> 0 AND bucket = 1 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, sats }) => [name, sats]));
}
