/**
 * What one closed minute earns under PPS and FPPS, and booking it.
 *
 * @module
 */
import { MINUTE_MS, ownAccounts, slicesOfMinute, type Tx } from "@gopool/ledger";
import {
  bookPps,
  chainFees,
  type FeeRates,
  feesAt,
  nextPpsMinute,
  ppsCarries,
  type PpsCredit,
  ratesOf,
} from "@gopool/ledger/schemes";
import { carried, expectedFees, FEE_BLOCKS, schemeOf } from "@gopool/ledger/rewards";

export type Pay =
  | { readonly kind: "paid"; readonly minute: number; readonly sats: bigint }
  /** No closed minute is unpaid. */
  | { readonly kind: "done" }
  | { readonly kind: "waits"; readonly why: string };

/**
 * Pays the first closed minute that is not paid. In a money transaction; the same minute is paid once, whoever comes
 * again.
 *
 * @throws {WindowNotReadable} Its slices are no longer kept: who drops slices asks `nextPpsMinute()` first.
 */
export async function payMinute(tx: Tx, nowMs: number): Promise<Pay> {
  const minute = await nextPpsMinute(tx);
  if (minute === null) return { kind: "done" };
  // A late share keeps the scheme of its own minute: both may stand in one, whatever is in force in it.
  const bySubsidy = await slicesOfMinute(tx, "pps", minute);
  const withFees = await slicesOfMinute(tx, "fpps", minute);
  const blocks = await chainFees(tx, FEE_BLOCKS);
  if (withFees.length > 0 && blocks.length === 0) {
    return { kind: "waits", why: "the fees of no block of the chain are known yet" };
  }
  const fees = await feesAt(tx, minute * MINUTE_MS);
  const expected = expectedFees(blocks.map(({ fees }) => fees));
  const accounts = new Map<string, number>();
  const parts = new Map<number, bigint>();
  const add = (account: number, more: bigint) =>
    parts.set(account, (parts.get(account) ?? 0n) + more);
  const { donation } = await ownAccounts(tx);
  for (const [name, slices] of [["pps", bySubsidy], ["fpps", withFees]] as const) {
    for (const { account, accountId } of slices) accounts.set(account, accountId);
    const earned = schemeOf(name).earn!(slices, expected, (one) => ratesOf(fees, one));
    for (const { account, parts } of earned.earnings) add(accounts.get(account)!, parts);
    if (earned.donationParts > 0n) add(donation, earned.donationParts);
  }
  const sats = await bookPps(tx, {
    minute,
    credits: await creditsOf(tx, parts),
    expectedFees: expected,
    feeBlocks: blocks.length,
    feeHeight: blocks[0]?.height ?? null,
    poolRates: fees.pool,
    otherRates: [...accounts].flatMap(([name, account]) => {
      const rates = ratesOf(fees, name);
      return isSame(rates, fees.pool) ? [] : [{ account, ...rates }];
    }),
  }, nowMs);
  return { kind: "paid", minute, sats: sats ?? 0n };
}

/** Whole satoshis out of what is carried and what is earned. */
async function creditsOf(tx: Tx, parts: ReadonlyMap<number, bigint>): Promise<PpsCredit[]> {
  const accounts = [...parts.keys()].sort((a, b) => a - b);
  const carries = await ppsCarries(tx, accounts);
  return accounts.map((account) => ({
    account,
    ...carried(carries.get(account) ?? 0n, parts.get(account)!),
  }));
}

function isSame(a: FeeRates, b: FeeRates): boolean {
  return a.feeBasisPoints === b.feeBasisPoints && a.donationBasisPoints === b.donationBasisPoints;
}
