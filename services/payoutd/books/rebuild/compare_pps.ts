/** Minutes of PPS and FPPS, paid afresh from the slices of the scratch, with the fractions carried along. @module */
import { MINUTE_MS, type ShareScheme, type Tx } from "@gopool/ledger";
import { feesAt, ratesOf } from "@gopool/ledger/schemes";
import { carried, schemeOf } from "@gopool/ledger/rewards";
import { type Differences, timeOf } from "./differences.ts";
import type { Scratch } from "./scratch.ts";

const PAID_AT_ONCE = ["pps", "fpps"] as const satisfies readonly ShareScheme[];

export interface PpsCompared {
  readonly minutes: number;
  /** What each account got in all of them, by address or kind; of minutes that were not read, what the ledger says. */
  readonly paid: ReadonlyMap<string, bigint>;
}

/**
 * Compares minute by minute what was paid. The expected fees of FPPS are those that the ledger kept with the minute.
 *
 * @param fromMinute Minutes before it are the ledger's own here too, and with them what is carried out of them is not
 *   known: where it is above 0 and such minutes were paid, amounts are not compared, only added.
 */
export async function comparePps(
  tx: Tx,
  scratch: Scratch,
  fromMinute: number,
  differences: Differences,
): Promise<PpsCompared> {
  const paid = new Map<string, bigint>();
  const carries = new Map<string, bigint>();
  const [book] = await tx.query<{ next: number; older: bigint }>(
    `SELECT next_minute AS next, (SELECT count(*) FROM pps_minute WHERE minute < $1) AS older FROM pps_book`,
    [fromMinute],
  );
  const { next, older } = book!;
  for (const [account, sats] of await allPaid(tx)) paid.set(account, sats);
  if (older > 0n) return { minutes: 0, paid };
  const computed = new Map<string, bigint>();
  let minutes = 0;
  for (const minute of await wantedMinutes(tx, scratch, next)) {
    const { sats, expectedFees, transfers } = await stored(tx, minute);
    const earned = await earnedIn(tx, scratch, minute, expectedFees);
    const now = new Map<string, bigint>();
    for (const [account, parts] of earned) {
      const one = carried(carries.get(account) ?? 0n, parts);
      carries.set(account, one.carry);
      if (one.sats > 0n) now.set(account, one.sats);
    }
    const total = [...now.values()].reduce((sum, one) => sum + one, 0n);
    if (total > 0n) now.set("reserve", -total);
    if (sats === null) {
      differences.add(
        "minute",
        `${timeOf(minute)} has work that is paid at once, the ledger did not pay it`,
      );
    }
    for (const account of new Set([...now.keys(), ...transfers.keys()])) {
      const ours = now.get(account) ?? 0n;
      const theirs = transfers.get(account) ?? 0n;
      computed.set(account, (computed.get(account) ?? 0n) + ours);
      if (ours === theirs) continue;
      differences.add(
        "minute",
        `${timeOf(minute)}, ${account}: computed ${ours} sats, the ledger paid ${theirs}`,
      );
    }
    minutes++;
  }
  return { minutes, paid: computed };
}

/** Minutes that must be paid by now, and those that were. */
async function wantedMinutes(tx: Tx, scratch: Scratch, next: number): Promise<number[]> {
  const rows = await tx.query<{ minute: number }>("SELECT minute FROM pps_minute");
  const minutes = new Set(rows.map(({ minute }) => minute));
  for (const scheme of PAID_AT_ONCE) {
    for (const { minute } of scratch.totalsBack(scheme, next, 0)) minutes.add(minute);
  }
  return [...minutes].sort((a, b) => a - b);
}

async function earnedIn(
  tx: Tx,
  scratch: Scratch,
  minute: number,
  expectedFees: bigint,
): Promise<Map<string, bigint>> {
  const fees = await feesAt(tx, minute * MINUTE_MS);
  const slices = scratch.slices(minute, 1);
  const parts = new Map<string, bigint>();
  const add = (account: string, more: bigint) =>
    parts.set(account, (parts.get(account) ?? 0n) + more);
  for (const scheme of PAID_AT_ONCE) {
    const work = slices.filter((slice) => slice.scheme === scheme);
    const earned = schemeOf(scheme).earn!(work, expectedFees, (account) => ratesOf(fees, account));
    for (const { account, parts } of earned.earnings) add(account, parts);
    if (earned.donationParts > 0n) add("donation", earned.donationParts);
  }
  return parts;
}

async function stored(tx: Tx, minute: number) {
  const [row] = await tx.query<{ sats: bigint; fees: bigint }>(
    "SELECT sats, expected_fees AS fees FROM pps_minute WHERE minute = $1",
    [minute],
  );
  const entries = await tx.query<{ account: string; sats: bigint }>(
    `SELECT CASE WHEN a.kind = 'miner' THEN a.name ELSE a.kind END AS account, e.sats
     FROM transfer t JOIN entry e ON e.transfer_id = t.id JOIN account a ON a.id = e.account_id
     WHERE t.minute = $1 AND t.kind = 'pps'`,
    [minute],
  );
  return {
    sats: row?.sats ?? null,
    expectedFees: row?.fees ?? 0n,
    transfers: new Map(entries.map(({ account, sats }) => [account, sats])),
  };
}

async function allPaid(tx: Tx): Promise<[string, bigint][]> {
  const rows = await tx.query<{ account: string; sats: bigint }>(
    `SELECT CASE WHEN a.kind = 'miner' THEN a.name ELSE a.kind END AS account, sum(e.sats) AS sats
     FROM transfer t JOIN entry e ON e.transfer_id = t.id JOIN account a ON a.id = e.account_id
     WHERE t.kind = 'pps' GROUP BY 1`,
  );
  return rows.map(({ account, sats }) => [account, sats]);
}
