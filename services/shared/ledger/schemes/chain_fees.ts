/**
 * What the last blocks of the best chain brought in fees.
 *
 * @module
 */
import type { Tx } from "../port.ts";

/** Blocks kept: more than are ever asked for, and as many as a reorganisation may take back. */
const KEPT = 300;

/** Notes a block's fees: as often as one likes, for the block that is now at its height. */
export async function noteFee(
  tx: Tx,
  { height, hash, fees }: { height: number; hash: Uint8Array; fees: bigint },
): Promise<void> {
  await tx.prepared(
    "chain_fee_note",
    `INSERT INTO chain_fee (height, hash, fees) VALUES ($1, $2, $3)
     ON CONFLICT (height) DO UPDATE SET hash = excluded.hash, fees = excluded.fees`,
    [height, hash, fees],
  );
  await tx.prepared("chain_fee_prune", "DELETE FROM chain_fee WHERE height <= $1", [height - KEPT]);
}

/** Forgets a block that has left the best chain. */
export async function forgetFee(
  tx: Tx,
  { height, hash }: { height: number; hash: Uint8Array },
): Promise<void> {
  await tx.prepared(
    "chain_fee_forget",
    "DELETE FROM chain_fee WHERE height = $1 AND hash = $2",
    [height, hash],
  );
}

/** Fees of the last blocks known, the highest first. */
export async function chainFees(
  tx: Tx,
  limit: number,
): Promise<{ height: number; fees: bigint }[]> {
  return await tx.prepared(
    "chain_fees",
    "SELECT height, fees FROM chain_fee ORDER BY height DESC LIMIT $1",
    [limit],
  );
}
