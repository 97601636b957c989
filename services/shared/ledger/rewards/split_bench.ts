/**
 * A PPLNS block split over 10,000 accounts, from the work in its window to credits.
 *
 * Budget: 100 ms, a tenth of what settling such a block may take with its reading and writing. Asserts first that the
 * credits add up to the block.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { schemeOf, splitBlock } from "./mod.ts";
import type { AccountWork, MinuteTotal } from "./types.ts";
import { unitWork } from "./units.ts";
import { findWindow } from "./window.ts";

const ACCOUNTS = 10_000;
const MINUTES = 24 * 60;
const BUDGET_MS = 100;
const VALUE = 314_159_265n;
/** In thousandths: a part of the oldest minute counts. */
const X = 2_489n;
/** Before and after a retarget of the main chain. */
const BITS = [0x1702_2dcd, 0x1702_1a7b];

/** Work of a miner in a day, from a hobby's to a farm's: about 2 units altogether. */
const dayOf = (account: number, nbits: number) =>
  unitWork(nbits) * BigInt(1 + account % 997) / 4_000_000n + BigInt(account);

const sums: AccountWork[] = BITS.flatMap((nbits) =>
  Array.from({ length: ACCOUNTS }, (_, account) => ({
    account: `bc1q${String(account).padStart(38, "0")}`,
    nbits,
    whole: dayOf(account, nbits),
    edge: dayOf(account, nbits) / BigInt(MINUTES),
  }))
);
const total = (part: "whole" | "edge", nbits: number) =>
  sums.reduce((sum, one) => one.nbits === nbits ? sum + one[part] : sum, 0n);
/** A day of minutes whose sums are those of the accounts: the oldest is the edge. */
const totals: MinuteTotal[] = [];
for (let minute = MINUTES; minute > 0; minute--) {
  for (const nbits of BITS) {
    const each = total("whole", nbits) / BigInt(MINUTES - 1);
    const last = total("whole", nbits) - each * BigInt(MINUTES - 2);
    const work = minute === 1 ? total("edge", nbits) : minute === 2 ? last : each;
    totals.push({ minute, nbits, work });
  }
}

function split() {
  const scheme = schemeOf("pplns");
  const window = findWindow(totals, X, MINUTES + 1);
  const rates = { feeBasisPoints: 100, donationBasisPoints: 10 };
  const claims = scheme.claims({
    finder: null,
    ratesOf: () => rates,
    poolRates: rates,
    work: { window, sums },
  }, { windowThousandths: Number(X) });
  return { window, split: splitBlock(VALUE, claims) };
}

Deno.bench(`split a block over ${ACCOUNTS} accounts`, { n: 1, warmup: 0 }, () => {
  let bestMs = Infinity;
  for (let round = 0; round < 5; round++) {
    const startedMs = performance.now();
    const { window, split: { credits, feeSats, donationSats } } = split();
    bestMs = Math.min(bestMs, performance.now() - startedMs);
    assertEquals([credits.length, window.full, window.fromMinute], [ACCOUNTS, true, 1]);
    assertEquals(credits.reduce((sum, { sats }) => sum + sats, feeSats + donationSats), VALUE);
  }
  console.log(`\n${bestMs.toFixed(1)} ms for ${ACCOUNTS} accounts (budget ${BUDGET_MS} ms)`);
  assert(bestMs <= BUDGET_MS);
});
