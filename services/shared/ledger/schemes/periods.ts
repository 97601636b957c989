/**
 * Which scheme is in force when.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { announceSchedule, MINUTE_MS, minuteOf, type ShareScheme } from "../shares/mod.ts";
import { type Decision, note, refused, type SetBy } from "./decisions.ts";

/** A scheme that can be in force. */
export type SchemeName = Exclude<ShareScheme, "coinbase">;

/** What a scheme is run with. */
export interface SchemeParams {
  /** X of PPLNS in thousandths of a unit. Kept by the others too: PPS and FPPS may fall back. */
  readonly windowThousandths: number;
}

export interface SchemePeriod {
  readonly id: number;
  readonly fromMinute: number;
  readonly scheme: SchemeName;
  readonly params: SchemeParams;
  /** The pool fell back to it by itself, because the reserve was below its floor. */
  readonly isFallback: boolean;
}

/** The whole schedule, in the order that {@link schemeAt} wants. */
export async function schemePeriods(tx: Tx): Promise<SchemePeriod[]> {
  return await tx.prepared<SchemePeriod & { [column: string]: unknown }>(
    "scheme_periods",
    `SELECT id, from_minute AS "fromMinute", scheme::text AS scheme, params,
       is_fallback AS "isFallback"
     FROM scheme_period ORDER BY from_minute, id`,
  );
}

/**
 * What is in force in a minute: the last period that has begun by then, of several that begin together the one added
 * last.
 *
 * @param periods As {@link schemePeriods} gives them.
 * @throws {RangeError} Nothing is: the ledger was never given its first.
 */
export function schemeAt(periods: readonly SchemePeriod[], minute: number): SchemePeriod {
  const found = periods.findLast(({ fromMinute }) => fromMinute <= minute);
  if (found === undefined) throw new RangeError(`No scheme is in force in minute ${minute}`);
  return found;
}

/** The first period, from the beginning of time, if there is none yet. */
export async function openSchedule(
  tx: Tx,
  { scheme, params }: Pick<SchemePeriod, "scheme" | "params">,
  nowMs: number,
): Promise<boolean> {
  const made = await tx.query(
    `INSERT INTO scheme_period (from_minute, scheme, params, set_at_ms)
     VALUES (0, $1::scheme, $2, $3) ON CONFLICT DO NOTHING RETURNING id`,
    [scheme, params, nowMs],
  );
  return made.length > 0;
}

/**
 * Has another scheme take effect from a minute on. Stored before that minute begins, so that no share was or will be
 * counted by the one before. In a money transaction, before anything else in it: see `lockShares`.
 *
 * @param change.fromMinute Null: as soon as may be.
 * @returns From when it counts, or why not.
 */
export async function setScheme(
  tx: Tx,
  change: Pick<SchemePeriod, "scheme" | "params"> & { readonly fromMinute: number | null },
  by: SetBy,
): Promise<Decision> {
  const earliest = await earliestMinute(tx, by.nowMs);
  const fromMinute = change.fromMinute ?? earliest;
  if (fromMinute < earliest) return refused("scheme", fromMinute * MINUTE_MS, earliest * MINUTE_MS);
  await add(tx, { ...change, fromMinute, isFallback: false }, by);
  return { kind: "set", fromMs: fromMinute * MINUTE_MS };
}

/** Schemes that pay from the reserve. */
const FROM_RESERVE: ReadonlySet<SchemeName> = new Set(["pps", "fpps"]);

/** Whether anything from a minute on is paid from the reserve: now, or later as the schedule stands. */
export function paysFromReserve(periods: readonly SchemePeriod[], minute: number): boolean {
  return restOf(periods, minute).some(({ scheme }) => FROM_RESERVE.has(scheme));
}

/**
 * Puts PPLNS in the place of PPS and FPPS, from the first minute that may be changed on and in all that was planned for
 * later. In a money transaction, before anything else in it: see `lockShares`.
 *
 * @returns The minute from which it counts; null where nothing was paid from the reserve any more.
 */
export async function fallBack(tx: Tx, by: SetBy): Promise<number | null> {
  if (!paysFromReserve(await schemePeriods(tx), minuteOf(by.nowMs) + 1)) return null;
  const earliest = await earliestMinute(tx, by.nowMs);
  const [now, ...later] = restOf(await schemePeriods(tx), earliest);
  const changed = [{ ...now!, fromMinute: earliest }, ...later]
    .filter(({ scheme }) => FROM_RESERVE.has(scheme));
  for (const { fromMinute, params } of changed) {
    await add(tx, { fromMinute, scheme: "pplns", params, isFallback: true }, by);
  }
  return changed[0]?.fromMinute ?? null;
}

/** The period in force in a minute, and those in force after it. */
function restOf(periods: readonly SchemePeriod[], minute: number): SchemePeriod[] {
  // Of several that begin together the last counts.
  const counting = periods.filter((one, at) => periods[at + 1]?.fromMinute !== one.fromMinute);
  return [schemeAt(counting, minute), ...counting.filter(({ fromMinute }) => fromMinute > minute)];
}

async function earliestMinute(tx: Tx, nowMs: number): Promise<number> {
  return Math.max(await announceSchedule(tx), minuteOf(nowMs) + 1);
}

async function add(tx: Tx, period: Omit<SchemePeriod, "id">, by: SetBy): Promise<void> {
  const { scheme, params, fromMinute, isFallback } = period;
  const adjustment = await note(tx, "scheme", { scheme, params, fromMinute }, by);
  await tx.query(
    `INSERT INTO scheme_period (from_minute, scheme, params, is_fallback, set_at_ms, adjustment_id)
     VALUES ($1, $2::scheme, $3, $4, $5, $6)`,
    [fromMinute, scheme, params, isFallback, by.nowMs, adjustment],
  );
}
