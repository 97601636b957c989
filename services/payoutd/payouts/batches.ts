/**
 * A run: payments until everybody due is paid, or the budget or the coins end. Pure.
 *
 * @module
 */
import type { Aside } from "@gopool/ledger/payouts";
import { BATCHES_PER_RUN_MAX } from "./limits.ts";
import {
  type DueLine,
  type Plan,
  type PlanCoin,
  planPayment,
  type PlanRules,
  type Stop,
} from "./plan.ts";

export interface Run {
  readonly plans: readonly Plan[];
  /** Why some were left for later. */
  readonly stop: Stop;
  readonly asides: readonly Aside[];
  /** What the lines come to, and what of it is planned. */
  readonly dueSats: bigint;
  readonly plannedSats: bigint;
}

export function planRun(
  lines: readonly DueLine[],
  coins: readonly PlanCoin[],
  rules: PlanRules,
): Run {
  const plans: Plan[] = [];
  const asides: Aside[] = [];
  let plannedSats = 0n;
  let leftLines = lines;
  let leftCoins = coins;
  let stop: Stop = null;
  while (leftLines.length > 0 && plans.length < BATCHES_PER_RUN_MAX) {
    const { budgetSats } = rules;
    const planned = planPayment(leftLines, leftCoins, {
      ...rules,
      budgetSats: budgetSats === null ? null : budgetSats - plannedSats,
    });
    stop = planned.stop;
    for (const { account } of planned.dust) {
      asides.push({ account, reason: "its share of the network fee would leave dust" });
    }
    const { plan } = planned;
    if (plan === null) break;
    plans.push(plan);
    plannedSats += plan.lines.reduce((sum, { grossSats }) => sum + grossSats, 0n);
    if (stop !== "full") break;
    const done = new Set([...plan.lines, ...planned.dust].map(({ account }) => account));
    const spent = new Set(plan.inputs.map(({ id }) => id));
    leftLines = leftLines.filter(({ account }) => !done.has(account));
    leftCoins = leftCoins.filter(({ id }) => !spent.has(id));
  }
  const dueSats = lines.reduce((sum, { sats }) => sum + sats, 0n);
  return { plans, stop, asides, dueSats, plannedSats };
}
