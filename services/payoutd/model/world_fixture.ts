/**
 * The ledger's own rules on the real database, one step at a time, in a transaction that is thrown away at the end: what
 * moves money without the services around it. Imported by tests only.
 *
 * @module
 */
import { asHash, canonicalAddress, concat, u32le, VARIANT_POOL, VARIANT_SOLO } from "@gopool/chain";
import {
  accountsOf,
  addSlices,
  closeThrough,
  type Ledger,
  minuteOf,
  movePosition,
  moveReserve as giveReserve,
  openFees,
  openLog,
  openSchedule,
  openShareLog,
  type SchemeName,
  setScheme,
  sharePositions,
  type Tx,
} from "@gopool/ledger";
import {
  blockOf,
  coinbaseOf,
  confirmBlock,
  matureBlock,
  orphanBlock,
  settleBlock,
  takeBlock,
} from "@gopool/ledger/blocks";
import { settlementOf } from "../blocks/settlement.ts";
import { payMinute } from "../pps/pay.ts";

export const MINUTE = 29_500_000;
export const NETWORK = "regtest";
export const SUBSIDY = 5_000_000_000n;
export const WINDOW_THOUSANDTHS = 2_000;
export const FEE = 100;
export const DONATION = 50;
export const MATURITY = 100;

/** P2WPKH of 20 equal bytes. */
export const scriptOf = (n: number) => concat(Uint8Array.of(0, 20), new Uint8Array(20).fill(n));
export const POOL_SCRIPT = scriptOf(0xee);
export const MINERS = [1, 2, 3, 4].map((n) => canonicalAddress(scriptOf(n), NETWORK)!);
export const SCRIPTS = new Map(MINERS.map((name, at) => [name, scriptOf(at + 1)]));

export const hashOf = (n: number, kind: number) =>
  asHash(concat(u32le(n), new Uint8Array(28).fill(kind)));

export const ACT = { operator: "olga", reason: "a try" };

class ThrownAway extends Error {}

/** Runs a history in books of its own, of which nothing is kept. */
export async function inFreshBooks(ledger: Ledger, work: (tx: Tx) => Promise<void>): Promise<void> {
  try {
    await ledger.transaction(async (tx) => {
      await openSchedule(
        tx,
        { scheme: "pplns", params: { windowThousandths: WINDOW_THOUSANDTHS } },
        0,
      );
      await openFees(tx, { feeBasisPoints: FEE, donationBasisPoints: DONATION }, 0);
      const start = { partition: 0, sourceOffset: -1, headerHash: new Uint8Array(), loggedAtMs: 0 };
      const positions = [{ ...start, nextOffset: 0 }];
      await openLog(
        tx,
        { id: "log", busId: "log", beginsAtMs: 0, positions, adjustmentId: null },
        0,
      );
      await work(tx);
      throw new ThrownAway();
    }, { money: true });
  } catch (thrown) {
    if (!(thrown instanceof ThrownAway)) throw thrown;
  }
}

/** How a step may fail: before its commit, or after it, unnoticed. Whoever failed does the step again. */
export type Fault = "none" | "lost" | "unnoticed";

export async function withFault<T>(tx: Tx, fault: Fault, step: () => Promise<T>): Promise<T> {
  if (fault === "lost") {
    await tx.query("SAVEPOINT step");
    await step();
    await tx.query("ROLLBACK TO SAVEPOINT step");
    // Else the step would be done again within it, and no transaction of the ledger has parts.
    await tx.query("RELEASE SAVEPOINT step");
  }
  const done = await step();
  if (fault === "unnoticed") await step();
  return done;
}

export interface Share {
  readonly account: string;
  readonly scheme: SchemeName;
  readonly nbits: number;
  readonly work: bigint;
}

/** A share, applied with its position; applied again it changes nothing. */
export async function applyShare(
  tx: Tx,
  offset: number,
  minute: number,
  share: Share,
): Promise<void> {
  const log = (await openShareLog(tx))!.number;
  const [from] = await sharePositions(tx, log);
  if (from!.sourceOffset >= offset) return;
  const loggedAtMs = minute * 60_000;
  const to = {
    ...from!,
    sourceOffset: offset,
    headerHash: hashOf(offset, 3),
    loggedAtMs,
    nextOffset: offset + 1,
  };
  await movePosition(tx, { log, from: from!, to, shares: 1, foreign: 0 });
  const fromReserve = share.scheme === "pps" || share.scheme === "fpps";
  await addSlices(tx, {
    minutes: [minute],
    schemes: [share.scheme],
    accounts: await accountsOf(tx, [share.account]),
    nbits: [share.nbits],
    subsidies: [fromReserve ? SUBSIDY : 0n],
    shares: [1],
    works: [share.work],
  });
}

