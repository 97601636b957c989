/**
 * The lock between those who sum shares up and who closes minutes.
 *
 * @module
 */
import type { Tx } from "../port.ts";

/** Advisory locks of two numbers are a space of their own; these are ours in it. */
const SPACE = 0x676f_706f;
const APPLYING = 2;
const KEPT = 3;

/**
 * Held until the transaction ends. Shares are applied under the shared side: many at once, and no minute is closed
 * meanwhile. Minutes are closed, and the schedule of schemes is changed, under the exclusive side.
 *
 * Only what a later statement of the transaction reads is as the lock promises. Whoever takes the exclusive side takes
 * it before writing anything that share keeping writes too (accounts): otherwise the two can wait for each other, and
 * the server ends one of them.
 */
export async function lockShares(tx: Tx, side: "shared" | "exclusive"): Promise<void> {
  await lock(tx, side, APPLYING);
}

/**
 * Held until the transaction ends: who reads slices of minutes takes the shared side, who drops them the exclusive one,
 * so that no minutes vanish between the look at what is kept and the reading.
 */
export async function lockKept(tx: Tx, side: "shared" | "exclusive"): Promise<void> {
  await lock(tx, side, KEPT);
}

async function lock(tx: Tx, side: "shared" | "exclusive", key: number): Promise<void> {
  const name = side === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
  await tx.prepared(`shares_lock_${side}`, `SELECT ${name}($1::int, $2::int)`, [SPACE, key]);
}
