/**
 * Keeps reward.split fresh: every now and then the window as it stands becomes a snapshot in the ledger, and then the
 * outputs of the next coinbases.
 *
 * @module
 */
import { type Bus, rewardSplit } from "@gopool/bus";
import { concat, type Network, subsidyAt, u32le } from "@gopool/chain";
import { accountsOf, type Ledger, MATURE, type Tx } from "@gopool/ledger";
import { claimsAt } from "@gopool/ledger/blocks";
import { splitBlock } from "@gopool/ledger/rewards";
import { schemeAt, schemePeriods } from "@gopool/ledger/schemes";
import { MINUTE_MS, shareBook } from "@gopool/ledger/shares";
import { carriedUnsettled, dropSnapshots, keepSnapshot } from "@gopool/ledger/snapshots";
import { CoinbaseOutputSchema, create, RewardSplitSchema, toBinary } from "@gopool/proto";
import type { Clock, Logger, Random, Service, StatusBoard } from "@gopool/runtime";
import {
  HALVING_AHEAD_BLOCKS,
  SNAPSHOT_AGAIN_MS,
  SNAPSHOT_KEPT_MS,
  SNAPSHOT_LIFE_MS,
  SNAPSHOT_LOOK_MS,
} from "../limits.ts";
import type { PayeesOf } from "../payees.ts";
import { chooseOutputs, type ChosenOutput, type Claimant, type OutputBounds } from "./outputs.ts";

export interface SnapshotDeps {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly pool: string;
  readonly network: Network;
  readonly bounds: OutputBounds;
  /** Height of the best chain's tip; null while no node says. */
  readonly tipHeight: (signal: AbortSignal) => Promise<number | null>;
  /** Payees in force. Accounts that cannot be paid now are left out, and stay owed. */
  readonly payeesOf: PayeesOf;
}

const PART = "payoutd/coinbases";

export function createSnapshots(deps: SnapshotDeps): Service {
  const { clock, log, board } = deps;
  return {
    name: PART,
    async run(signal) {
      let last: Made | null = null;
      while (!signal.aborted) {
        const height = await deps.tipHeight(signal);
        if (height === null) board.set(PART, "degraded", "no node says how high the chain is");
        else {
          const made = await renewed(deps, height, last);
          if (made !== null && made !== last) {
            log.debug("coinbases pay by a new snapshot", { outputs: made.outputs });
            last = made;
          }
          board.set(PART, "ok", last === null ? "nobody to pay yet" : `${last.outputs} outputs`);
        }
        await clock.sleep(SNAPSHOT_LOOK_MS, signal);
      }
    },
  };
}

interface Made {
  /** What it rests on: another one is made when this changes. */
  readonly key: string;
  readonly atMs: number;
  readonly outputs: number;
}

/** Makes a snapshot and publishes it, where the last one will no longer do. Null where there is nobody to pay. */
async function renewed(
  deps: SnapshotDeps,
  height: number,
  last: Made | null,
): Promise<Made | null> {
  const { ledger, bus, clock, random, pool, network } = deps;
  const nowMs = clock.now();
  const value = leastSubsidy(network, height);
  // Late in a test network's life a block may bring fees only, and nobody knows how much.
  if (value === 0n) return null;
  const key = await ledger.transaction((tx) => keyOf(tx, value), { snapshot: true });
  if (last !== null && last.key === key && nowMs - last.atMs < SNAPSHOT_AGAIN_MS) return last;
  const id = concat(...Array.from({ length: 4 }, () => u32le(random.uint32())));
  const expiresAtMs = nowMs + SNAPSHOT_LIFE_MS;
  // No payment is planned meanwhile: it would pay the balances that this carries.
  const made = await ledger.transaction(async (tx) => {
    const found = await chosenAt(tx, deps, value, nowMs);
    if (found === null || found.outputs.length === 0) return null;
    const { minute, outputs } = found;
    await keepSnapshot(tx, { id, minute, value, atMs: nowMs, expiresAtMs }, outputs);
    await dropSnapshots(tx, nowMs - SNAPSHOT_KEPT_MS);
    return outputs;
  }, { money: true });
  if (made === null) return null;
  // Only after it is kept: a block that names a snapshot finds it in the ledger.
  const split = create(RewardSplitSchema, {
    pool,
    snapshotId: id,
    atMs: BigInt(nowMs),
    expiresAtMs: BigInt(expiresAtMs),
    outputs: made.map(({ sats, script }) =>
      create(CoinbaseOutputSchema, {
        amount: { case: "sats", value: sats },
        payee: { case: "script", value: script },
      })
    ),
  });
  const record = { key: new TextEncoder().encode(pool), value: toBinary(RewardSplitSchema, split) };
  await bus.publish(rewardSplit, [record]);
  return { key, atMs: nowMs, outputs: made.length };
}

/** What changes with every minute that closes, and with every block that has paid balances and is not booked. */
async function keyOf(tx: Tx, value: bigint): Promise<string> {
  const { firstOpenMinute } = await shareBook(tx);
  const spoken = [...await carriedUnsettled(tx)].map((entry) => entry.join(":")).sort();
  return [firstOpenMinute, value, ...spoken].join();
}

/** The window as it stands, as outputs; null where no window of PPLNS is in force. */
async function chosenAt(
  tx: Tx,
  { bounds, payeesOf }: SnapshotDeps,
  value: bigint,
  nowMs: number,
): Promise<{ minute: number; outputs: ChosenOutput[] } | null> {
  const { firstOpenMinute: minute } = await shareBook(tx);
  const { scheme, params } = schemeAt(await schemePeriods(tx), minute);
  if (scheme !== "pplns") return null;
  const atMs = minute * MINUTE_MS;
  const question = { scheme, params, minute, minuteBefore: null, atMs, finder: null };
  const claims = await claimsAt(tx, question);
  const credits = splitBlock(value, claims).credits;
  const addresses = credits.map(({ account }) => account);
  const payees = await payeesOf(tx, addresses, nowMs);
  const ids = await accountsOf(tx, addresses);
  const balances = await matureBalances(tx, ids);
  // A block that is found and not yet booked has paid what it carried: it is not carried twice.
  const spoken = await carriedUnsettled(tx);
  const claimants = credits.flatMap(({ account: address, sats: credit }, i): Claimant[] => {
    const payee = payees.get(address);
    if (payee === undefined || typeof payee === "string") return [];
    const account = ids[i]!;
    const balance = (balances.get(account) ?? 0n) - (spoken.get(account) ?? 0n);
    return [{ account, address, credit, balance, ...payee }];
  });
  return { minute, outputs: chooseOutputs(claimants, bounds) };
}

async function matureBalances(tx: Tx, accounts: readonly number[]): Promise<Map<number, bigint>> {
  const rows = await tx.query<{ account_id: number; sats: bigint }>(
    "SELECT account_id, sats FROM balance WHERE bucket = $1 AND account_id = ANY($2::int[])",
    [MATURE, accounts],
  );
  return new Map(rows.map(({ account_id, sats }) => [account_id, sats]));
}

/** What every block of the near future may pay out at least: its subsidy, also across a halving. */
function leastSubsidy(network: Network, height: number): bigint {
  return subsidyAt(network, height + HALVING_AHEAD_BLOCKS);
}
