/** What of a block is looked at by people alone: who got what, and its history. @module */
import type { BlockState } from "../blocks/types.ts";
import type { Tx } from "../port.ts";
import { ACCOUNT_NAME } from "./accounts.ts";

export interface NamedCredit {
  readonly accountId: number;
  readonly account: string;
  readonly weight: bigint;
  readonly sats: bigint;
  readonly feeBasisPoints: number;
  readonly donationBasisPoints: number;
  readonly paid: bigint;
  readonly carried: bigint;
}

export interface CreditsAsked {
  /** Only those behind it; null: from the largest on. */
  readonly after: Pick<NamedCredit, "sats" | "accountId"> | null;
  readonly limit: number;
}

/** Credits of a block that is split, the largest first. They are final. */
export function creditPage(
  tx: Tx,
  hash: Uint8Array,
  { after, limit }: CreditsAsked,
): Promise<NamedCredit[]> {
  return tx.query<NamedCredit & Record<string, unknown>>(
    `SELECT a.id AS "accountId", ${ACCOUNT_NAME} AS account, weight, sats, fee_basis_points AS "feeBasisPoints",
       donation_basis_points AS "donationBasisPoints", paid, carried
     FROM block_credit JOIN account a ON a.id = account_id
     WHERE block_hash = $1 AND ($2::bigint IS NULL OR (-sats, account_id) > (-$2::bigint, $3::int))
     ORDER BY sats DESC, account_id LIMIT $4`,
    [hash, after?.sats ?? null, after?.accountId ?? null, limit],
  );
}

export interface PastEvent {
  readonly what: string;
  readonly epoch: number;
  readonly atMs: number;
}

/** What happened to a block, in its order. */
export async function eventsOf(tx: Tx, hash: Uint8Array): Promise<PastEvent[]> {
  const rows = await tx.query<{ what: string; epoch: number; at_ms: bigint }>(
    "SELECT what, epoch, at_ms FROM block_event WHERE block_hash = $1 ORDER BY id",
    [hash],
  );
  return rows.map(({ at_ms, ...rest }) => ({ ...rest, atMs: Number(at_ms) }));
}

/** What its split rests on, as it was stored; null where it is not split. */
export async function basisOf(tx: Tx, hash: Uint8Array): Promise<unknown> {
  const [row] = await tx.query<{ basis: unknown }>("SELECT basis FROM block WHERE hash = $1", [
    hash,
  ]);
  return row?.basis ?? null;
}

/** A block as lists show it. */
export interface ListedBlock {
  /** 32 bytes, internal order. */
  readonly hash: Uint8Array;
  readonly height: number;
  readonly foundAtMs: number;
  readonly nbits: number;
  readonly state: BlockState;
  /** Blocks on the best chain that have it, itself counted; 0 where it is on none. */
  readonly confirmations: number;
  /** Null while no node has shown it. */
  readonly value: bigint | null;
  readonly finder: string;
  readonly worker: string;
  /** Null before it is split. */
  readonly scheme: string | null;
}

/**
 * As they were last seen; of a block that is watched no more, from the chain as it is followed: it is deeper by now than
 * when it was last looked at.
 */
const LISTED =
  `b.hash, b.height, b.found_at_ms, b.nbits, b.state, b.value, b.finder, b.worker, b.scheme,
  CASE WHEN b.state NOT IN ('confirmed', 'mature') THEN 0
    WHEN b.watched THEN greatest(b.confirmations, 0)
    ELSE greatest(b.confirmations, (SELECT max(height) FROM chain_block) - b.height + 1, 0)
  END AS confirmations`;

type ListedRow = Omit<ListedBlock, "foundAtMs"> & {
  found_at_ms: bigint;
  [column: string]: unknown;
};

function listed({ found_at_ms, ...rest }: ListedRow): ListedBlock {
  return { ...rest, foundAtMs: Number(found_at_ms), confirmations: rest.confirmations ?? 0 };
}

/** Where a block stands in a list: the highest first, at one height the latest. */
export type BlockPlace = Pick<ListedBlock, "height" | "foundAtMs" | "hash">;

