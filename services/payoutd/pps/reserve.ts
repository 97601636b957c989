/**
 * How the reserve stands that PPS and FPPS pay from, and falling back to PPLNS when it is too low.
 *
 * @module
 */
import { type Network, subsidyAt } from "@gopool/chain";
import { MINUTE_MS, minuteOf, type Tx } from "@gopool/ledger";
import {
  chainFees,
  fallBack,
  feesAt,
  paysFromReserve,
  type Reserve,
  reserveOf,
  schemeAt,
  type SchemePeriod,
  schemePeriods,
} from "@gopool/ledger/schemes";
import { expectedFees, FEE_BLOCKS, ruinProbability } from "@gopool/ledger/rewards";

export interface ReserveStanding extends Reserve {
  /** What is in force now. */
  readonly period: SchemePeriod;
  /** Whether anything is paid from the reserve, now or later as the schedule stands. */
  readonly isNeeded: boolean;
  readonly floor: bigint;
  /**
   * The chance that it is ever empty if all goes on as it is, from 0 to 1, for people to look at; null where it is not
   * needed, or no block's value is known.
   */
  readonly ruin: number | null;
}

export async function reserveStanding(
  tx: Tx,
  { network, floor, nowMs }: { network: Network; floor: bigint; nowMs: number },
): Promise<ReserveStanding> {
  const periods = await schemePeriods(tx);
  const minute = minuteOf(nowMs);
  const period = schemeAt(periods, minute);
  const reserve = await reserveOf(tx);
  const isNeeded = paysFromReserve(periods, minute);
  const blocks = await chainFees(tx, FEE_BLOCKS);
  const [tip] = blocks;
  const ruin = tip === undefined || !isNeeded ? null : ruinProbability({
    reserve: reserve.immature + reserve.mature,
    blockValue: subsidyAt(network, tip.height) + expectedFees(blocks.map(({ fees }) => fees)),
    feeBasisPoints: (await feesAt(tx, nowMs)).pool.feeBasisPoints,
  });
  return { ...reserve, period, isNeeded, floor, ruin };
}

/**
 * Falls back to PPLNS where the reserve, with what is not mature of it, is below its floor. In a money transaction,
 * before anything else in it.
 *
 * @returns Log time, ms, from which PPLNS is in force; null where all is well, or nothing is paid from the reserve.
 */
export async function guardReserve(tx: Tx, floor: bigint, nowMs: number): Promise<number | null> {
  const { immature, mature } = await reserveOf(tx);
  const sats = immature + mature;
  if (sats >= floor) return null;
  const minute = await fallBack(tx, {
    operator: "payoutd",
    reason: `the reserve holds ${sats} sats, its floor is ${floor}`,
    nowMs,
  });
  return minute === null ? null : minute * MINUTE_MS;
}
