/**
 * Who may claim a block, as of a minute: what settling and the outputs of coinbases both rest on.
 *
 * @module
 */
import { VARIANT_SOLO } from "@gopool/chain";
import type { Tx } from "../port.ts";
import { type Claims, type Reach, ReachSearch, schemeOf, type Window } from "../rewards/mod.ts";
import {
  feesAt,
  ratesOf,
  schemeAt,
  type SchemeName,
  type SchemeParams,
  schemePeriods,
} from "../schemes/mod.ts";
import { MINUTE_MS, minuteOf, sumsOf, totalsBack } from "../shares/mod.ts";
import type { Block } from "./types.ts";

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

/**
 * Who may claim a block of a minute, by the scheme in force in it. Every minute before it must be closed.
 *
 * @param block Its finder is empty where nobody was authorised; its hash and T tell which block came before it.
 */
export async function claimsBefore(
  tx: Tx,
  minute: number,
  block: Pick<Block, "foundAtMs" | "hash" | "finder">,
): Promise<{ readonly scheme: SchemeName; readonly claims: Claims }> {
  const { scheme, params } = schemeAt(await schemePeriods(tx), minute);
  const claims = await claimsAt(tx, {
    scheme,
    params,
    minute,
    minuteBefore: await minuteOfBlockBefore(tx, block),
    atMs: minute * MINUTE_MS,
    finder: block.finder === "" ? null : block.finder,
  });
  return { scheme, claims };
}

/** As {@link claimsBefore}, of a block that is none yet: it were found when the minute begins. */
export function claimsNow(tx: Tx, minute: number, finder: string) {
  const found = { foundAtMs: minute * MINUTE_MS, hash: new Uint8Array(32), finder };
  return claimsBefore(tx, minute, found);
}

/** The minute of T of the block before, of those that were split by rounds; null where there is none. */
async function minuteOfBlockBefore(
  tx: Tx,
  { foundAtMs, hash }: Pick<Block, "foundAtMs" | "hash">,
): Promise<number | null> {
  const [row] = await tx.prepared<{ at: bigint | null }>(
    "block_before",
    `SELECT max(found_at_ms) AS at FROM block
     WHERE (found_at_ms, hash) < ($1, $2) AND variant <> $3 AND state IN ('confirmed', 'mature')`,
    [foundAtMs, hash, VARIANT_SOLO],
  );
  return row?.at == null ? null : minuteOf(Number(row.at));
}
