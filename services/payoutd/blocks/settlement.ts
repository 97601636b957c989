/**
 * How a block on the chain is split (ledger-arithmetic 5.4): by the scheme in force at its minute, by the snapshot that
 * was in its job, by what its own coinbase paid, or whole to an account of the pool.
 *
 * @module
 */
import { type Network, VARIANT_SOLO } from "@gopool/chain";
import { accountsOf, ownAccounts, type Tx } from "@gopool/ledger";
import {
  type Block,
  type BlockCredit,
  claimsBefore,
  claimsNow,
  type Coinbase,
  type Settlement,
} from "@gopool/ledger/blocks";
import { BASIS_POINTS, type Claims, splitBlock } from "@gopool/ledger/rewards";
import { minuteOf } from "@gopool/ledger/shares";
import { snapshotOf } from "@gopool/ledger/snapshots";
import { type Payment, paymentsOf } from "./payments.ts";

/** Why a block cannot be split yet, as a sentence. */
export interface Waits {
  readonly waits: string;
}

/** Whether a block's split rests on shares: the others need not wait for them. */
export function restsOnShares(block: Block): boolean {
  return block.variant !== VARIANT_SOLO;
}

/**
 * Splits a block. Every minute before that of T must be closed, if it rests on shares.
 *
 * @param opening Log time from which the ledger has shares, ms since the Unix epoch: older blocks are not its own.
 */
export async function settlementOf(
  tx: Tx,
  block: Block,
  coinbase: Coinbase,
  opening: number,
  network: Network,
): Promise<Settlement | Waits> {
  if (block.foundAtMs < opening) return await wholeToOpening(tx, block, coinbase, opening);
  if (block.variant === VARIANT_SOLO && block.origin !== "operator") {
    return await asPaid(tx, block, coinbase, network);
  }
  const minute = minuteOf(block.foundAtMs);
  let snapshot = null;
  if (block.snapshotId.length > 0) {
    snapshot = await snapshotOf(tx, block.snapshotId);
    if (snapshot === null) {
      return {
        waits: `the ledger has no snapshot ${block.snapshotId.toHex()}, by which its coinbase paid`,
      };
    }
  }
  // What the coinbase was made by decides, not what is in force when it was found (I9).
  const { scheme, claims } = await claimsBefore(tx, snapshot?.snapshot.minute ?? minute, block);
  const { byAccount, remarks } = await paymentsOf(
    tx,
    coinbase,
    snapshot?.outputs ?? null,
    new Set(),
    network,
  );
  return {
    ...await bySplit(tx, block.value!, claims, byAccount),
    scheme,
    basis: {
      ...claims.basis,
      snapshotId: snapshot === null ? null : block.snapshotId.toHex(),
    },
    remarks,
  };
}

/**
 * How a value would be split by the shares before a minute: what a block found then would bring. Every minute before it
 * must be closed.
 *
 * @param finder Canonical address; empty: nobody was authorised.
 */
export async function settlementAt(
  tx: Tx,
  value: bigint,
  minute: number,
  finder: string,
): Promise<Settlement> {
  const { scheme, claims } = await claimsNow(tx, minute, finder);
  const split = await bySplit(tx, value, claims, new Map());
  return { ...split, scheme, basis: { ...claims.basis }, remarks: [] };
}

/** The value by claims, and what the coinbase paid put beside it. */
async function bySplit(
  tx: Tx,
  value: bigint,
  claims: Claims,
  payments: ReadonlyMap<number, Payment>,
): Promise<Pick<Settlement, "credits" | "fee" | "donation">> {
  const split = splitBlock(value, claims);
  const ids = await accountsOf(tx, split.credits.map(({ account }) => account));
  const own = await ownAccounts(tx);
  const rows = new Map<number, BlockCredit>();
  split.credits.forEach((credit, i) => {
    const { weight, sats, feeBasisPoints, donationBasisPoints } = credit;
    const account = ids[i]!;
    rows.set(account, { ...NOTHING, account, weight, sats, feeBasisPoints, donationBasisPoints });
  });
  const whole = [[own.reserve, split.reserveSats], [own.unclaimed, split.unclaimedSats]] as const;
  for (const [account, sats] of whole) {
    if (sats > 0n) rows.set(account, { ...NOTHING, account, sats });
  }
  for (const [account, payment] of payments) {
    rows.set(account, { ...rows.get(account) ?? { ...NOTHING, account }, ...payment });
  }
  return { credits: [...rows.values()], fee: split.feeSats, donation: split.donationSats };
}

/** A coinbase that pays its session's account: whom it paid, got it, and what it left the pool is the fee. */
async function asPaid(
  tx: Tx,
  block: Block,
  coinbase: Coinbase,
  network: Network,
): Promise<Settlement> {
  const { finder } = block;
  const value = block.value!;
  const { byAccount, remarks } = await paymentsOf(tx, coinbase, null, new Set([finder]), network);
  const paid = [...byAccount.values()].reduce((sum, one) => sum + one.paid, 0n);
  const basis = { finder: finder === "" ? null : finder };
  if (paid === 0n && finder !== "") return await toItself(tx, block, basis);
  const fee = value - paid;
  // The rate stands in the job, not here: what it must have been.
  const feeBasisPoints = value === 0n ? 0 : ceilRate(fee, value);
  const all = [...remarks];
  if (value * BigInt(feeBasisPoints) / FULL !== fee) {
    all.push(`The pool's part of ${fee} sats is no fee in whole basis points of ${value}`);
  }
  return {
    scheme: "solo-coinbase",
    credits: [...byAccount].map(([account, payment]) => ({
      ...NOTHING,
      ...payment,
      account,
      weight: 1n,
      sats: payment.paid,
      feeBasisPoints,
    })),
    fee,
    donation: 0n,
    basis,
    remarks: all,
  };
}

/** The finder's script is the pool's own: nothing left the pool, so it is owed. */
async function toItself(
  tx: Tx,
  { finder, value }: Block,
  basis: Record<string, unknown>,
): Promise<Settlement> {
  const [account] = await accountsOf(tx, [finder]);
  return {
    scheme: "solo-coinbase",
    credits: [{ ...NOTHING, account: account!, weight: 1n, sats: value! }],
    fee: 0n,
    donation: 0n,
    basis,
    remarks: ["Its finder mines to an address of the pool itself: owed in whole, without a fee"],
  };
}

/** Before these books: what it brought and what it paid are the affair of those before. */
async function wholeToOpening(
  tx: Tx,
  { value }: Block,
  { outputs }: Coinbase,
  opening: number,
): Promise<Settlement> {
  const account = (await ownAccounts(tx)).opening;
  const paid = outputs.reduce((sum, { isPool, sats }) => isPool ? sum : sum + sats, 0n);
  return {
    scheme: "opening",
    credits: [{ ...NOTHING, account, sats: value!, paid }],
    fee: 0n,
    donation: 0n,
    basis: { openingMs: opening },
    remarks: [],
  };
}

const FULL = BigInt(BASIS_POINTS);

function ceilRate(fee: bigint, value: bigint): number {
  return Number((fee * FULL + value - 1n) / value);
}

const NOTHING = {
  weight: 0n,
  sats: 0n,
  feeBasisPoints: 0,
  donationBasisPoints: 0,
  paid: 0n,
  carried: 0n,
} as const;
