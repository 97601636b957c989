/**
 * The reserve that PPS and FPPS pay from.
 *
 * @module
 */
import { MATURE, ownAccounts, post } from "../books.ts";
import type { Tx } from "../port.ts";
import { note, type SetBy } from "./decisions.ts";

/** What the reserve holds; below zero where more was paid than was there. */
export interface Reserve {
  /** Of blocks that are not mature. */
  readonly immature: bigint;
  readonly mature: bigint;
}

export async function reserveOf(tx: Tx): Promise<Reserve> {
  const [row] = await tx.prepared<{ immature: bigint; mature: bigint }>(
    "reserve",
    `SELECT coalesce(sum(sats) FILTER (WHERE bucket = 0), 0) AS immature,
       coalesce(sum(sats) FILTER (WHERE bucket = 1), 0) AS mature
     FROM balance JOIN account ON id = account_id WHERE kind = 'reserve'`,
  );
  return row!;
}

/**
 * Gives the reserve what the operator has put into the wallet (a deposited coin is owed to the account `operator` until
 * then), or takes out of it what is to be the operator's again. In a money transaction.
 *
 * @param sats Below zero: out of the reserve.
 * @returns Null when it is done, or why not, as a sentence.
 */
export async function moveReserve(tx: Tx, sats: bigint, by: SetBy): Promise<string | null> {
  if (sats === 0n) return "There is nothing to move";
  const { mature } = await reserveOf(tx);
  if (sats < 0n && mature + sats < 0n) {
    return `The reserve has ${mature} mature sats: ${-sats} cannot be taken out`;
  }
  const adjustmentId = await note(tx, "reserve", { sats: String(sats) }, by);
  const { reserve, operator } = await ownAccounts(tx);
  await post(tx, "reserve", { adjustmentId }, [
    { account: operator, bucket: MATURE, sats: -sats },
    { account: reserve, bucket: MATURE, sats },
  ], by.nowMs);
  return null;
}
