/** Blocks: those of the log held against the ledger's, and each split computed afresh. @module */
import { blockFound, blockSolved, decode, type Message, type Topic } from "@gopool/bus";
import { displayHash, equalBytes, type Hash } from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import { type Block, blockOf, coinbaseOf, type CoinbaseOutput } from "@gopool/ledger/blocks";
import { feesAt, type SchemePeriod } from "@gopool/ledger/schemes";
import { BlockOutcome } from "@gopool/proto";
import { checkFacts } from "../../blocks/facts.ts";
import { type Basis, WindowMismatch } from "@gopool/ledger/rewards";
import type { Books } from "../../shares/mod.ts";
import type { Differences } from "./differences.ts";
import type { History, HistoryLog } from "./history.ts";
import { type ChainView, coinbaseOn } from "./on_chain.ts";
import type { Scratch } from "./scratch.ts";
import { MinutesNotKept } from "./windows.ts";
import { type Got, type Offered, type Split, type SplitDeps, splitOf } from "./split.ts";

export interface BlocksCompared {
  /** Records of blocks that a node took. */
  readonly announced: number;
  readonly splits: number;
  /** Splits that were not computed: older than what was read. */
  readonly skipped: number;
}

export interface BlocksDeps {
  readonly tx: Tx;
  readonly history: History;
  readonly scratch: Scratch;
  readonly books: Books;
  readonly periods: readonly SchemePeriod[];
  readonly openingMs: number;
  /** Null: no node is asked, and outputs are the ledger's own. */
  readonly chain: ChainView | null;
  /** Blocks settled by windows that end before are not computed. */
  readonly fromMinute: number;
  readonly differences: Differences;
  readonly signal: AbortSignal;
}

/** Every announced block is in the ledger, with the facts of its record. */
export async function compareAnnounced(
  deps: Pick<BlocksDeps, "tx" | "history" | "books" | "differences" | "signal">,
  logs: readonly HistoryLog[],
): Promise<number> {
  const seen = new Set<string>();
  const busIds = new Map(logs.map((log) => [log.busId, log]));
  for (const log of busIds.values()) {
    for (const { partition, from, next } of await deps.history.held(log, blockFound)) {
      for await (const { messages } of deps.history.read(log, blockFound, partition, from, next)) {
        deps.signal.throwIfAborted();
        for (const message of messages) {
          await compareRecord(deps, seen, log, message);
        }
      }
    }
  }
  await compareOrigins(deps, seen, busIds);
  return seen.size;
}

async function compareRecord(
  { tx, books, differences }: Pick<BlocksDeps, "tx" | "books" | "differences">,
  seen: Set<string>,
  { busId: logId }: HistoryLog,
  { value, offset, loggedAtMs }: Message,
): Promise<void> {
  let found;
  try {
    found = decode(blockFound, value);
  } catch {
    return; // a dead letter
  }
  if (found.outcome !== BlockOutcome.ACCEPTED || found.facts?.pool !== books.pool) return;
  const checked = checkFacts(found.facts, books.network, "found", { logId, offset, loggedAtMs });
  if (checked.kind === "bad") return;
  const { block } = checked;
  const id = displayHash(block.hash as Hash);
  if (seen.has(id)) return;
  seen.add(id);
  const stored = await blockOf(tx, block.hash);
  if (stored === null) {
    differences.add(
      "block",
      `block ${id} stands in block.found (offset ${offset}), the ledger does not have it`,
    );
    return;
  }
  // Booked by an operator or from block.solved before its outcome was told: the first word stays.
  if (stored.origin !== "found") return;
  for (const fact of ["height", "foundAtMs", "nbits", "jobId", "variant", "finder"] as const) {
    if (stored[fact] === block[fact]) continue;
    differences.add(
      "block",
      `block ${id}: its ${fact} is ${block[fact]} in the log, ${stored[fact]} in the ledger`,
    );
  }
  if (!equalBytes(stored.snapshotId, block.snapshotId)) {
    differences.add("block", `block ${id}: its snapshot is another in the log than in the ledger`);
  }
}

/** Blocks of the ledger that say they stand at an offset which was read, and do not. */
async function compareOrigins(
  { tx, history, differences }: Pick<BlocksDeps, "tx" | "history" | "differences">,
  seen: ReadonlySet<string>,
  busIds: ReadonlyMap<string, HistoryLog>,
): Promise<void> {
  const topics: Record<string, Topic> = { found: blockFound, solved: blockSolved };
  const rows = await tx.query<
    { hash: Uint8Array; origin: string; log_id: string; log_offset: bigint }
  >(
    "SELECT hash, origin, log_id, log_offset FROM block WHERE origin <> 'operator' ORDER BY found_at_ms",
  );
  for (const { hash, origin, log_id, log_offset } of rows) {
    const id = displayHash(hash as Hash);
    const log = busIds.get(log_id);
    const offset = Number(log_offset);
    if (log === undefined || seen.has(id)) continue;
    const held = await history.held(log, topics[origin]!);
    const isRead = held.some(({ from, next }) => from <= offset && offset < next);
    if (origin === "found" && isRead) {
      differences.add(
        "block",
        `block ${id} is in the ledger, and not at offset ${offset} of block.found`,
      );
    }
  }
}

/**
 * Computes the split of every settled block and compares it account by account.
 *
 * @param onSplit Told of each block with what was computed; of those that are not, with what the ledger has.
 */
