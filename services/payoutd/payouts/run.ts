/**
 * Planning: balances and coins read, coins looked at, and payments written with their debits in one money transaction.
 *
 * @module
 */
import { outputWeight } from "@gopool/chain/psbt";
import type { Tx } from "@gopool/ledger";
import { type Actor, noteAudit } from "@gopool/ledger/audit";
import {
  addPayout,
  type Aside,
  dueBalances,
  type FreeCoin,
  freeCoins,
  noteAside,
  noteRun,
  payoutControl,
  plannedSince,
  unsignedPayouts,
} from "@gopool/ledger/payouts";
import { firstAnswer } from "@gopool/node";
import { planRun, type Run } from "./batches.ts";
import { checkCoins, type Checked, type Enough } from "./coins.ts";
import type { PayoutsDeps } from "./deps.ts";
import { eligible } from "./eligible.ts";
import { boundRate, feeOf } from "./fees.ts";
import {
  BATCHES_PER_RUN_MAX,
  DAY_MS,
  INPUTS_WEIGHT_MAX,
  LEAST_DUE_SATS,
  TX_WEIGHT_MAX,
} from "./limits.ts";
import type { DueLine } from "./plan.ts";

export type RunResult =
  | {
    readonly kind: "ran";
    /** Ids of the payments written; none in a preview. */
    readonly payouts: readonly bigint[];
    readonly run: Run;
    readonly asides: readonly Aside[];
    /** Satoshis per 1000 virtual bytes, and whether a node had an estimate. */
    readonly feeRate: bigint;
    readonly estimated: boolean;
  }
  /** Nothing was planned; why, as a sentence. */
  | { readonly kind: "rested"; readonly why: string };

interface Facts {
  readonly rested: string | null;
  readonly lines: readonly DueLine[];
  readonly asides: readonly Aside[];
  readonly coins: readonly FreeCoin[];
  readonly budgetSats: bigint | null;
}

/**
 * Plans what is due now.
 *
 * @param write False: only says what it would do.
 * @param actor Who has it done before its time; kept. Missing: it is time.
 * @throws {NodeUnavailable | LedgerUnavailable} Nothing was written, or everything: safe to do again.
 */
export async function runPayouts(
  deps: PayoutsDeps,
  write: boolean,
  signal: AbortSignal,
  actor?: Actor,
): Promise<RunResult> {
  const { ledger, clock, nodes, settings } = deps;
  const atMs = clock.now();
  const unread = await whileUnread(deps);
  if (unread !== null) return unread;
  const before = await ledger.transaction((tx) => readFacts(deps, tx, atMs), { snapshot: true });
  if (before.rested !== null) return { kind: "rested", why: before.rested };
  const estimate = before.lines.length === 0 ? null : await firstAnswer(
    nodes,
    (node) => node.feeRate(settings.feeTargetBlocks, signal),
    signal,
  );
  const feeRate = boundRate(estimate, settings.fees);
  const checked = await checkCoins(
    deps,
    before.coins,
    wanted(before, settings.maxOutputs, feeRate),
    signal,
    { note: write },
  );

  const finish = (facts: Facts): Omit<RunResult & { kind: "ran" }, "payouts"> => {
    const run = planRun(facts.lines, usable(facts.coins, checked), {
      feeRate,
      feePayer: settings.feePayer,
      changeScript: settings.changeScript,
      maxOutputs: settings.maxOutputs,
      budgetSats: facts.budgetSats,
      leastPartSats: settings.thresholdSats,
    });
    const asides = [...facts.asides, ...run.asides];
    return { kind: "ran", run, asides, feeRate, estimated: estimate !== null };
  };
  if (!write) return { ...finish(before), payouts: [] };
  // The nodes may have been asked for long. In the transaction itself the bus is not asked: others wait for it.
  const news = await whileUnread(deps);
  if (news !== null) return news;
  return await ledger.transaction(async (tx): Promise<RunResult> => {
    // Everything is read again: only now nobody else moves money.
    const facts = await readFacts(deps, tx, atMs);
    if (facts.rested !== null) return { kind: "rested", why: facts.rested };
    const result = finish(facts);
    const payouts: bigint[] = [];
    for (const { lines, inputs, ...amounts } of result.run.plans) {
      const coins = inputs.map(({ id }) => id);
      const { approval: awaiting, feePayer, changeScript } = settings;
      payouts.push(
        await addPayout(tx, {
          ...amounts,
          lines,
          coins,
          feeRate,
          feePayer,
          changeScript,
          awaiting,
          atMs,
        }),
      );
    }
    await noteAside(tx, result.asides, atMs);
    if (actor !== undefined) {
      const { lastRunMs } = await payoutControl(tx);
      const { dueSats, plannedSats } = result.run;
      const after = { lastRunMs: atMs, payouts: payouts.map(String), dueSats, plannedSats };
      await noteAudit(tx, actor, { before: { lastRunMs }, after }, atMs);
    }
    await noteRun(tx, atMs);
    return { ...result, payouts };
  }, { money: true });
}

