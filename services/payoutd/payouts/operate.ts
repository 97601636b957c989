/**
 * What operators do to payouts. Every act is kept with who and why; what it cannot do now it refuses with a sentence
 * (PayoutRefused), and repeats of the same act change nothing more.
 *
 * @module
 */
import type { Ledger } from "@gopool/ledger";
import {
  type Act,
  approvePayout,
  type AsideAccount,
  asideAccounts,
  cancelPayout,
  latestPayouts,
  type PayoutControl,
  payoutControl,
  type PayoutSummary,
  setPaused,
  type TroubledCoin,
  troubledCoins,
} from "@gopool/ledger/payouts";
import type { PayoutsDeps } from "./deps.ts";
import { type Replaced, replacePayout } from "./replacing.ts";
import { runPayouts, type RunResult } from "./run.ts";

/** Who and why; the time is the clock's. */
export type By = Omit<Act, "atMs">;

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
export function approve({ ledger, clock }: Acting, id: bigint, by: By): Promise<void> {
  return ledger.transaction((tx) => approvePayout(tx, id, { ...by, atMs: clock.now() }), {
    money: true,
  });
}

/** From the moment this resolves nothing is planned, handed to a signer, or sent; a sending under way ends. */
export function pause({ ledger, clock }: Acting, by: By): Promise<void> {
  return ledger.transaction((tx) => setPaused(tx, true, { ...by, atMs: clock.now() }), {
    money: true,
  });
}

export function resume({ ledger, clock }: Acting, by: By): Promise<void> {
  return ledger.transaction((tx) => setPaused(tx, false, { ...by, atMs: clock.now() }), {
    money: true,
  });
}

/** Calls a payment off that no signer has seen, or whose coins all vanished. */
export function cancel({ ledger, clock }: Acting, id: bigint, by: By): Promise<void> {
  return ledger.transaction((tx) => cancelPayout(tx, id, { ...by, atMs: clock.now() }), {
    money: true,
  });
}

/** Replaces a payment by one with a higher fee, or without its vanished coins. `feeRate`: satoshis per 1000 vB. */
export function bump(
  deps: PayoutsDeps,
  id: bigint,
  feeRate: bigint,
  by: By,
  signal: AbortSignal,
): Promise<Replaced> {
  return replacePayout(deps, id, feeRate, { ...by, atMs: deps.clock.now() }, signal);
}
