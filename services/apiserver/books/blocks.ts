/** The pool's blocks and their splits, read from the books. @module */
import { difficultyFromBits, displayHash, type Hash, hashFromDisplay } from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import { MINUTE_MS } from "@gopool/ledger";
import {
  blockPage,
  blocksFound,
  creditPage,
  lateSharesIn,
  type ListedBlock,
  newestBlock,
  type SplitBlock,
  splitBlockOf,
} from "@gopool/ledger/views";
import { LATE_SHARES_MAX } from "./limits.ts";
import { pageOf, placeOf } from "./pages.ts";
import { ruleOf, schemeName } from "./rules.ts";
import type {
  BlockSplit,
  Page,
  PageAsked,
  PoolBlock,
  PoolBlockDetail,
  SplitCredit,
} from "./types.ts";

/** @throws {BadPage} */
export async function blocksOf(tx: Tx, page: PageAsked): Promise<Page<PoolBlock>> {
  const place = placeOf(page.token, "int", "bigint", "hash");
  const after = place === null ? null : {
    height: Number(place[0]),
    foundAtMs: Number(place[1]),
    hash: hashFromDisplay(place[2]!),
  };
  const found = await blockPage(tx, { after, limit: page.size + 1 });
  const last = ({ height, foundAtMs, hash }: ListedBlock) => [height, foundAtMs, shown(hash)];
  return pageOf(found, page, last, poolBlock);
}

export async function blocksFoundIn(
  tx: Tx,
  range: { readonly fromMs: number; readonly untilMs: number; readonly limit: number },
): Promise<PoolBlock[]> {
  return (await blocksFound(tx, range)).map(poolBlock);
}

export async function newestBlockOf(tx: Tx): Promise<PoolBlock | null> {
  const block = await newestBlock(tx);
  return block === null ? null : poolBlock(block);
}

/** @param hash As explorers show it. */
export async function detailOf(tx: Tx, hash: string): Promise<PoolBlockDetail | null> {
  const block = await splitBlockOf(tx, hashFromDisplay(hash));
  if (block === null) return null;
  return {
    ...poolBlock(block),
    feeSats: block.fee ?? 0n,
    donationSats: block.donation ?? 0n,
    accounts: block.credits,
    settledAtMs: block.settledAtMs,
    waitsFor: block.waitsFor,
  };
}

/** @param hash As explorers show it. @throws {BadPage} */
export async function splitOf(tx: Tx, hash: string, page: PageAsked): Promise<BlockSplit | null> {
  const place = placeOf(page.token, "bigint", "int");
  const after = place === null ? null : {
    sats: BigInt(place[0]!),
    accountId: Number(place[1]),
  };
  const internal = hashFromDisplay(hash);
  const block = await splitBlockOf(tx, internal);
  if (block === null) return null;
  const credits = block.scheme === null
    ? []
    : await creditPage(tx, internal, { after, limit: page.size + 1 });
  const window = windowOf(block);
  return {
    hash: shown(internal),
    scheme: schemeName(block.scheme),
    rewardSats: block.value ?? 0n,
    feeSats: block.fee ?? 0n,
    donationSats: block.donation ?? 0n,
    rule: ruleOf(block.scheme, block.basis),
    basis: block.basis === null ? null : { ...block.basis, ...await lateIn(tx, window) },
    window: window &&
      { fromMs: window.fromMinute * MINUTE_MS, untilMs: window.untilMinute * MINUTE_MS },
    credits: pageOf(
      credits,
      page,
      ({ sats, accountId }) => [sats, accountId],
      (credit): SplitCredit => ({
        account: credit.account,
        weight: credit.weight,
        sats: credit.sats,
        feeBasisPoints: credit.feeBasisPoints,
        donationBasisPoints: credit.donationBasisPoints,
        paidInCoinbaseSats: credit.paid,
      }),
    ),
  };
}

/** The minutes that a stored basis names; null where none count. */
function windowOf({ basis }: SplitBlock) {
  const window = basis?.window as { fromMinute: number; untilMinute: number } | null | undefined;
  if (window == null || window.fromMinute >= window.untilMinute) return null;
  const { fromMinute, untilMinute } = window;
  return { fromMinute, untilMinute };
}

/** Shares that count in another minute than their own: nobody could compute the split again without them. */
async function lateIn(tx: Tx, window: ReturnType<typeof windowOf>) {
  if (window === null) return {};
  const found = await lateSharesIn(tx, { ...window, limit: LATE_SHARES_MAX + 1 });
  const late = found.slice(0, LATE_SHARES_MAX).map(({ sourceOffset, ...rest }) => ({
    ...rest,
    sourceOffset: String(sourceOffset),
  }));
  return { lateShares: late, lateSharesLeftOut: found.length > LATE_SHARES_MAX };
}

function poolBlock(block: ListedBlock): PoolBlock {
  const { height, foundAtMs, state, confirmations, value, finder, worker } = block;
  return {
    hash: shown(block.hash),
    height,
    foundAtMs,
    state,
    confirmations,
    rewardSats: value,
    networkDifficulty: difficultyFromBits(block.nbits),
    finder,
    worker,
    scheme: schemeName(block.scheme),
  };
}

export function shown(hash: Uint8Array): string {
  return displayHash(hash as Hash);
}
