/**
 * A split as it would be: of a block that waits for its own, or of one that were found now. Nothing stays written.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import { type Ledger, MINUTE_MS, minuteOf, type Tx } from "@gopool/ledger";
import {
  type BlockCredit,
  blockOf,
  coinbaseOf,
  openingOf,
  type Settlement,
} from "@gopool/ledger/blocks";
import { shareBook, WindowNotReadable } from "@gopool/ledger/shares";
import { ACCOUNT_NAME } from "@gopool/ledger/views";
import { restsOnShares, settlementAt, settlementOf, type Waits } from "./settlement.ts";

export interface PreviewDeps {
  readonly ledger: Ledger;
  readonly network: Network;
}

/** A block of the books by its hash (internal order), or one that were found now with this value and finder. */
export type PreviewOf =
  | { readonly hash: Uint8Array }
  /** Canonical address; empty: nobody was authorised. */
  | { readonly value: bigint; readonly finder: string };

export interface Preview extends Settlement {
  readonly value: bigint;
  /** The largest first. */
  readonly credits: readonly (BlockCredit & { readonly name: string })[];
}

/** It is split already: what it got is in the books. The message is a sentence. */
export class AlreadySplit extends Error {
  override name = "AlreadySplit";
}

/**
 * @returns The split; why there is none yet; or null where the books have no such block.
 * @throws {AlreadySplit}
 */
export async function previewSettlement(
  { ledger, network }: PreviewDeps,
  of: PreviewOf,
): Promise<Preview | Waits | null> {
  try {
    // Splitting makes accounts that are new: they are not to stay.
    return await ledger.transaction(async (tx) => {
      throw new Undone("hash" in of ? await ofBlock(tx, of.hash, network) : await ofNow(tx, of));
    });
  } catch (error) {
    if (error instanceof Undone) return error.preview;
    if (error instanceof WindowNotReadable) return { waits: error.message };
    throw error;
  }
}

class Undone extends Error {
  constructor(readonly preview: Preview | Waits | null) {
    super("nothing is written");
  }
}

async function ofBlock(
  tx: Tx,
  hash: Uint8Array,
  network: Network,
): Promise<Preview | Waits | null> {
  const block = await blockOf(tx, hash);
  if (block === null) return null;
  if (block.scheme !== null) throw new AlreadySplit(`It is split already, by ${block.scheme}`);
  const opening = await openingOf(tx);
  if (opening === null) return { waits: "the ledger has no log of shares yet" };
  const coinbase = await coinbaseOf(tx, block);
  if (coinbase === null) return { waits: "no node has shown its coinbase yet" };
  if (restsOnShares(block) && block.foundAtMs >= opening) {
    const { firstOpenMinute } = await shareBook(tx);
    if (firstOpenMinute < minuteOf(block.foundAtMs)) {
      const until = new Date(firstOpenMinute * MINUTE_MS).toISOString();
      return { waits: `minutes are closed up to ${until} only` };
    }
  }
  const made = await settlementOf(tx, block, coinbase, opening, network);
  return "waits" in made ? made : await named(tx, made, block.value!);
}

async function ofNow(
  tx: Tx,
  { value, finder }: { readonly value: bigint; readonly finder: string },
): Promise<Preview> {
  const { firstOpenMinute } = await shareBook(tx);
  return await named(tx, await settlementAt(tx, value, firstOpenMinute, finder), value);
}

async function named(tx: Tx, made: Settlement, value: bigint): Promise<Preview> {
  const rows = await tx.query<{ id: number; name: string }>(
    `SELECT a.id, ${ACCOUNT_NAME} AS name FROM account a WHERE a.id = ANY($1::int[])`,
    [made.credits.map(({ account }) => account)],
  );
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const credits = made.credits.map((credit) => ({ ...credit, name: names.get(credit.account)! }))
    .sort((a, b) => a.sats < b.sats ? 1 : a.sats > b.sats ? -1 : a.account - b.account);
  return { ...made, value, credits };
}
