/**
 * payoutd: shares and blocks into balances, balances into payments. Several may run: all of them apply shares, one keeps
 * the rest of the books.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import { type Network, scriptOfAddress } from "@gopool/chain";
import { type Ledger, notInForce, openFees, openSchedule, type SchemeName } from "@gopool/ledger";
import { oldestUnsettledMs } from "@gopool/ledger/blocks";
import { minuteOf } from "@gopool/ledger/shares";
import { spokenFor } from "@gopool/ledger/snapshots";
import { noteTerms } from "@gopool/ledger/terms";
import { firstAnswer, type Nodes, NodeUnavailable } from "@gopool/node";
import {
  type Clock,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  runTogether,
  type Service,
  type StatusBoard,
  supervise,
} from "@gopool/runtime";
import { JOB_MAX_LIFE_MS } from "@gopool/shares";
import { createCheckpointer } from "./books/checkpointer.ts";
import { createBlocks, PoolScripts, unreadFound } from "./blocks/mod.ts";
import { createKeeper } from "./keeper.ts";
import { payoutdMetrics } from "./metrics.ts";
import { payeesBy } from "./payees.ts";
import {
  createPayouts,
  payoutListener,
  type PayoutsDeps,
  type PayoutSettings,
} from "./payouts/mod.ts";
import { createFeeListener, createPpsBooker } from "./pps/mod.ts";
import { createMinuteCloser, createShareKeeper, type MinuteCloserDeps } from "./shares/mod.ts";
import type { Signer } from "./signing/port.ts";
import { createSnapshots, type SnapshotDeps } from "./snapshots/keeper.ts";

/** What the settings come to. Amounts are satoshi. */
export interface PayoutdSettings {
  readonly pool: string;
  /** Canonical; where the pool's coinbases pay to. */
  readonly poolAddress: string;
  readonly formerAddresses: readonly string[];
  /** Of the ledger's first schedule; later ones are an operator's. */
  readonly scheme: SchemeName;
  readonly windowThousandths: number;
  readonly feeBasisPoints: number;
  readonly donationBasisPoints: number;
  readonly reserveFloor: bigint;
  readonly maturity: number;
  /** Least threshold that a miner may choose. */
  readonly leastThresholdSats: bigint;
  readonly payouts: Omit<PayoutSettings, "changeScript" | "maturity">;
  /** How long a changed payout address waits before it counts. */
  readonly addressDelayMs: number;
  /** Null: coinbases pay the pool, or the finder, and no window. */
  readonly coinbaseSplit: { readonly minSats: bigint; readonly maxOutputs: number } | null;
}

export interface PayoutdDeps {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly nodes: Nodes;
  /** Null: nobody signs, nothing is paid out. */
  readonly signer: Signer | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly network: Network;
  readonly settings: PayoutdSettings;
  readonly metrics?: Metrics;
}

export function createPayoutd(deps: PayoutdDeps): Service {
  const { metrics = noMetrics, settings: { reserveFloor } } = deps;
  payoutdMetrics({ ...deps, metrics, reserveFloor });
  return {
    name: "payoutd",
    async run(signal) {
      await openBooks(deps);
      await runTogether(signal, ...partsOf(deps).map((part) => supervise(part, deps).run));
    },
  };
}

/** What payouts may touch, of a payoutd that pays or of one that is asked. */
export function payoutsDepsOf(deps: PayoutdDeps): PayoutsDeps {
  const { bus, network, settings } = deps;
  const { maturity, leastThresholdSats } = settings;
  const scripts = scriptsOf(deps);
  const { thresholdSats } = settings.payouts;
  return {
    ...deps,
    settings: { ...settings.payouts, changeScript: scripts[0]!, maturity },
    payeesOf: payeesBy(network, thresholdSats, leastThresholdSats, scripts),
    leftOut: (tx, nowMs) => spokenFor(tx, nowMs - JOB_MAX_LIFE_MS),
    unreadBlocks: () => unreadFound(bus),
  };
}

function partsOf(deps: PayoutdDeps): readonly Service[] {
  const { bus, network, settings } = deps;
  const { pool } = settings;
  const payouts = payoutsDepsOf(deps);
  const blocks = createBlocks({
    ...deps,
    pool,
    scripts: new PoolScripts(scriptsOf(deps)),
    maturity: settings.maturity,
    listeners: [payoutListener(payouts), createFeeListener(network)],
  });
  const keeper = createKeeper(deps, [
    createMinuteCloser({ ...deps, unsettled: unsettledIn(bus) }),
    ...blocks.keeper,
    createPpsBooker({ ...deps, reserveFloor: settings.reserveFloor }),
    createPayouts(payouts),
    ...snapshots(),
    createCheckpointer(deps),
  ]);
  return [
    createShareKeeper({ ...deps, books: { pool, network } }),
    blocks.taker,
    keeper,
  ];

  function snapshots(): Service[] {
    const { coinbaseSplit: bounds } = settings;
    if (bounds === null) return [];
    const { payeesOf } = payouts;
    return [createSnapshots({ ...deps, pool, bounds, payeesOf, tipHeight: tipHeightOf(deps) })];
  }
}

/** Gives an empty ledger its first schedule; one that has any keeps it, and what the settings say otherwise is told. */
async function openBooks({ ledger, clock, log, settings }: PayoutdDeps): Promise<void> {
  const { scheme, windowThousandths, feeBasisPoints, donationBasisPoints } = settings;
  const { leastThresholdSats, addressDelayMs, maturity, payouts } = settings;
  const params = { windowThousandths };
  const rates = { feeBasisPoints, donationBasisPoints };
  const others = await ledger.transaction(async (tx) => {
    await openSchedule(tx, { scheme, params }, clock.now());
    await openFees(tx, rates, clock.now());
    await noteTerms(tx, {
      thresholdSats: payouts.thresholdSats,
      leastThresholdSats,
      addressDelayMs,
      maturity,
      feePayer: payouts.feePayer,
    }, clock.now());
    return await notInForce(tx, { scheme, params, ...rates }, clock.now());
  });
  for (const sentence of others) log.warn(sentence);
}

/** The pool's script first, then those it had before. */
export function scriptsOf(
  { network, settings }: Pick<PayoutdDeps, "network" | "settings">,
): Uint8Array[] {
  const { poolAddress, formerAddresses } = settings;
  return [poolAddress, ...formerAddresses].map((address) => scriptOfAddress(address, network));
}

/** Until block.found is read to its end nobody knows which minutes a block may still need. */
function unsettledIn(bus: Bus): MinuteCloserDeps["unsettled"] {
  return async (tx) => {
    if (await unreadFound(bus) > 0) return { kind: "unknown" };
    const ms = await oldestUnsettledMs(tx);
    return ms === null ? { kind: "none" } : { kind: "since", minute: minuteOf(ms) };
  };
}

/** What a node says of its chain; null while none does. */
function tipHeightOf({ nodes }: PayoutdDeps): SnapshotDeps["tipHeight"] {
  return async (signal) => {
    try {
      return (await firstAnswer(nodes, (node) => node.chain(signal), signal))?.height ?? null;
    } catch (error) {
      if (error instanceof NodeUnavailable && !signal.aborted) return null;
      throw error;
    }
  };
}
