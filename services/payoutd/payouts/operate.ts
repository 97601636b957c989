/**
 * What operators do to payouts. Every act is kept with who and why, and its row of audit in the same transaction; what
 * it cannot do now it refuses with a sentence (PayoutRefused), and repeats of the same act change nothing more.
 *
 * @module
 */
import type { Ledger, Tx } from "@gopool/ledger";
import { type Actor, noteAudit } from "@gopool/ledger/audit";
import {
  type Act,
  actOf,
  approvePayout,
  type AsideAccount,
  asideAccounts,
  cancelPayout,
  latestPayouts,
  type Payout,
  type PayoutControl,
  payoutControl,
  payoutOf,
  PayoutRefused,
  type PayoutSummary,
  setPaused,
  type TroubledCoin,
  troubledCoins,
} from "@gopool/ledger/payouts";
import type { PayoutsDeps } from "./deps.ts";
import { type Replaced, replacePayout } from "./replacing.ts";
import { runPayouts, type RunResult } from "./run.ts";

export interface PayoutsList {
  readonly control: PayoutControl;
  /** Newest first. */
  readonly payouts: readonly PayoutSummary[];
  readonly asides: readonly AsideAccount[];
  readonly coins: readonly TroubledCoin[];
}

export function listPayouts(ledger: Ledger, limit: number): Promise<PayoutsList> {
  return ledger.transaction(async (tx) => ({
    control: await payoutControl(tx),
    payouts: await latestPayouts(tx, limit),
    asides: await asideAccounts(tx, limit),
    coins: await troubledCoins(tx),
  }), { snapshot: true });
}

/** What a run would plan now; writes nothing. */
export function previewPayouts(deps: PayoutsDeps, signal: AbortSignal): Promise<RunResult> {
  return runPayouts(deps, false, signal);
}

type Acting = Pick<PayoutsDeps, "ledger" | "clock">;

/** The yes to a payment that awaits it. */
export function approve(deps: Acting, id: bigint, actor: Actor): Promise<void> {
  return stepped(deps, id, actor, approvePayout);
}

/** Calls a payment off that no signer has seen, or whose coins all vanished. */
export function cancel(deps: Acting, id: bigint, actor: Actor): Promise<void> {
  return stepped(deps, id, actor, cancelPayout);
}

function stepped(
  { ledger, clock }: Acting,
  id: bigint,
  actor: Actor,
  step: (tx: Tx, id: bigint, act: Act) => Promise<void>,
): Promise<void> {
  const atMs = clock.now();
  return ledger.transaction(async (tx) => {
    const before = await payoutOf(tx, id);
    await step(tx, id, actOf(actor, atMs));
    const after = await payoutOf(tx, id);
    await noteAudit(tx, actor, { before: factsOf(before!), after: factsOf(after!) }, atMs);
  }, { money: true });
}

function factsOf({ id, state, grossSats }: Payout) {
  return { payout: id, state, grossSats };
}

/**
 * From the moment this resolves nothing is planned, handed to a signer, or sent; a sending under way ends.
 *
 * @returns Whether they were paused before.
 */
export function pause(deps: Acting, actor: Actor): Promise<boolean> {
  return setPausedBy(deps, true, actor);
}

/** @returns Whether they were paused before. */
export function resume(deps: Acting, actor: Actor): Promise<boolean> {
  return setPausedBy(deps, false, actor);
}

function setPausedBy({ ledger, clock }: Acting, paused: boolean, actor: Actor): Promise<boolean> {
  const atMs = clock.now();
  return ledger.transaction(async (tx) => {
    const before = await payoutControl(tx);
    await setPaused(tx, paused, actOf(actor, atMs));
    await noteAudit(tx, actor, { before: { ...before }, after: { paused } }, atMs);
    return before.paused;
  }, { money: true });
}

/**
 * Plans what is due now, before its time. Signed and sent by the loop.
 *
 * @throws {PayoutRefused} Nobody would sign it.
 */
export async function runNow(
  deps: PayoutsDeps,
  actor: Actor,
  signal: AbortSignal,
): Promise<RunResult> {
  if (deps.signer === null) {
    throw new PayoutRefused("Nobody signs (GOPOOL_PAYOUTD_SIGNER=none): nothing is planned");
  }
  return await runPayouts(deps, true, signal, actor);
}

/** Replaces a payment by one with a higher fee, or without its vanished coins. `feeRate`: satoshis per 1000 vB. */
export function bump(
  deps: PayoutsDeps,
  id: bigint,
  feeRate: bigint,
  actor: Actor,
  signal: AbortSignal,
): Promise<Replaced> {
  return replacePayout(deps, id, feeRate, actor, signal);
}
