/**
 * Blocks taken into the ledger: the first word of a hash stays.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { cleanText } from "../shares/dead_letters.ts";
import { noteEvent } from "./read.ts";
import type { LostBlock, NewBlock } from "./types.ts";

/**
 * Takes a block that a node accepted. Moves no money: the chain is asked first.
 *
 * @returns Whether it was new. The first accepted record of a hash decides; later ones change nothing.
 */
export async function takeBlock(tx: Tx, block: NewBlock, atMs: number): Promise<boolean> {
  const { hash, record, snapshotId } = block;
  const taken = await tx.prepared(
    "block_take",
    `INSERT INTO block (hash, height, found_at_ms, nbits, origin, log_id, log_offset, job_id, variant, snapshot_id,
       finder, worker, gateway, facts, remarks)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     ON CONFLICT (hash) DO NOTHING RETURNING hash`,
    [
      hash,
      block.height,
      block.foundAtMs,
      block.nbits,
      block.origin,
      record?.logId ?? null,
      record?.offset ?? null,
      named(block.jobId),
      block.variant,
      snapshotId.length === 0 ? null : snapshotId,
      block.finder,
      named(block.worker),
      named(block.gateway),
      block.facts,
      block.remarks,
    ],
  );
  if (taken.length === 0) return false;
  await noteEvent(tx, hash, "taken", 0, atMs);
  await tx.prepared(
    "unknown_known",
    "UPDATE unknown_coinbase SET resolution = 'known' WHERE block_hash = $1 AND resolution IS NULL",
    [hash],
  );
  return true;
}

/** Notes a block announced as lost, once. */
export async function noteLost(tx: Tx, lost: LostBlock): Promise<void> {
  await tx.prepared(
    "block_lost",
    `INSERT INTO block_lost (hash, height, found_at_ms, finder, worker, reason, log_id, log_offset)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hash) DO NOTHING`,
    [
      lost.hash,
      lost.height,
      lost.foundAtMs,
      lost.finder,
      named(lost.worker),
      cleanText(lost.reason, REASON_MAX_LENGTH),
      lost.record.logId,
      lost.record.offset,
    ],
  );
}

/** Of a text that came from outside: names have some tens of characters, reasons name each node's words. */
const NAME_MAX_LENGTH = 256;
const REASON_MAX_LENGTH = 2_000;

function named(text: string): string {
  return cleanText(text, NAME_MAX_LENGTH);
}
