/**
 * The lock between those who sum shares up and who closes minutes.
 *
 * @module
 */
import type { Tx } from "../port.ts";

/** Advisory locks of two numbers are a space of their own; this is ours in it. */
const LOCK = [0x676f_706f, 2];

/**
 * Held until the transaction ends. Shares are applied under the shared side: many at once, and no minute is closed
 * meanwhile. Minutes are closed, and the schedule of schemes is changed, under the exclusive side.
 *
 * Only what a later statement of the transaction reads is as the lock promises. Whoever takes the exclusive side takes
 * it before writing anything that share keeping writes too (accounts): otherwise the two can wait for each other, and
 * the server ends one of them.
 */
export async function lockShares(tx: Tx, side: "shared" | "exclusive"): Promise<void> {
  const name = side === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
  await tx.prepared(`shares_lock_${side}`, `SELECT ${name}($1::int, $2::int)`, LOCK);
}
