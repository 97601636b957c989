import { compareText } from "./split.ts";
import type { AccountWork } from "./types.ts";
import { Units } from "./units.ts";
import { addTo, totalsOf, type Window, type WindowTotal } from "./window.ts";

/** The accounts' work and the window's totals tell different things: they were not read at one moment, or a sum is wrong. */
export class WindowMismatch extends Error {
  override name = "WindowMismatch";
}

/**
 * What each account's work in a window weighs: whole numbers over one common denominator, which is the same for all.
 *
 * @param sums Work of every account in the window, each account and nBits once; in any order.
 * @returns By address ascending, without accounts that weigh nothing.
 * @throws {WindowMismatch} The sums do not add up to the window's totals.
 */
export function weightsOf(
  { fraction: { numerator, denominator }, totals }: Window,
  sums: readonly AccountWork[],
): { account: string; weight: bigint }[] {
  const whole = new Map<number, bigint>();
  const edge = new Map<number, bigint>();
  const units = new Units(totals.map(({ nbits }) => nbits));
  const weights = new Map<string, bigint>();
  for (const sum of sums) {
    if (sum.whole === 0n && sum.edge === 0n) continue;
    addTo(whole, sum.nbits, sum.whole);
    addTo(edge, sum.nbits, sum.edge);
    if (!totals.some(({ nbits }) => nbits === sum.nbits)) continue;
    const parts = (sum.whole * denominator + sum.edge * numerator) * units.factor(sum.nbits);
    addTo(weights, sum.account, parts);
  }
  const found = totalsOf(whole, edge);
  if (!sameTotals(found, totals)) {
    throw new WindowMismatch(
      `The accounts' work adds up to ${sayTotals(found)}, the window has ${sayTotals(totals)}`,
    );
  }
  return [...weights].filter(([, weight]) => weight !== 0n)
    .map(([account, weight]) => ({ account, weight }))
    .sort((a, b) => compareText(a.account, b.account));
}

function sameTotals(a: readonly WindowTotal[], b: readonly WindowTotal[]): boolean {
  return a.length === b.length && a.every((total, at) => {
    const other = b[at]!;
    return total.nbits === other.nbits && total.whole === other.whole && total.edge === other.edge;
  });
}

function sayTotals(totals: readonly WindowTotal[]): string {
  const said = totals.map(({ nbits, whole, edge }) => `${nbits.toString(16)}: ${whole} + ${edge}`);
  return said.length === 0 ? "nothing" : said.join(", ");
}
