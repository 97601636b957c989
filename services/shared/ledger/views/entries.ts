/** Entries as they are listed, each with what caused it. @module */
import type { Tx } from "../port.ts";
import { ACCOUNT_NAME } from "./accounts.ts";

/** Where an entry stands among all: by its transfer, account and bucket. */
export interface EntryPlace {
  readonly transfer: bigint;
  readonly account: number;
  readonly bucket: number;
}

/** Behind every entry of a transfer. */
export function behind(transfer: bigint): EntryPlace {
  return { transfer, account: ACCOUNT_MAX, bucket: BUCKET_MAX };
}
const ACCOUNT_MAX = 2 ** 31 - 1;
const BUCKET_MAX = 1;

export interface EntriesAsked {
  /** Only entries behind it, in the order asked for; null: from the first on. */
  readonly after: EntryPlace | null;
  /** Else the oldest first. */
  readonly newestFirst?: boolean;
  /** Id of an account. */
  readonly account?: number;
  /** 32 bytes, internal order. */
  readonly block?: Uint8Array;
  readonly payout?: bigint;
  readonly kind?: string;
  /** Written at or after, and before, ms since the Unix epoch. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly limit: number;
}

export type EntryCause =
  | { readonly kind: "block"; readonly hash: Uint8Array; readonly epoch: number }
  | { readonly kind: "payout"; readonly id: bigint; readonly attempt: number }
  | { readonly kind: "minute"; readonly minute: number }
  | {
    readonly kind: "operator";
    readonly adjustment: bigint;
    readonly operator: string;
    readonly reason: string;
  };

export interface BookedEntry {
  readonly place: EntryPlace;
  readonly atMs: number;
  /** Of the transfer. */
  readonly kind: string;
  /** As people call it. */
  readonly account: string;
  readonly sats: bigint;
  readonly cause: EntryCause;
}

type Row = {
  transfer: bigint;
  at_ms: bigint;
  kind: string;
  account_id: number;
  account: string;
  bucket: number;
  sats: bigint;
  block_hash: Uint8Array | null;
  epoch: number | null;
  payout_id: bigint | null;
  attempt: number | null;
  minute: number | null;
  adjustment_id: bigint | null;
  operator: string | null;
  reason: string | null;
};

/**
 * A page of entries. They are final and posted one transaction after the other, so new ones come behind all others:
 * pages of the oldest first leave none out and have none twice, whatever is posted meanwhile.
 */
export async function entryPage(tx: Tx, asked: EntriesAsked): Promise<BookedEntry[]> {
  const { after, newestFirst = false, account, block, payout, kind, fromMs, untilMs, limit } =
    asked;
  const [beyond, order] = newestFirst ? ["<", "DESC"] : [">", "ASC"];
  const rows = await tx.query<Row>(
    `SELECT e.transfer_id AS transfer, t.at_ms, t.kind, e.account_id, ${ACCOUNT_NAME} AS account, e.bucket, e.sats,
       t.block_hash, t.epoch, t.payout_id, t.attempt, t.minute, t.adjustment_id, j.operator, j.reason
     FROM entry e JOIN transfer t ON t.id = e.transfer_id JOIN account a ON a.id = e.account_id
     LEFT JOIN adjustment j ON j.id = t.adjustment_id
     WHERE ($1::bigint IS NULL OR (e.transfer_id, e.account_id, e.bucket) ${beyond} ($1, $2::int, $3::smallint))
       AND ($4::int IS NULL OR e.account_id = $4) AND ($5::bytea IS NULL OR t.block_hash = $5)
       AND ($6::bigint IS NULL OR t.payout_id = $6) AND ($7::text IS NULL OR t.kind = $7)
       AND ($8::bigint IS NULL OR t.at_ms >= $8) AND ($9::bigint IS NULL OR t.at_ms < $9)
     ORDER BY e.transfer_id ${order}, e.account_id ${order}, e.bucket ${order} LIMIT $10`,
    [
      after?.transfer ?? null,
      after?.account ?? null,
      after?.bucket ?? null,
      account ?? null,
      block ?? null,
      payout ?? null,
      kind ?? null,
      fromMs ?? null,
      untilMs ?? null,
      limit,
    ],
  );
  return rows.map((row) => ({
    place: { transfer: row.transfer, account: row.account_id, bucket: row.bucket },
    atMs: Number(row.at_ms),
    kind: row.kind,
    account: row.account,
    sats: row.sats,
    cause: causeOf(row),
  }));
}

function causeOf(row: Row): EntryCause {
  if (row.block_hash !== null) return { kind: "block", hash: row.block_hash, epoch: row.epoch! };
  if (row.payout_id !== null) return { kind: "payout", id: row.payout_id, attempt: row.attempt! };
  if (row.minute !== null) return { kind: "minute", minute: row.minute };
  return {
    kind: "operator",
    adjustment: row.adjustment_id!,
    operator: row.operator!,
    reason: row.reason!,
  };
}
