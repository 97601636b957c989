/** Schemes and rates set by operators: they count from a minute that has not begun. @module */
import { MINUTE_MS, minuteOf, type Tx } from "@gopool/ledger";
import { type Actor, noteAudit } from "@gopool/ledger/audit";
import {
  type Decision,
  feesAt,
  schemeAt,
  type SchemeName,
  type SchemePeriod,
  schemePeriods,
  setFees as putFees,
  setScheme as putScheme,
} from "@gopool/ledger/schemes";
import type { DeskDeps } from "./deps.ts";
import { canonicalMiner, minerId } from "./miners.ts";
import { BadRequest, Refused } from "./refused.ts";

export interface SchemeOrder {
  readonly scheme: SchemeName;
  /** X of PPLNS; null: as it is. */
  readonly windowThousandths: number | null;
  /** Log time, a whole minute; null: as soon as may be. */
  readonly fromMs: number | null;
}

/**
 * Has another scheme take effect.
 *
 * @returns From when it counts, ms since the Unix epoch.
 * @throws {Refused} That minute has begun, or shares of it are counted.
 * @throws {BadRequest} It is no whole minute, too far ahead, or no window that the settings could name.
 */
export async function setScheme(
  { ledger, clock }: DeskDeps,
  { scheme, windowThousandths, fromMs }: SchemeOrder,
  actor: Actor,
): Promise<number> {
  const nowMs = clock.now();
  if (windowThousandths !== null) checkWindow(windowThousandths);
  const fromMinute = fromMs === null ? null : minuteExactly(fromMs, nowMs);
  return await ledger.transaction(async (tx) => {
    const before = schemeAt(await schemePeriods(tx), minuteOf(nowMs));
    const params = { windowThousandths: windowThousandths ?? before.params.windowThousandths };
    const by = { operator: actor.who, reason: actor.reason, nowMs };
    const from = setOr(await putScheme(tx, { scheme, params, fromMinute }, by));
    const after = { scheme, ...params, fromMs: from };
    await noteAudit(tx, actor, { before: facts(before), after }, nowMs);
    return from;
  }, { money: true });
}

export interface FeeOrder {
  /** Of this miner alone; null: the pool's. */
  readonly account: string | null;
  /** Null: as it is. */
  readonly feeBasisPoints: number | null;
  readonly donationBasisPoints: number | null;
  /** Log time, a whole minute; null: as soon as may be. */
  readonly fromMs: number | null;
}

/**
 * Has other rates take effect.
 *
 * @returns From when they count, ms since the Unix epoch.
 * @throws {Refused} That minute has begun, or shares of it are counted.
 * @throws {BadRequest} No rate is named, or a field says what cannot be.
 * @throws {UnknownToBooks} Nobody has mined under that address.
 */
export async function setFees(
  { ledger, network, clock }: DeskDeps,
  { account, feeBasisPoints: fee, donationBasisPoints: donation, fromMs }: FeeOrder,
  actor: Actor,
): Promise<number> {
  const nowMs = clock.now();
  if (fee === null && donation === null) {
    throw new BadRequest("fee_basis_points", "Name the fee, the donation, or both");
  }
  const wanted = fromMs === null ? null : minuteExactly(fromMs, nowMs) * MINUTE_MS;
  return await ledger.transaction(async (tx) => {
    const id = account === null ? null : await minerId(tx, canonicalMiner(account, network));
    const before = await ratesInForce(tx, account, nowMs);
    const given = {
      ...fee === null ? {} : { feeBasisPoints: fee },
      ...donation === null ? {} : { donationBasisPoints: donation },
    };
    const by = { operator: actor.who, reason: actor.reason, nowMs };
    const from = setOr(await putFees(tx, { account: id, ...given, fromMs: wanted }, by));
    const named = account === null ? {} : { account };
    await noteAudit(tx, actor, {
      before: { ...named, ...before },
      after: { ...named, ...given, fromMs: from },
    }, nowMs);
    return from;
  }, { money: true });
}

async function ratesInForce(tx: Tx, account: string | null, nowMs: number) {
  const { pool, own } = await feesAt(tx, nowMs);
  return account === null
    ? pool
    : own.get(account) ?? { feeBasisPoints: null, donationBasisPoints: null };
}

function facts({ scheme, params, fromMinute, isFallback }: SchemePeriod) {
  return { scheme, ...params, fromMs: fromMinute * MINUTE_MS, isFallback };
}

/** X as GOPOOL_PAYOUTD_WINDOW has it: the same bounds. */
const WINDOW_MIN = 100;
const WINDOW_MAX = 1_000_000;

function checkWindow(thousandths: number): void {
  if (thousandths >= WINDOW_MIN && thousandths <= WINDOW_MAX) return;
  throw new BadRequest(
    "window_thousandths",
    `${thousandths} is no window: it must be from ${WINDOW_MIN} (0.1) to ${WINDOW_MAX} (1000)`,
  );
}

/** Nobody plans a rate for longer ahead: it is a time in other units. It also keeps minutes within the books' integers. */
const AHEAD_MAX_MS = 10 * 366 * 86_400_000;

function minuteExactly(ms: number, nowMs: number): number {
  if (ms - nowMs > AHEAD_MAX_MS) {
    throw new BadRequest(
      "from_ms",
      `${ms} is more than ten years ahead: it must be milliseconds since 1970`,
    );
  }
  if (ms % MINUTE_MS === 0) return ms / MINUTE_MS;
  throw new BadRequest("from_ms", `${new Date(ms).toISOString()} is no whole minute`);
}

function setOr(decision: Decision): number {
  if (decision.kind === "refused") throw new Refused(decision.why);
  return decision.fromMs;
}