/** @param after Only those behind it; null: from the highest on. */
export async function blockPage(
  tx: Tx,
  { after, limit }: { readonly after: BlockPlace | null; readonly limit: number },
): Promise<ListedBlock[]> {
  const rows = await tx.prepared<ListedRow>(
    after === null ? "view_blocks" : "view_blocks_after",
    `SELECT ${LISTED} FROM block b ${
      after === null
        ? ""
        : "WHERE height <= $2 AND (-height, -found_at_ms, hash) > (-$2::int, -$3::bigint, $4::bytea)"
    } ORDER BY height DESC, found_at_ms DESC, hash LIMIT $1`,
    after === null ? [limit] : [limit, after.height, after.foundAtMs, after.hash],
  );
  return rows.map(listed);
}

/** Blocks found in a range of time, half open, the newest first. */
export async function blocksFound(
  tx: Tx,
  { fromMs, untilMs, limit }: {
    readonly fromMs: number;
    readonly untilMs: number;
    readonly limit: number;
  },
): Promise<ListedBlock[]> {
  const rows = await tx.prepared<ListedRow>(
    "view_blocks_found",
    `SELECT ${LISTED} FROM block b WHERE found_at_ms >= $1 AND found_at_ms < $2
     ORDER BY found_at_ms DESC, hash LIMIT $3`,
    [fromMs, untilMs, limit],
  );
  return rows.map(listed);
}

/** The block that was found last; null before the first. */
export async function newestBlock(tx: Tx): Promise<ListedBlock | null> {
  const [row] = await tx.prepared<ListedRow>(
    "view_block_newest",
    `SELECT ${LISTED} FROM block b ORDER BY found_at_ms DESC, hash LIMIT 1`,
  );
  return row === undefined ? null : listed(row);
}

/** A block and how it was split. */
export interface SplitBlock extends ListedBlock {
  readonly fee: bigint | null;
  readonly donation: bigint | null;
  readonly settledAtMs: number | null;
  readonly waitsFor: string | null;
  /** Accounts that were credited; 0 before it is split. */
  readonly credits: number;
  /** What the split rests on, as it was stored; null before that. */
  readonly basis: Readonly<Record<string, unknown>> | null;
}

/** Null where the books have no such block. */
export async function splitBlockOf(tx: Tx, hash: Uint8Array): Promise<SplitBlock | null> {
  const [row] = await tx.prepared<
    ListedRow & {
      fee: bigint | null;
      donation: bigint | null;
      settled_at_ms: bigint | null;
      waits_for: string | null;
      credits: bigint;
      basis: Record<string, unknown> | null;
    }
  >(
    "view_block_split",
    `SELECT ${LISTED}, b.fee, b.donation, b.settled_at_ms, b.waits_for, b.basis,
       (SELECT count(*) FROM block_credit WHERE block_hash = b.hash) AS credits
     FROM block b WHERE b.hash = $1`,
    [hash],
  );
  if (row === undefined) return null;
  const { fee, donation, settled_at_ms, waits_for, credits, basis, ...block } = row;
  return {
    ...listed(block as ListedRow),
    fee,
    donation,
    settledAtMs: settled_at_ms === null ? null : Number(settled_at_ms),
    waitsFor: waits_for,
    credits: Number(credits),
    basis,
  };
}

/** A share that counts in a later minute than its own, since that was closed when it came. */
export interface LateShare {
  /** As the records name it. */
  readonly logId: string;
  readonly partition: number;
  /** Of its submission. */
  readonly sourceOffset: bigint;
  readonly loggedMinute: number;
  /** In which it counts. */
  readonly minute: number;
}

/**
 * Late shares that a window is not the same without: that count in it, or were logged in it and count later. By the
 * minute in which they count.
 */
export function lateSharesIn(
  tx: Tx,
  { fromMinute, untilMinute, limit }: {
    readonly fromMinute: number;
    readonly untilMinute: number;
    readonly limit: number;
  },
): Promise<LateShare[]> {
  return tx.prepared<LateShare & Record<string, unknown>>(
    "view_late_shares",
    `SELECT log.id AS "logId", partition, source_offset AS "sourceOffset", logged_minute AS "loggedMinute", minute
     FROM late_share JOIN log ON log.number = late_share.log
     WHERE minute >= $1 AND logged_minute < $2 ORDER BY minute, log, partition, source_offset LIMIT $3`,
    [fromMinute, untilMinute, limit],
  );
}
