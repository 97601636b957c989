/**
 * Replacements as operators ask for them: with a higher fee, or without coins that vanished.
 *
 * @module
 */
import type { Tx } from "@gopool/ledger";
import { type Actor, noteAudit } from "@gopool/ledger/audit";
import {
  actOf,
  addReplacement,
  freeCoins,
  outputsOf,
  type Payout,
  payoutOf,
  PayoutRefused,
  spenderOfChange,
} from "@gopool/ledger/payouts";
import { checkCoins, type Checked } from "./coins.ts";
import type { PayoutsDeps } from "./deps.ts";
import { feeOf } from "./fees.ts";
import { REPLACEMENT_WEIGHT_MAX } from "./limits.ts";
import { planReplacement } from "./replace.ts";

export interface Replaced {
  readonly attempt: number;
  readonly feeSats: bigint;
  /** What the fee is higher than that of the attempt before. */
  readonly moreSats: bigint;
  /** Coins that were added. */
  readonly added: number;
}

/**
 * Plans a replacement of a payment that no block holds. The payees get what they were to get; what it costs more, the
 * pool pays. It is signed and sent by the loop like any other.
 *
 * @param feeRate Satoshis per 1000 virtual bytes; raised where relaying needs more, never above the operator's bound.
 * @throws {PayoutRefused} Saying why there is none.
 */
export async function replacePayout(
  deps: PayoutsDeps,
  id: bigint,
  feeRate: bigint,
  actor: Actor,
  signal: AbortSignal,
): Promise<Replaced> {
  const { ledger, settings } = deps;
  const spare = await ledger.transaction(async (tx) => {
    await replaceable(tx, id);
    return await freeCoins(tx);
  }, { snapshot: true });
  const checked = await checkCoins(
    deps,
    spare,
    { sats: feeOf(REPLACEMENT_WEIGHT_MAX, settings.fees.max), payments: 1 },
    signal,
  );
  return await ledger.transaction((tx) => replace(deps, tx, id, feeRate, checked, actor), {
    money: true,
  });
}

async function replace(
  { settings, clock }: PayoutsDeps,
  tx: Tx,
  id: bigint,
  feeRate: bigint,
  checked: Checked,
  actor: Actor,
): Promise<Replaced> {
  const atMs = clock.now();
  const payout = await replaceable(tx, id);
  const { attempts, changeScript } = payout;
  const latest = attempts.at(-1)!;
  const kept = latest.inputs.filter(({ vanished }) => !vanished);
  if (kept.length === 0) refuse(id, "all of its coins vanished. Cancel it instead");
  const { fees } = settings;
  if (feeRate > fees.max) refuse(id, `the highest rate allowed is ${fees.max}`);
  const more = (await freeCoins(tx)).filter((coin) => checked.has(coin.id));
  const found = planReplacement(
    outputsOf(payout, { changeSats: 0n }),
    kept,
    more,
    attempts,
    { feeRate, feeRateMax: fees.max, changeScript },
  );
  if (typeof found === "string") refuse(id, found);
  const { inputs, changeSats, feeSats, weight } = found;
  const reason = kept.length < latest.inputs.length ? "input-gone" : "fee";
  const coins = inputs.map((coin) => coin.id);
  const attempt = await addReplacement(
    tx,
    payout,
    reason,
    { coins, feeRate, feeSats, changeSats, weight },
    actOf(actor, atMs),
  );
  await noteAudit(tx, actor, {
    before: { payout: id, attempt: attempts.length - 1, feeSats: latest.feeSats },
    after: { payout: id, attempt, feeRate, feeSats },
  }, atMs);
  return {
    attempt,
    feeSats,
    moreSats: feeSats - latest.feeSats,
    added: inputs.length - kept.length,
  };
}

async function replaceable(tx: Tx, id: bigint): Promise<Payout> {
  const payout = await payoutOf(tx, id);
  if (payout === null) return refuse(id, "there is none");
  const { state, attempts } = payout;
  if (state !== "signed" && state !== "broadcast") {
    if (state !== "planned" || attempts[0]!.handedAtMs === null) refuse(id, `it is ${state}`);
  }
  if (attempts.some(({ block }) => block !== null)) refuse(id, "a block holds it");
  // A replacement makes other change: what spends the old one could never be confirmed.
  const child = await spenderOfChange(tx, id);
  if (child !== null) refuse(id, `payout ${child} spends its change`);
  return payout;
}

function refuse(id: bigint, why: string): never {
  throw new PayoutRefused(`Cannot replace payout ${id}: ${why}`);
}
