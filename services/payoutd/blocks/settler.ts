/**
 * Splits blocks that are on the chain, each in one money transaction: minutes closed, split stored, money booked.
 *
 * @module
 */
import { displayHash, type Hash } from "@gopool/chain";
import { LedgerUnavailable, type Tx } from "@gopool/ledger";
import {
  type Block,
  blockOf,
  coinbaseOf,
  noteWaiting,
  openingOf,
  settleBlock,
  unsettledBlocks,
} from "@gopool/ledger/blocks";
import { closeThrough, minuteOf } from "@gopool/ledger/shares";
import type { Service } from "@gopool/runtime";
import { appliedBefore, judgedBefore, type Proof } from "../shares/mod.ts";
import type { BlocksDeps } from "./deps.ts";
import { SETTLE_AFTER_MS, SETTLE_EVERY_MS, SETTLE_LATE_MS, SETTLE_MAX } from "./limits.ts";
import { restsOnShares, settlementOf } from "./settlement.ts";
import { tellTroubles } from "./tell.ts";

type SettlerDeps = Omit<
  BlocksDeps,
  "nodes" | "random" | "pool" | "listeners" | "maturity" | "scripts"
>;

export interface Settler extends Service {
  /** Settles what can be settled now. @returns How many were. */
  settle(signal: AbortSignal): Promise<number>;
}

const PART = "payoutd/settle";
const PART_WAITING = "payoutd/blocks to settle";

export function createSettler(deps: SettlerDeps): Settler {
  const { ledger, clock, board, bus } = deps;
  // A proof that was had stays one: asked anew each time, for where share.valid ends by then, who is always a little
  // behind would never have applied it all.
  const kept = new Map<number, Proof>();
  const settle = async (signal: AbortSignal) => {
    const nowMs = clock.now();
    const untilMs = nowMs - SETTLE_AFTER_MS;
    const blocks = await ledger.transaction((tx) => unsettledBlocks(tx, untilMs, SETTLE_MAX));
    const proofs = await stillGood(kept, bus, blocks);
    const late: string[] = [];
    let settled = 0;
    for (const block of blocks) {
      if (signal.aborted) break;
      const waits = await settleOne(deps, block, proofs);
      if (waits === null) settled++;
      else if (nowMs - block.foundAtMs > SETTLE_LATE_MS) {
        late.push(`${nameOf(block)} waits: ${waits}`);
      }
    }
    for (const [minute, proof] of proofs) if (typeof proof !== "string") kept.set(minute, proof);
    tellTroubles(board, PART_WAITING, late);
    return settled;
  };
  return {
    name: PART,
    settle,
    run: async (signal) => {
      while (!signal.aborted) {
        const settled = await settle(signal);
        if (settled < SETTLE_MAX) await clock.sleep(SETTLE_EVERY_MS, signal);
      }
    },
  };
}

/** Null when it is settled, by this or before; else what it waits for. */
async function settleOne(
  deps: SettlerDeps,
  block: Block,
  proofs: Map<number, Proof | string>,
): Promise<string | null> {
  const { ledger, log } = deps;
  const waits = await waitsFor(deps, block, proofs);
  if (waits !== null) {
    await ledger.transaction((tx) => noteWaiting(tx, block.hash, waits));
    return waits;
  }
  const done = await ledger.transaction((tx) => blockOf(tx, block.hash));
  log.info("a block is settled", {
    hash: displayHash(block.hash as Hash),
    height: block.height,
    scheme: done?.scheme,
    value: done?.value,
  });
  for (const remark of done?.remarks ?? []) log.warn(`${nameOf(block)}: ${remark}`);
  return null;
}

async function waitsFor(
  deps: SettlerDeps,
  block: Block,
  proofs: Map<number, Proof | string>,
): Promise<string | null> {
  const { bus, log } = deps;
  const minute = minuteOf(block.foundAtMs);
  // The bus is asked before the transaction: nothing waits for it while money is held.
  const proof = restsOnShares(block)
    ? await proofOf(proofs, minute, () => judgedBefore(bus, minute))
    : null;
  try {
    return await settleBy(deps, block, proof);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof LedgerUnavailable) throw error;
    // A window that is no longer kept, sums that do not fit: it stays, visible, and holds up no other block.
    log.error("a block cannot be split", { hash: displayHash(block.hash as Hash), error });
    return `it cannot be split: ${error.message}`;
  }
}

function settleBy(
  { ledger, clock, network }: SettlerDeps,
  block: Block,
  proof: Proof | string | null,
): Promise<string | null> {
  return ledger.transaction(async (tx) => {
    const opening = await openingOf(tx);
    if (opening === null) return "the ledger has no log of shares yet (deno task ledger begin)";
    let cuts: unknown = null;
    if (block.foundAtMs >= opening && proof !== null) {
      if (typeof proof === "string") return proof;
      const missing = await appliedBefore(tx, proof);
      if (missing !== null) return missing;
      // Before anything that share keeping writes as well: see lockShares.
      await closeThrough(tx, proof.minute - 1);
      cuts = cutsOf(proof);
    }
    return await settleIn(tx, block.hash, { opening, cuts, network, nowMs: clock.now() });
  }, { money: true });
}

async function settleIn(
  tx: Tx,
  hash: Uint8Array,
  { opening, cuts, network, nowMs }: {
    opening: number;
    cuts: unknown;
    network: BlocksDeps["network"];
    nowMs: number;
  },
): Promise<string | null> {
  const block = await blockOf(tx, hash, { lock: true });
  if (block === null || block.scheme !== null) return null;
  const coinbase = await coinbaseOf(tx, block);
  if (coinbase === null) return "no node has shown its coinbase yet";
  const made = await settlementOf(tx, block, coinbase, opening, network);
  if ("waits" in made) return made.waits;
  const basis = { ...made.basis, cuts };
  const settled = await settleBlock(tx, hash, { ...made, basis }, nowMs);
  return settled ? null : "it is on no best chain now";
}

/** Offsets as text: JSON numbers end at 2^53. */
function cutsOf({ busId, cuts }: Proof) {
  return {
    busId,
    partitions: cuts.map(({ partition, submissions, valid }) => ({
      partition,
      submissions: String(submissions),
      valid: String(valid),
    })),
  };
}

/** Proofs of this bus for minutes that a block still needs; the others are forgotten. */
async function stillGood(
  kept: Map<number, Proof>,
  bus: BlocksDeps["bus"],
  blocks: readonly Block[],
): Promise<Map<number, Proof | string>> {
  const needed = new Set(blocks.map(({ foundAtMs }) => minuteOf(foundAtMs)));
  const busId = kept.size === 0 ? "" : await bus.logId();
  for (const [minute, proof] of kept) {
    if (!needed.has(minute) || proof.busId !== busId) kept.delete(minute);
  }
  return new Map(kept);
}

async function proofOf<K, V>(known: Map<K, V>, key: K, make: () => Promise<V>): Promise<V> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = await make();
  known.set(key, made);
  return made;
}

function nameOf({ hash, height }: Block): string {
  return `Block ${displayHash(hash as Hash)} at height ${height}`;
}
