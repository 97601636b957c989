/**
 * What a reward scheme is. Each is a module of its own behind {@link RewardScheme}; `schemeOf()` finds it by name.
 *
 * @module
 */
import type { SchemeName, SchemeParams } from "../schemes/mod.ts";
import { splitValue } from "./split.ts";
import type { AccountWork, Rates, Split, Weight } from "./types.ts";
import type { MinuteEarnings, MinuteWork } from "./earnings.ts";
import type { Reach, Window } from "./window.ts";

/** A block as the schemes see it. */
export interface FoundBlock {
  /** The minute of T. */
  readonly minute: number;
  /** The minute of T of the block before it, of those that count; null where there is none. */
  readonly minuteBefore: number | null;
}

/** Who took part, and what is in force. */
export interface Claimants {
  /** Canonical address; null where nobody was authorised. */
  readonly finder: string | null;
  /** Rates in force at T. */
  ratesOf(account: string): Rates;
  /** The pool's own, used by accounts without others: stored with the split. */
  readonly poolRates: Rates;
  /** The window that the scheme's reach gave, with the work of everybody in it; null where it reaches for nothing. */
  readonly work: { readonly window: Window; readonly sums: readonly AccountWork[] } | null;
}

/** Who may claim a block, before it is known how much that is. */
export interface Claims {
  /** Whom it goes to: by weights; or whole to the reserve; or, nobody having earned it, to "unclaimed". */
  readonly goes: "accounts" | "reserve" | "unclaimed";
  /** By address ascending; empty unless it goes to accounts. */
  readonly weights: readonly Weight[];
  readonly basis: Basis;
}

export interface RewardScheme {
  readonly name: SchemeName;
  /** Which slices a block's split rests on; null: on none. */
  reach(block: FoundBlock, params: SchemeParams): Reach | null;
  /** Who may claim a block. */
  claims(claimants: Claimants, params: SchemeParams): Claims;
  /**
   * What the work of a closed minute earns at once, blocks or none; null where work earns with blocks only.
   *
   * @param expectedFees F: fees that a block is expected to bring, in satoshi.
   */
  readonly earn:
    | ((
      work: readonly MinuteWork[],
      expectedFees: bigint,
      ratesOf: (account: string) => Rates,
    ) => MinuteEarnings)
    | null;
}

/**
 * What a split rests on, as JSON: stored with the block, so that anyone who has the slices can compute the split again.
 * Amounts and work are decimal texts.
 */
export interface Basis {
  readonly scheme: SchemeName;
  readonly goes: Claims["goes"];
  /** By what weights were given: the window, or the finder alone took it; null where nobody has one. */
  readonly by: "window" | "finder" | null;
  readonly finder: string | null;
  /** X; null where the scheme has none. */
  readonly windowThousandths: number | null;
  readonly window: BasisWindow | null;
  /** Σ weights; an account's own weight and rates stand with its credit. */
  readonly weight: string;
  /** The pool's rates at T. */
  readonly poolFeeBasisPoints: number;
  readonly poolDonationBasisPoints: number;
}

/** A {@link Window} as JSON. */
export interface BasisWindow {
  readonly fromMinute: number;
  readonly edgeMinutes: number;
  readonly untilMinute: number;
  readonly numerator: string;
  readonly denominator: string;
  readonly full: boolean;
  readonly totals: readonly {
    readonly nbits: number;
    readonly whole: string;
    readonly edge: string;
  }[];
}

/** All of a block's value: credits + fee + donation + reserve + unclaimed. */
export interface BlockSplit extends Split {
  readonly reserveSats: bigint;
  readonly unclaimedSats: bigint;
}

/** Splits a block's value among those who may claim it, to the satoshi. */
export function splitBlock(value: bigint, { goes, weights }: Claims): BlockSplit {
  if (value < 0n) throw new RangeError(`Cannot split ${value} sats: must be >= 0`);
  const whole = { credits: [], feeSats: 0n, donationSats: 0n };
  switch (goes) {
    case "accounts":
      return { ...splitValue(value, weights), reserveSats: 0n, unclaimedSats: 0n };
    case "reserve":
      return { ...whole, reserveSats: value, unclaimedSats: 0n };
    case "unclaimed":
      return { ...whole, reserveSats: 0n, unclaimedSats: value };
  }
}
