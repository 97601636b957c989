import { BASIS_POINTS } from "./types.ts";

/**
 * How likely a reserve that pays per share is ever empty, if nothing is put in or taken out: about exp(−2·f·R / B) for a
 * fee f, a reserve R and a block's value B (Rosenfeld, "Analysis of Bitcoin Pooled Mining Reward Systems"). For people to
 * look at: nothing is paid or refused by it, and it is the one number here that is not exact.
 *
 * @returns From 0 to 1; 1 without a fee or a reserve.
 */
export function ruinProbability(
  { reserve, blockValue, feeBasisPoints }: {
    readonly reserve: bigint;
    readonly blockValue: bigint;
    readonly feeBasisPoints: number;
  },
): number {
  if (reserve <= 0n || blockValue <= 0n || feeBasisPoints <= 0) return 1;
  return Math.exp(-2 * feeBasisPoints / BASIS_POINTS * Number(reserve) / Number(blockValue));
}
