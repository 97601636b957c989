/**
 * How payouts stand, as sentences for the status board: what waits for somebody, and what is wrong.
 *
 * @module
 */
import { displayHash, type Hash } from "@gopool/chain";
import type { AlivePayout, PayoutControl, TroubledCoin } from "@gopool/ledger/payouts";
import type { Health } from "@gopool/runtime";
import type { Run } from "./batches.ts";
import type { RunResult } from "./run.ts";
import type { SignResult } from "./sign.ts";
import { SLOW_MS } from "./limits.ts";

export interface Standing {
  readonly health: Health;
  readonly detail: string;
}

export interface StandingFacts {
  readonly hasSigner: boolean;
  readonly control: PayoutControl;
  readonly alive: readonly AlivePayout[];
  readonly coins: readonly TroubledCoin[];
  /** Null before the first of this process. */
  readonly lastRun: RunResult | null;
  readonly signing: readonly SignResult[];
  readonly nowMs: number;
}

/** Coins and payments named one by one; beyond that their number says enough. */
const NAMED_MAX = 3;

/** Everything that is wrong, or in one sentence that nothing is. */
export function standingOf(facts: StandingFacts): Standing {
  const problems = problemsOf(facts);
  if (problems.length > 0) return { health: "degraded", detail: problems.join(". ") };
  const { alive, lastRun } = facts;
  if (alive.length > 0) {
    const inBlock = alive.filter((one) => one.inBlock).length;
    const onWay = `${alive.length} payouts on their way, ${inBlock} of them in a block`;
    const left = lastRun?.kind === "ran" && lastRun.run.stop === "coins"
      ? `; ${leftOf(lastRun.run)} sats wait for their change`
      : "";
    return { health: "ok", detail: onWay + left };
  }
  if (!facts.hasSigner) return { health: "ok", detail: "nobody signs: nothing is paid out" };
  if (lastRun?.kind === "rested") {
    return { health: "ok", detail: `nothing planned: ${lastRun.why}` };
  }
  return { health: "ok", detail: "nothing is due" };
}

function problemsOf(facts: StandingFacts): string[] {
  const { control, alive, coins, lastRun, signing, nowMs } = facts;
  const problems: string[] = [];
  if (control.paused) {
    const { operator, reason } = control.by!;
    problems.push(`Payouts are paused by ${operator}: ${reason}`);
  }
  for (const { txid, vout, sats, trouble } of coins.slice(0, NAMED_MAX)) {
    problems.push(`Coin ${displayHash(txid as Hash)}:${vout} of ${sats} sats: ${trouble}`);
  }
  if (coins.length > NAMED_MAX) {
    problems.push(`${coins.length - NAMED_MAX} more coins cannot be used`);
  }
  for (const result of signing) {
    if (result.kind === "failed") problems.push(`Payout ${result.id} is not signed: ${result.why}`);
    if (result.kind === "waiting") problems.push(`Payout ${result.id} waits for a signature`);
  }
  for (const payout of alive) problems.push(...problemOf(payout, nowMs));
  if (lastRun?.kind === "ran") {
    const { run, asides } = lastRun;
    const due = `Of ${run.dueSats} sats due ${run.plannedSats} could be planned`;
    if (run.stop === "budget") problems.push(`${due}: the limit of a run or a day ends there`);
    // While payments are on their way their change is, too.
    if (run.stop === "coins" && alive.length === 0) {
      problems.push(`${due}: the coins at hand end there`);
    }
    if (asides.length > 0) problems.push(`${asides.length} accounts are due and cannot be paid`);
  }
  return problems;
}

function leftOf({ dueSats, plannedSats }: Run): bigint {
  return dueSats - plannedSats;
}

function problemOf(payout: AlivePayout, nowMs: number): string[] {
  const { id, state, grossSats, vanished, inBlock, isSigned, sentAtMs, lastAnswer } = payout;
  if (state === "awaiting") {
    return [`Payout ${id} of ${grossSats} sats waits for an operator's yes`];
  }
  if (vanished > 0) {
    return [`Payout ${id} spends ${vanished} coins that vanished: replace or cancel it`];
  }
  if (inBlock || !isSigned) return [];
  if (sentAtMs === null) {
    return lastAnswer === null ? [] : [`Payout ${id} is in no node: ${lastAnswer}`];
  }
  const hours = Math.floor((nowMs - sentAtMs) / 3_600_000);
  return nowMs - sentAtMs > SLOW_MS
    ? [`No block took payout ${id} in ${hours} hours: bump its fee`]
    : [];
}
