/**
 * Payments by the ledger's own rules, one step at a time: planned, signed by nobody, in a chain of no proof. Imported by
 * tests only.
 *
 * @module
 */
import {
  compactSize,
  concatAll,
  decodeTransaction,
  type Transaction,
  u32le,
  u64le,
} from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import {
  addPayout,
  approvePayout,
  cancelPayout,
  dueBalances,
  freeCoins,
  handAttempt,
  noteBlock,
  noteBlockGone,
  noteSent,
  outputsOf,
  payoutOf,
  storeSigned,
  unsignedPayouts,
} from "@gopool/ledger/payouts";
import { planRun } from "../payouts/batches.ts";
import { ACT, hashOf, MATURITY, POOL_SCRIPT, SCRIPTS } from "./world_fixture.ts";

export const THRESHOLD = 50_000n;
export const CONFIRMATIONS = 2;

export interface PlannedLine {
  readonly name: string;
  readonly gross: bigint;
}

export interface PlannedPayout {
  readonly id: bigint;
  readonly awaiting: boolean;
  readonly lines: readonly PlannedLine[];
  /** What the pool pays of the network fee. */
  readonly poolFee: bigint;
}

export interface PlanChoice {
  readonly feeRate: bigint;
  readonly feePayer: "pool" | "shared";
  readonly awaiting: boolean;
  readonly maxOutputs: number;
  readonly budgetSats: bigint | null;
}

/** One run, as the service makes it: nothing is planned while something waits for a signature. */
export async function plan(tx: Tx, choice: PlanChoice, atMs: number): Promise<PlannedPayout[]> {
  if (await unsignedPayouts(tx) > 0) return [];
  const { awaiting, ...rules } = choice;
  const due = await dueBalances(tx, THRESHOLD);
  const lines = due.map((one) => ({ ...one, script: SCRIPTS.get(one.name)! }));
  const { plans } = planRun(lines, await freeCoins(tx), {
    ...rules,
    changeScript: POOL_SCRIPT,
    leastPartSats: THRESHOLD,
  });
  const made: PlannedPayout[] = [];
  for (const { inputs, ...planned } of plans) {
    const coins = inputs.map(({ id }) => id);
    const { feeRate, feePayer } = rules;
    const id = await addPayout(tx, {
      ...planned,
      coins,
      feeRate,
      feePayer,
      changeScript: POOL_SCRIPT,
      awaiting,
      atMs,
    });
    const shared = planned.lines.reduce((sum, { feeSats }) => sum + feeSats, 0n);
    const paid = planned.lines.map(({ name, grossSats: gross }) => ({ name, gross }));
    made.push({ id, awaiting, lines: paid, poolFee: planned.feeSats - shared });
  }
  return made;
}

export async function approve(tx: Tx, id: bigint, atMs: number): Promise<void> {
  if ((await payoutOf(tx, id))!.state === "awaiting") await approvePayout(tx, id, { ...ACT, atMs });
}

export async function cancel(tx: Tx, id: bigint, atMs: number): Promise<void> {
  if ((await payoutOf(tx, id))!.state !== "cancelled") await cancelPayout(tx, id, { ...ACT, atMs });
}

/** Handed to a signer, signed (by nobody), stored, and taken by a node. */
export async function send(tx: Tx, id: bigint, atMs: number): Promise<void> {
  const payout = (await payoutOf(tx, id))!;
  const attempt = payout.attempts[0]!;
  await handAttempt(tx, id, 0, atMs);
  const raw = concatAll([
    u32le(2),
    compactSize(attempt.inputs.length),
    ...attempt.inputs.flatMap((
      { txid, vout },
    ) => [txid, u32le(vout), compactSize(0), u32le(0xffff_fffd)]),
    ...(({ length }) => [compactSize(length)])(outputsOf(payout, attempt)),
    ...outputsOf(payout, attempt).flatMap((
      { sats, script },
    ) => [u64le(sats), compactSize(script.length), script]),
    u32le(0),
  ]);
  const { txid } = decodeTransaction(raw);
  await storeSigned(tx, id, 0, { txid, raw }, atMs);
  await noteSent(tx, id, 0, { taken: true, words: "accepted" }, atMs);
}

/** The stored transaction, if everything that it spends can be spent now; else null. */
export async function minable(tx: Tx, id: bigint): Promise<Transaction | null> {
  const { attempts: [attempt] } = (await payoutOf(tx, id))!;
  if (attempt!.raw === null || attempt!.inputs.some(({ state }) => state !== "mature")) return null;
  return decodeTransaction(attempt!.raw);
}

/** A block of the chain as payments see it: its number, which no other has, and its height. */
export interface ChainLink {
  readonly n: number;
  readonly height: number;
}

/** @throws {Error} A coin of ours was spent by what is no payment of ours. */
export async function connect(
  tx: Tx,
  { n, height }: ChainLink,
  transactions: readonly Transaction[],
  atMs: number,
): Promise<void> {
  const rules = { confirmations: CONFIRMATIONS, maturity: MATURITY };
  const block = { height, hash: hashOf(n, 4), atMs, transactions };
  const { alarms } = await noteBlock(tx, block, rules);
  if (alarms.length > 0) throw new Error(alarms.join("; "));
}

export const disconnect = (tx: Tx, { n, height }: ChainLink, atMs: number) =>
  noteBlockGone(tx, { height, hash: hashOf(n, 4), atMs });