export const moveReserve = (tx: Tx, sats: bigint, nowMs: number) =>
  giveReserve(tx, sats, { ...ACT, nowMs });

export interface ModelBlock {
  readonly n: number;
  readonly foundAtMs: number;
  /** Paid by the coinbase itself, less `value - paid`. */
  readonly paid: bigint;
  readonly value: bigint;
  readonly finder: string | null;
  readonly nbits: number;
}

export async function take(tx: Tx, block: ModelBlock): Promise<void> {
  await takeBlock(tx, {
    hash: hashOf(block.n, 1),
    height: 1_000 + block.n,
    foundAtMs: block.foundAtMs,
    nbits: block.nbits,
    origin: "found",
    record: { logId: "log", offset: block.n },
    jobId: "0000000100000001",
    variant: block.paid > 0n ? VARIANT_SOLO : VARIANT_POOL,
    snapshotId: new Uint8Array(),
    finder: block.finder ?? "",
    worker: "",
    gateway: "",
    facts: new Uint8Array(),
    remarks: [],
  }, block.foundAtMs);
}

export async function confirm(
  tx: Tx,
  { n, paid, value, finder }: ModelBlock,
  atMs: number,
): Promise<void> {
  const outputs = [
    { position: 0, sats: value - paid, script: POOL_SCRIPT, isPool: true },
    { position: 1, sats: paid, script: SCRIPTS.get(finder ?? "") ?? POOL_SCRIPT, isPool: false },
  ].filter(({ sats }) => sats > 0n);
  await confirmBlock(tx, hashOf(n, 1), { txid: hashOf(n, 2), outputs }, { confirmations: 1, atMs });
}

export async function settle(tx: Tx, { n, foundAtMs }: ModelBlock, atMs: number): Promise<void> {
  const hash = hashOf(n, 1);
  await closeThrough(tx, minuteOf(foundAtMs) - 1);
  const block = (await blockOf(tx, hash, { lock: true }))!;
  if (block.scheme !== null) return;
  const made = await settlementOf(tx, block, (await coinbaseOf(tx, block))!, 0, NETWORK);
  if ("waits" in made) throw new Error(made.waits);
  await settleBlock(tx, hash, made, atMs);
}

export const mature = (tx: Tx, { n }: ModelBlock, atMs: number) =>
  matureBlock(tx, hashOf(n, 1), { confirmations: MATURITY, atMs });

export const orphan = (tx: Tx, { n }: ModelBlock, atMs: number) =>
  orphanBlock(tx, hashOf(n, 1), { confirmations: -1, atMs });

/** Whether a payment that a block holds spends a coin of this block: then it is deeper than any reorganisation. */
export async function isSpentInChain(tx: Tx, { n }: ModelBlock): Promise<boolean> {
  const rows = await tx.query(
    `SELECT FROM coin JOIN payout_tx USING (payout_id) WHERE coin.block_hash = $1
       AND payout_tx.block_hash IS NOT NULL`,
    [hashOf(n, 1)],
  );
  return rows.length > 0;
}

/** Closes every minute before this one and pays those that are to be paid. */
export async function payMinutes(tx: Tx, minute: number, atMs: number): Promise<void> {
  await closeThrough(tx, minute - 1);
  while ((await payMinute(tx, atMs)).kind === "paid");
}

export const changeScheme = (tx: Tx, scheme: SchemeName, nowMs: number) =>
  setScheme(tx, { scheme, params: { windowThousandths: WINDOW_THOUSANDTHS }, fromMinute: null }, {
    ...ACT,
    nowMs,
  });

/** All balances that are not zero, as the reference names them. */
export async function balancesIn(tx: Tx): Promise<Map<string, bigint>> {
  const rows = await tx.prepared<{ name: string; sats: bigint }>(
    "model_balances",
    `SELECT CASE kind WHEN 'miner' THEN name ELSE kind END || ' ' || bucket AS name, sats
     FROM balance JOIN account ON id = account_id WHERE sats <> 0`,
  );
  return new Map(rows.map(({ name, sats }) => [name, sats]));
}

/** Numbers that a step of a history reads as it needs them. */
export interface Choice {
  readonly a: number;
  readonly b: number;
  readonly work: bigint;
  readonly fault: Fault;
}

/** One of those that fit. */
export function pick<T>(all: readonly T[], at: number, fits: (one: T) => boolean): T | null {
  const fitting = all.filter(fits);
  return fitting.length === 0 ? null : fitting[at % fitting.length]!;
}