/**
 * A block that is announced and not read may have paid a balance in its coinbase: paid here as well, it would be paid
 * twice. Jobs that are out still are `leftOut`'s affair.
 */
async function whileUnread({ unreadBlocks }: PayoutsDeps): Promise<RunResult | null> {
  const unread = await unreadBlocks();
  if (unread === 0) return null;
  return {
    kind: "rested",
    why: `${unread} announced blocks are not read yet: their coinbases may have paid balances`,
  };
}

async function readFacts(deps: PayoutsDeps, tx: Tx, atMs: number): Promise<Facts> {
  const { settings, network, payeesOf, leftOut } = deps;
  const rest = (rested: string): Facts => (
    { rested, lines: [], asides: [], coins: [], budgetSats: null }
  );
  if ((await payoutControl(tx)).paused) return rest("payouts are paused");
  const unsigned = await unsignedPayouts(tx);
  if (unsigned > 0) {
    return rest(`${unsigned} planned before wait for an operator or a signature`);
  }
  const balances = await dueBalances(tx, LEAST_DUE_SATS);
  const payees = await payeesOf(tx, balances.map(({ name }) => name), atMs);
  const { thresholdSats } = settings;
  const { lines, asides } = eligible(balances, payees, await leftOut(tx, atMs), {
    network,
    thresholdSats,
  });
  const coins = lines.length === 0 ? [] : await freeCoins(tx);
  const budgetSats = settings.approval ? null : await budget(deps, tx, atMs);
  return { rested: null, lines, asides, coins, budgetSats };
}

/** What an automatic run may debit: the least of its own limit and what the day has left. */
async function budget({ settings }: PayoutsDeps, tx: Tx, atMs: number): Promise<bigint> {
  const { maxRunSats, maxDaySats } = settings;
  const left = maxDaySats - await plannedSince(tx, atMs - DAY_MS);
  const today = left < 0n ? 0n : left;
  return today < maxRunSats ? today : maxRunSats;
}

/** Coins to look at: as many as could be spent, by the heaviest payments. */
function wanted({ lines, budgetSats }: Facts, maxOutputs: number, feeRate: bigint): Enough {
  if (lines.length === 0) return { sats: 0n, payments: 1 };
  const due = lines.reduce((sum, { sats }) => sum + sats, 0n);
  const most = budgetSats !== null && budgetSats < due ? budgetSats : due;
  const outputs = lines.reduce((sum, { script }) => sum + outputWeight(script), 0);
  const payments = Math.min(
    BATCHES_PER_RUN_MAX,
    Math.ceil(lines.length / maxOutputs) + Math.ceil(outputs / (TX_WEIGHT_MAX - INPUTS_WEIGHT_MAX)),
  );
  return { sats: most + feeOf(TX_WEIGHT_MAX, feeRate) * BigInt(payments), payments };
}

function usable(coins: readonly FreeCoin[], checked: Checked): FreeCoin[] {
  return coins.filter(({ id }) => checked.has(id));
}
