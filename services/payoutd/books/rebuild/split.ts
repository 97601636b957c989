/**
 * A block's split computed afresh: by the schedule, the slices of the scratch and the coinbase as the chain has it.
 * Accounts are called by their address, the pool's own by their kind: a rebuild needs none of the ledger's ids.
 *
 * @module
 */
import { canonicalAddress, type Network, VARIANT_SOLO } from "@gopool/chain";
import type { SchemeName } from "@gopool/ledger";
import { type FeesInForce, ratesOf, schemeAt, type SchemePeriod } from "@gopool/ledger/schemes";
import type { Block, CoinbaseOutput } from "@gopool/ledger/blocks";
import { MINUTE_MS, minuteOf } from "@gopool/ledger/shares";
import {
  type Basis,
  schemeOf,
  splitBlock,
  type Window,
  windowOf as windowOfBasis,
} from "@gopool/ledger/rewards";
import { type Slices, sumsIn, windowOf } from "./windows.ts";

/** What an account got of a block. */
export interface Got {
  sats: bigint;
  paid: bigint;
  carried: bigint;
}

export interface Split {
  /** A scheme's name, or "solo-coinbase", "opening". */
  readonly scheme: string;
  /** By address, or kind. */
  readonly got: ReadonlyMap<string, Got>;
  readonly fee: bigint;
  readonly donation: bigint;
}

/** What a coinbase's outputs were made by, where its job had a snapshot. */
export interface Offered {
  readonly minute: number;
  readonly outputs: readonly {
    readonly script: Uint8Array;
    readonly account: string;
    readonly carried: bigint;
  }[];
}

export interface SplitDeps {
  readonly slices: Slices;
  readonly network: Network;
  readonly periods: readonly SchemePeriod[];
  /** Log time from which the books have shares. */
  readonly openingMs: number;
  /** Rates in force at a log time. */
  feesAt(atMs: number): Promise<FeesInForce>;
}

/**
 * @param basis As the ledger has it: of use for rounds only (PROP), whose beginning rests on which blocks stood then.
 */
export async function splitOf(
  deps: SplitDeps,
  block: Block,
  outputs: readonly CoinbaseOutput[],
  offered: Offered | null,
  basis: Basis | null,
): Promise<Split> {
  const { network, openingMs, periods } = deps;
  const value = outputs.reduce((sum, { sats }) => sum + sats, 0n);
  const got = new Map<string, Got>();
  const of = (name: string): Got => {
    let one = got.get(name);
    if (one === undefined) got.set(name, one = { sats: 0n, paid: 0n, carried: 0n });
    return one;
  };
  const others = outputs.filter(({ isPool }) => !isPool);
  if (block.foundAtMs < openingMs) {
    of("opening").sats = value;
    for (const { sats } of others) of("opening").paid += sats;
    return { scheme: "opening", got, fee: 0n, donation: 0n };
  }
  const planned = new Map(offered?.outputs.map((output) => [output.script.toHex(), output]));
  for (const { sats, script } of others) {
    const plan = planned.get(script.toHex());
    planned.delete(script.toHex());
    const one = of(plan?.account ?? canonicalAddress(script, network) ?? "operator");
    one.paid += sats;
    if (plan !== undefined) one.carried += plan.carried < sats ? plan.carried : sats;
  }
  if (block.variant === VARIANT_SOLO && block.origin !== "operator") {
    return asPaid(block, value, got, of);
  }
  const minute = offered?.minute ?? minuteOf(block.foundAtMs);
  const { scheme, params } = schemeAt(periods, minute);
  const fees = await deps.feesAt(minute * MINUTE_MS);
  const { claims, reach } = schemeOf(scheme);
  const wanted = reach({ minute, minuteBefore: null }, params);
  const window = wanted === null
    ? null
    : roundOf(scheme, basis) ?? await windowOf(deps.slices, scheme, wanted);
  const work = window === null ? null : { window, sums: await sumsIn(deps.slices, scheme, window) };
  const split = splitBlock(
    value,
    claims({
      finder: block.finder === "" ? null : block.finder,
      ratesOf: (account) => ratesOf(fees, account),
      poolRates: fees.pool,
      work,
    }, params),
  );
  for (const { account, sats } of split.credits) of(account).sats += sats;
  if (split.reserveSats > 0n) of("reserve").sats += split.reserveSats;
  if (split.unclaimedSats > 0n) of("unclaimed").sats += split.unclaimedSats;
  return { scheme, got, fee: split.feeSats, donation: split.donationSats };
}

/** A coinbase that pays its session's account: whom it paid, got it, what it left the pool is the fee. */
function asPaid(
  { finder }: Block,
  value: bigint,
  got: Map<string, Got>,
  of: (name: string) => Got,
): Split {
  const paid = [...got.values()].reduce((sum, one) => sum + one.paid, 0n);
  // Its finder's script is the pool's own: nothing left the pool.
  if (paid === 0n && finder !== "") {
    of(finder).sats = value;
    return { scheme: "solo-coinbase", got, fee: 0n, donation: 0n };
  }
  for (const one of got.values()) one.sats = one.paid;
  return { scheme: "solo-coinbase", got, fee: value - paid, donation: 0n };
}

/** The round that PROP split over, as stored: its work is computed afresh all the same. */
function roundOf(scheme: SchemeName, basis: Basis | null): Window | null {
  return scheme === "prop" && basis !== null ? windowOfBasis(basis) : null;
}