export async function compareSplits(
  deps: BlocksDeps,
  onSplit: (block: Block, split: Split) => void,
): Promise<Pick<BlocksCompared, "splits" | "skipped">> {
  const { tx, signal, differences } = deps;
  const splitDeps: SplitDeps = {
    ...deps,
    network: deps.books.network,
    slices: deps,
    feesAt: (atMs) => feesAt(tx, atMs),
  };
  let skipped = 0;
  const rows = await tx.query<{ hash: Uint8Array; basis: Basis & { window: unknown } }>(
    "SELECT hash, basis FROM block WHERE scheme IS NOT NULL ORDER BY found_at_ms, hash",
  );
  for (const { hash, basis } of rows) {
    signal.throwIfAborted();
    const block = (await blockOf(tx, hash))!;
    const id = displayHash(hash as Hash);
    const stored = await storedSplit(tx, block);
    // An operator's word is no computation; a window from before what was read is the ledger's own here.
    const offered = await offeredBy(tx, block);
    const until = offered?.minute ?? Math.floor(block.foundAtMs / 60_000);
    if (until < deps.fromMinute || block.scheme === "operator") {
      onSplit(block, stored);
      skipped++;
      continue;
    }
    const outputs = await outputsOf(deps, block);
    try {
      const computed = await splitOf(splitDeps, block, outputs, offered, basis);
      compareSplit(id, computed, stored, differences);
      onSplit(block, computed);
    } catch (error) {
      onSplit(block, stored);
      if (error instanceof MinutesNotKept) skipped++;
      else if (!(error instanceof WindowMismatch)) throw error;
      else differences.add("block", `block ${id}: its round is another: ${error.message}`);
    }
  }
  return { splits: rows.length - skipped, skipped };
}

function compareSplit(id: string, ours: Split, theirs: Split, differences: Differences): void {
  const tell = (what: string, computed: unknown, found: unknown) =>
    differences.add("block", `block ${id}: ${what}: computed ${computed}, the ledger has ${found}`);
  if (ours.scheme !== theirs.scheme) tell("its scheme", ours.scheme, theirs.scheme);
  if (ours.fee !== theirs.fee) tell("the fee", `${ours.fee} sats`, `${theirs.fee} sats`);
  if (ours.donation !== theirs.donation) {
    tell("the donation", `${ours.donation} sats`, `${theirs.donation} sats`);
  }
  const nothing: Got = { sats: 0n, paid: 0n, carried: 0n };
  for (const account of new Set([...ours.got.keys(), ...theirs.got.keys()])) {
    const a = ours.got.get(account) ?? nothing;
    const b = theirs.got.get(account) ?? nothing;
    for (
      const [key, what] of [["sats", "the credit"], ["paid", "paid by its coinbase"], [
        "carried",
        "carried",
      ]] as const
    ) {
      if (a[key] !== b[key]) tell(`${what} of ${account}`, `${a[key]} sats`, `${b[key]} sats`);
    }
  }
}

async function storedSplit(tx: Tx, { hash, scheme, fee, donation }: Block): Promise<Split> {
  const rows = await tx.query<{ account: string; sats: bigint; paid: bigint; carried: bigint }>(
    `SELECT CASE WHEN kind = 'miner' THEN name ELSE kind END AS account, sats, paid, carried
     FROM block_credit JOIN account ON id = account_id WHERE block_hash = $1`,
    [hash],
  );
  const got = new Map(rows.map(({ account, ...one }) => [account, one]));
  return { scheme: scheme!, got, fee: fee!, donation: donation! };
}

/** As the chain has it, where a node shows the block; held against what the ledger wrote down. */
async function outputsOf(
  { tx, chain, differences, signal }: BlocksDeps,
  block: Block,
): Promise<readonly CoinbaseOutput[]> {
  const stored = (await coinbaseOf(tx, block))!.outputs;
  const shown = chain === null ? null : await coinbaseOn(chain, block.hash, signal);
  if (shown === null) return stored;
  const own = block.origin === "operator" ? shown.filter(({ isPool }) => isPool) : shown;
  const words = (outputs: readonly CoinbaseOutput[]) =>
    outputs.map(({ sats, script, isPool }) =>
      `${sats} to ${script.toHex()}${isPool ? " (pool)" : ""}`
    ).join(", ");
  if (words(own) !== words(stored)) {
    differences.add(
      "chain",
      `block ${displayHash(block.hash as Hash)}: its coinbase pays ${words(own)}; the ledger has ${
        words(stored)
      }`,
    );
  }
  return own;
}

async function offeredBy(tx: Tx, { snapshotId, foundAtMs }: Block): Promise<Offered | null> {
  if (snapshotId.length === 0 || foundAtMs < 0) return null;
  const [row] = await tx.query<{ minute: number }>("SELECT minute FROM snapshot WHERE id = $1", [
    snapshotId,
  ]);
  if (row === undefined) return null;
  const outputs = await tx.query<{ script: Uint8Array; account: string; carried: bigint }>(
    `SELECT script, CASE WHEN kind = 'miner' THEN name ELSE kind END AS account, carried
     FROM snapshot_output JOIN account ON id = account_id WHERE snapshot_id = $1`,
    [snapshotId],
  );
  return { minute: row.minute, outputs };
}
