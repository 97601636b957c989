/** Blocks of the chain that the expectation rests on: about a day. */
export const FEE_BLOCKS = 144;
/** A block's fees count up to so many times the median of these blocks. */
export const FEE_CAP_MEDIANS = 3n;

/**
 * F: the fees that a block is expected to bring, as FPPS pays them. The mean of the chain's last {@link FEE_BLOCKS} blocks
 * (of fewer, where fewer are known; 0 without any), floored, in which no block counts more than {@link FEE_CAP_MEDIANS}
 * times their median: a fee that somebody paid by mistake is no promise for the next day. Of an even number of blocks the
 * lower of the two in the middle is the median. Nothing is done about low ones: empty blocks are part of what to expect.
 *
 * @param fees Of the last blocks, in satoshi, none negative; in any order.
 */
export function expectedFees(fees: readonly bigint[]): bigint {
  if (fees.length === 0) return 0n;
  const sorted = fees.toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0);
  const cap = FEE_CAP_MEDIANS * sorted[(sorted.length - 1) >> 1]!;
  const sum = sorted.reduce((sum, fee) => sum + (fee < cap ? fee : cap), 0n);
  return sum / BigInt(sorted.length);
}
