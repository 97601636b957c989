/**
 * Shares summed up by (minute, scheme, nBits, subsidy, account): what one batch adds to the slices. Pure.
 *
 * @module
 */
import { type Network, subsidyAt, targetFromBits, workOfTarget } from "@gopool/chain";
import { schemeAt, type SchemePeriod } from "@gopool/ledger/schemes";
import { type LateShare, minuteOf, PAYS_BY_SUBSIDY, type ShareScheme } from "@gopool/ledger/shares";
import type { Share } from "./share.ts";

/** What shares are summed by. */
export interface SummingRules {
  readonly network: Network;
  /** As the ledger's `schemePeriods` gives them. */
  readonly periods: readonly SchemePeriod[];
  /** Shares of minutes before it count in it. */
  readonly firstOpenMinute: number;
}

interface AccountSum {
  shares: number;
  work: bigint;
}

/** The accounts of one (minute, scheme, nBits, subsidy). */
export interface SliceGroup {
  readonly minute: number;
  readonly scheme: ShareScheme;
  readonly nbits: number;
  readonly subsidy: bigint;
  readonly accounts: ReadonlyMap<string, Readonly<AccountSum>>;
}

export interface Sums {
  readonly groups: readonly SliceGroup[];
  readonly late: readonly LateShare[];
}

type OpenGroup = Omit<SliceGroup, "accounts"> & {
  readonly accounts: Map<string, AccountSum>;
  /**
   * What one share counts at most; null: no bound. Paid at once, a share of a difficulty above the network's is worth
   * the one block that it stands for and no more: at such a difficulty most blocks are not even sent in.
   */
  readonly shareMax: bigint | null;
};

/**
 * Sums up. A share counts under the scheme that was in force when it was logged, also when it comes late and counts in
 * a later minute.
 *
 * @throws {RangeError} No scheme was in force then: payoutd has not written its first one yet.
 */
export function sumShares(shares: readonly Share[], rules: SummingRules): Sums {
  const groups = new Map<string, OpenGroup>();
  const late: LateShare[] = [];
  // Neighbours are nearly always of one group.
  let last: { loggedMinute: number; share: Share; group: OpenGroup } | undefined;
  for (const share of shares) {
    const loggedMinute = minuteOf(share.loggedAtMs);
    const minute = Math.max(loggedMinute, rules.firstOpenMinute);
    if (minute !== loggedMinute) {
      late.push({ sourceOffset: share.sourceOffset, loggedMinute, minute });
    }
    if (
      last === undefined || last.loggedMinute !== loggedMinute ||
      last.share.nbits !== share.nbits || last.share.height !== share.height ||
      last.share.coinbase !== share.coinbase
    ) {
      last = { loggedMinute, share, group: groupOf(groups, share, loggedMinute, minute, rules) };
    }
    const { accounts, shareMax } = last.group;
    const work = shareMax !== null && share.work > shareMax ? shareMax : share.work;
    const sum = accounts.get(share.account);
    if (sum === undefined) accounts.set(share.account, { shares: 1, work });
    else {
      sum.shares++;
      sum.work += work;
    }
  }
  return { groups: [...groups.values()], late };
}

function groupOf(
  groups: Map<string, OpenGroup>,
  { coinbase, nbits, height }: Share,
  loggedMinute: number,
  minute: number,
  { periods, network }: SummingRules,
): OpenGroup {
  const scheme = coinbase ? "coinbase" : schemeAt(periods, loggedMinute).scheme;
  const isPaidAtOnce = PAYS_BY_SUBSIDY.has(scheme);
  const subsidy = isPaidAtOnce ? subsidyAt(network, height) : 0n;
  const key = `${minute}/${scheme}/${nbits}/${subsidy}`;
  let group = groups.get(key);
  if (group === undefined) {
    const shareMax = isPaidAtOnce ? workOfTarget(targetFromBits(nbits)) : null;
    groups.set(key, group = { minute, scheme, nbits, subsidy, accounts: new Map(), shareMax });
  }
  return group;
}
