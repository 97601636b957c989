/** What of a block is looked at by people alone: who got what, and its history. @module */
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
