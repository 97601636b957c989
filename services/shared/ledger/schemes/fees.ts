/**
 * Which rates are in force when: the pool's, and those of accounts that have their own.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { announceSchedule, MINUTE_MS, minuteOf } from "../shares/mod.ts";
import { type Decision, note, refused, type SetBy } from "./decisions.ts";

/** Hundredths of a percent. */
export interface FeeRates {
  readonly feeBasisPoints: number;
  /** Of what the fee leaves. */
  readonly donationBasisPoints: number;
}

/** An account's own rates; null: the pool's. */
export interface OwnRates {
  readonly feeBasisPoints: number | null;
  readonly donationBasisPoints: number | null;
}

/** Rates at one time. */
export interface FeesInForce {
  readonly pool: FeeRates;
  /** By address: only accounts that have, or had, rates of their own. */
  readonly own: ReadonlyMap<string, OwnRates>;
}

/** An account's rates. */
export function ratesOf({ pool, own }: FeesInForce, address: string): FeeRates {
  const rates = own.get(address);
  return {
    feeBasisPoints: rates?.feeBasisPoints ?? pool.feeBasisPoints,
    donationBasisPoints: rates?.donationBasisPoints ?? pool.donationBasisPoints,
  };
}

/**
 * Everybody's rates at a log time: of each account the last that have begun by then.
 *
 * @throws {RangeError} The ledger was never given the pool's first.
 */
export async function feesAt(tx: Tx, atMs: number): Promise<FeesInForce> {
  const rows = await tx.prepared<
    { name: string | null; fee: number | null; donation: number | null }
  >(
    "fees_at",
    `SELECT DISTINCT ON (account_id) account_id, name, fee_basis_points AS fee,
       donation_basis_points AS donation
     FROM fee_period LEFT JOIN account ON account.id = account_id
     WHERE from_ms <= $1 ORDER BY account_id, from_ms DESC, fee_period.id DESC`,
    [atMs],
  );
  const rates = ({ fee, donation }: { fee: number | null; donation: number | null }) => ({
    feeBasisPoints: fee,
    donationBasisPoints: donation,
  });
  const pool = rows.find(({ name }) => name === null);
  if (pool === undefined) throw new RangeError(`No fee is in force at ${atMs}`);
  return {
    pool: { feeBasisPoints: pool.fee!, donationBasisPoints: pool.donation! },
    own: new Map(rows.flatMap((row) => row.name === null ? [] : [[row.name, rates(row)]])),
  };
}

/**
 * The pool's rates at a log time, and those that hold for one account: as `ratesOf(feesAt())`, without reading everybody's.
 *
 * @param account Its id; null: the pool's alone.
 * @returns Null where the ledger was never given the pool's first.
 */
export async function ratesAt(
  tx: Tx,
  account: number | null,
  atMs: number,
): Promise<FeeRates | null> {
  const rows = await tx.prepared<{ fee: number | null; donation: number | null }>(
    "rates_at",
    `(SELECT fee_basis_points AS fee, donation_basis_points AS donation FROM fee_period
      WHERE account_id = $1 AND from_ms <= $2 ORDER BY from_ms DESC, id DESC LIMIT 1)
     UNION ALL
     (SELECT fee_basis_points, donation_basis_points FROM fee_period
      WHERE account_id IS NULL AND from_ms <= $2 ORDER BY from_ms DESC, id DESC LIMIT 1)`,
    [account, atMs],
  );
  // The pool's stand last and have both.
  const pool = rows.at(-1);
  if (pool === undefined || pool.fee === null || pool.donation === null) return null;
  const own = rows[0]!;
  return {
    feeBasisPoints: own.fee ?? pool.fee,
    donationBasisPoints: own.donation ?? pool.donation,
  };
}

/** The pool's first rates, from the beginning of time, if there are none yet. */
export async function openFees(tx: Tx, rates: FeeRates, nowMs: number): Promise<boolean> {
  const made = await tx.query(
    `INSERT INTO fee_period (from_ms, fee_basis_points, donation_basis_points, set_at_ms)
     VALUES (0, $1, $2, $3) ON CONFLICT DO NOTHING RETURNING id`,
    [rates.feeBasisPoints, rates.donationBasisPoints, nowMs],
  );
  return made.length > 0;
}

export interface FeeChange {
  /** Id of a miner's account; null: the pool's rates. */
  readonly account: number | null;
  /** Undefined: as it stands then. Null: the pool's (not for the pool itself). */
  readonly feeBasisPoints?: number | null;
  readonly donationBasisPoints?: number | null;
  /** Log time, a whole minute; null: as soon as may be. */
  readonly fromMs: number | null;
}

/**
 * Has other rates take effect. Like a scheme, from a minute on that has not begun. In a money transaction, before
 * anything else in it: see `lockShares`.
 *
 * @returns From when it counts, or why not.
 */
export async function setFees(tx: Tx, change: FeeChange, by: SetBy): Promise<Decision> {
  const earliest = Math.max(await announceSchedule(tx), minuteOf(by.nowMs) + 1) * MINUTE_MS;
  const fromMs = change.fromMs ?? earliest;
  if (fromMs < earliest) return refused("fee", fromMs, earliest);
  if (fromMs % MINUTE_MS !== 0) return { kind: "refused", why: "A fee changes at a whole minute" };
  const { account } = change;
  const [last] = await tx.query<{ fee: number | null; donation: number | null }>(
    `SELECT fee_basis_points AS fee, donation_basis_points AS donation FROM fee_period
     WHERE account_id IS NOT DISTINCT FROM $1 AND from_ms <= $2
     ORDER BY from_ms DESC, id DESC LIMIT 1`,
    [account, fromMs],
  );
  const fee = change.feeBasisPoints === undefined ? last?.fee ?? null : change.feeBasisPoints;
  const donation = change.donationBasisPoints === undefined
    ? last?.donation ?? null
    : change.donationBasisPoints;
  for (const rate of [fee, donation]) {
    const isRate = rate === null
      ? account !== null
      : Number.isInteger(rate) && rate >= 0 && rate <= 10_000;
    if (!isRate) return { kind: "refused", why: `${rate} is no rate from 0 to 10000 basis points` };
  }
  const adjustment = await note(
    tx,
    "fee",
    { account, feeBasisPoints: fee, donationBasisPoints: donation, fromMs },
    by,
  );
  await tx.query(
    `INSERT INTO fee_period (account_id, from_ms, fee_basis_points, donation_basis_points, set_at_ms,
       adjustment_id) VALUES ($1, $2, $3, $4, $5, $6)`,
    [account, fromMs, fee, donation, by.nowMs, adjustment],
  );
  return { kind: "set", fromMs };
}
