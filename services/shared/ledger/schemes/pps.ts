/**
 * What PPS and FPPS have paid: minute by minute, each once, with the fractions that are carried.
 *
 * @module
 */
import { type Entry, MATURE, ownAccounts, post } from "../books.ts";
import type { Tx } from "../port.ts";
import type { FeeRates } from "./fees.ts";

/**
 * The first closed minute with work under PPS or FPPS that is not paid yet; null where all of them are. Its slices must
 * be kept until then.
 */
export async function nextPpsMinute(tx: Tx): Promise<number | null> {
  const [row] = await tx.prepared<{ minute: number | null }>(
    "pps_next",
    `SELECT least(
       (SELECT min(minute) FROM slice_total WHERE scheme = 'pps' AND minute >= next_minute),
       (SELECT min(minute) FROM slice_total WHERE scheme = 'fpps' AND minute >= next_minute)
     ) AS minute FROM pps_book`,
  );
  return row!.minute;
}

/** What accounts have earned in fractions of a satoshi: 2^-64 satoshi, by account id; 0 where none is carried. */
export async function ppsCarries(
  tx: Tx,
  accounts: readonly number[],
): Promise<ReadonlyMap<number, bigint>> {
  const rows = await tx.prepared<{ account_id: number; parts: bigint }>(
    "pps_carries",
    "SELECT account_id, parts FROM pps_carry WHERE account_id = ANY($1::int[])",
    [accounts],
  );
  return new Map(rows.map(({ account_id, parts }) => [account_id, parts]));
}

export interface PpsCredit {
  /** A miner's account, or that of donations. */
  readonly account: number;
  readonly sats: bigint;
  /** What is carried from now on, in place of what was: 2^-64 satoshi, from 0 to 2^64 - 1. */
  readonly carry: bigint;
}

/** A minute's pay, with what it rests on beside its slices. */
export interface PpsMinute {
  readonly minute: number;
  readonly credits: readonly PpsCredit[];
  /** F, and the blocks that it rests on. */
  readonly expectedFees: bigint;
  readonly feeBlocks: number;
  /** The highest of them; null where none was known. */
  readonly feeHeight: number | null;
  readonly poolRates: FeeRates;
  /** Of accounts whose rates are others. */
  readonly otherRates: readonly (FeeRates & { readonly account: number })[];
}

/**
 * Pays a minute from the reserve: carries, rates and the transfer in one transaction (a money transaction).
 *
 * @returns What left the reserve; null where this minute, or a later one, is paid already: nothing is done.
 */
export async function bookPps(tx: Tx, pay: PpsMinute, atMs: number): Promise<bigint | null> {
  const { minute, credits, poolRates, otherRates } = pay;
  const moved = await tx.prepared(
    "pps_book_move",
    "UPDATE pps_book SET next_minute = $1 + 1 WHERE next_minute <= $1 RETURNING next_minute",
    [minute],
  );
  if (moved.length === 0) return null;
  const sats = credits.reduce((sum, credit) => sum + credit.sats, 0n);
  await tx.prepared(
    "pps_minute_make",
    `INSERT INTO pps_minute (minute, expected_fees, fee_blocks, fee_height, fee_basis_points,
       donation_basis_points, sats, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      minute,
      pay.expectedFees,
      pay.feeBlocks,
      pay.feeHeight,
      poolRates.feeBasisPoints,
      poolRates.donationBasisPoints,
      sats,
      atMs,
    ],
  );
  await tx.prepared(
    "pps_rates_make",
    `INSERT INTO pps_rate (minute, account_id, fee_basis_points, donation_basis_points)
     SELECT $1, * FROM unnest($2::int[], $3::int[], $4::int[])`,
    [
      minute,
      otherRates.map(({ account }) => account),
      otherRates.map(({ feeBasisPoints }) => feeBasisPoints),
      otherRates.map(({ donationBasisPoints }) => donationBasisPoints),
    ],
  );
  await tx.prepared(
    "pps_carry_set",
    `INSERT INTO pps_carry (account_id, parts) SELECT * FROM unnest($1::int[], $2::numeric[])
     ON CONFLICT (account_id) DO UPDATE SET parts = excluded.parts`,
    [credits.map(({ account }) => account), credits.map(({ carry }) => carry)],
  );
  if (sats > 0n) await post(tx, "pps", { minute }, await entriesOf(tx, credits, sats), atMs);
  return sats;
}

async function entriesOf(
  tx: Tx,
  credits: readonly PpsCredit[],
  sats: bigint,
): Promise<Entry[]> {
  const { reserve } = await ownAccounts(tx);
  return [
    { account: reserve, bucket: MATURE, sats: -sats },
    ...credits.filter((credit) => credit.sats > 0n)
      .map(({ account, sats }): Entry => ({ account, bucket: MATURE, sats })),
  ];
}
