/**
 * What operators say to payouts: pause, go on. Each act is kept with who and why, for good.
 *
 * @module
 */
import type { Actor } from "../audit/mod.ts";
import type { Tx } from "../port.ts";

/** Who does something by hand, and why. Neither may be empty. */
export interface Act {
  readonly operator: string;
  readonly reason: string;
  /** Ms since the Unix epoch. */
  readonly atMs: number;
}

/** An actor's act: the half of it that `adjustment` keeps. */
export function actOf({ who, reason }: Pick<Actor, "who" | "reason">, atMs: number): Act {
  return { operator: who, reason, atMs };
}

/** Keeps an operator's act. @returns The adjustment's id. */
export async function noteAct(
  tx: Tx,
  kind: string,
  { operator, reason, atMs }: Act,
  detail: Readonly<Record<string, string | number>> = {},
): Promise<bigint> {
  const [row] = await tx.query<{ id: bigint }>(
    `INSERT INTO adjustment (kind, operator, reason, detail, at_ms) VALUES ($1, $2, $3, $4, $5)
     RETURNING id`,
    [kind, operator, reason, detail, atMs],
  );
  return row!.id;
}

export interface PayoutControl {
  readonly paused: boolean;
  /** Who said so last, and why; null as long as nobody has. */
  readonly by: { readonly operator: string; readonly reason: string } | null;
  readonly sinceMs: number;
  readonly lastRunMs: number;
}

export async function payoutControl(tx: Tx): Promise<PayoutControl> {
  const [row] = await tx.prepared<{
    paused: boolean;
    operator: string | null;
    reason: string | null;
    since_ms: bigint;
    last_run_ms: bigint;
  }>(
    "payout_control",
    `SELECT paused, operator, reason, since_ms, last_run_ms FROM payout_control
     LEFT JOIN adjustment ON adjustment.id = adjustment_id`,
  );
  const { paused, operator, reason, since_ms, last_run_ms } = row!;
  return {
    paused,
    by: operator === null ? null : { operator, reason: reason! },
    sinceMs: Number(since_ms),
    lastRunMs: Number(last_run_ms),
  };
}

/** Nothing is planned, signed or sent while paused. What was sent before is on its way. In a money transaction. */
export async function setPaused(tx: Tx, paused: boolean, act: Act): Promise<void> {
  const id = await noteAct(tx, paused ? "payout_pause" : "payout_resume", act);
  await tx.query(
    "UPDATE payout_control SET paused = $1, adjustment_id = $2, since_ms = $3",
    [paused, id, act.atMs],
  );
}

export async function noteRun(tx: Tx, atMs: number): Promise<void> {
  await tx.prepared("payout_ran", "UPDATE payout_control SET last_run_ms = $1", [atMs]);
}
