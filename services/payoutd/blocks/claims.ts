/**
 * Who may claim a block, as of a minute: what settling and the outputs of coinbases both rest on.
 *
 * @module
 */
import { feesAt, ratesOf, type SchemeName, type SchemeParams } from "@gopool/ledger/schemes";
import { sumsOf, totalsBack } from "@gopool/ledger/shares";
import type { Tx } from "@gopool/ledger";
import { type Claims, type Reach, ReachSearch, schemeOf, type Window } from "../schemes/mod.ts";

export interface ClaimsQuestion {
  readonly scheme: SchemeName;
  readonly params: SchemeParams;
  /** The minute of T: slices before it count, and all of them must be closed. */
  readonly minute: number;
  /** The minute of T of the block before it, for schemes with rounds; null where there is none. */
  readonly minuteBefore: number | null;
  /** Log time, ms since the Unix epoch, whose rates are in force. */
  readonly atMs: number;
  /** Canonical address; null where nobody was authorised. */
  readonly finder: string | null;
}

/**
 * The claims and what they rest on. The same at any time, as long as the slices are kept.
 *
 * @throws {WindowNotReadable} The window is not closed yet, or no longer kept.
 * @throws {RangeError} No fee was ever set.
 */
export async function claimsAt(tx: Tx, question: ClaimsQuestion): Promise<Claims> {
  const { params, minute, minuteBefore, finder } = question;
  const scheme = schemeOf(question.scheme);
  const fees = await feesAt(tx, question.atMs);
  const reach = scheme.reach({ minute, minuteBefore }, params);
  let work = null;
  if (reach !== null) {
    const window = await windowOf(tx, question.scheme, reach);
    work = { window, sums: await sumsOf(tx, question.scheme, window) };
  }
  return scheme.claims({
    finder,
    ratesOf: (account) => ratesOf(fees, account),
    poolRates: fees.pool,
    work,
  }, params);
}

async function windowOf(tx: Tx, scheme: SchemeName, reach: Reach): Promise<Window> {
  const search = new ReachSearch(reach);
  for await (const total of totalsBack(tx, scheme, reach.untilMinute)) {
    if (search.add(total)) break;
  }
  return search.window();
}
