/**
 * Shares counted afresh: every log of the ledger read by the chain rule from where it was opened to where the ledger
 * stands, summed into slices of this reader's own.
 *
 * @module
 */
import { shareValid } from "@gopool/bus";
import { type Network, subsidyAt, targetFromBits, workOfTarget } from "@gopool/chain";
import { MINUTE_MS, PAYS_BY_SUBSIDY, type ShareScheme, type Tx } from "@gopool/ledger";
import { schemeAt, type SchemePeriod } from "@gopool/ledger/schemes";
import { type Books, readBatch, type Share, ShareReader } from "../../shares/mod.ts";
import type { Differences } from "./differences.ts";
import type { History, HistoryLog } from "./history.ts";
import type { Scratch, SliceRow } from "./scratch.ts";

/** Sums held in memory before they go to disk: some ten MB. */
const SUMS_MAX = 50_000;

/** Where the reading of a partition begins and ends. */
export interface Stretch {
  /** The log's number in the ledger. */
  readonly number: number;
  readonly log: HistoryLog;
  readonly partition: number;
  readonly from: {
    readonly sourceOffset: number;
    readonly headerHash: Uint8Array;
    readonly nextOffset: number;
  };
  readonly to: {
    readonly sourceOffset: number;
    readonly nextOffset: number;
    readonly headerHash: Uint8Array;
  };
  /** Shares that the ledger says it counted between the two. */
  readonly shares: bigint;
}

export interface SharesRead {
  readonly shares: number;
  readonly stretches: number;
}

interface ReadingDeps {
  readonly tx: Tx;
  readonly history: History;
  readonly scratch: Scratch;
  readonly books: Books;
  readonly periods: readonly SchemePeriod[];
  readonly differences: Differences;
  readonly signal: AbortSignal;
}

/** Reads all stretches into the scratch. @throws {HistoryMissing} */
export async function readShares(
  deps: ReadingDeps,
  stretches: readonly Stretch[],
): Promise<SharesRead> {
  const sums = new SliceSums(deps.books.network, deps.periods);
  let shares = 0;
  for (const stretch of stretches) shares += await readStretch(deps, stretch, stretches, sums);
  deps.scratch.add(sums.take());
  deps.scratch.sumUp();
  return { shares, stretches: stretches.length };
}

async function readStretch(
  { tx, history, scratch, books, differences, signal }: ReadingDeps,
  stretch: Stretch,
  all: readonly Stretch[],
  sums: SliceSums,
): Promise<number> {
  const { number, log, partition, from, to } = stretch;
  const reader = new ShareReader(books);
  const late = await lateShares(tx, number, partition);
  const former = new Map(
    all.filter((one) => one.number < number && one.partition === partition && one.log.id !== log.id)
      .map((one) => [one.log.id, one.to.sourceOffset]),
  );
  let at = { partition, loggedAtMs: 0, ...from };
  let gap, shares = 0;
  const where = `share.valid/${partition} of log "${log.id}"`;
  for await (
    const batch of history.read(log, shareValid, partition, from.nextOffset, to.nextOffset)
  ) {
    signal.throwIfAborted();
    const read = readBatch({ log: { number, id: log.id }, at, former }, batch, reader, gap);
    for (const share of read.shares) sums.add(share, late.get(share.sourceOffset));
    shares += read.shares.length;
    if (sums.size > SUMS_MAX) scratch.add(sums.take());
    at = read.to;
    gap = read.gap;
    if (read.fault !== undefined) {
      differences.add("log", read.fault);
      return shares;
    }
  }
  if (at.sourceOffset !== to.sourceOffset || at.nextOffset !== to.nextOffset) {
    differences.add(
      "log",
      `${where} leads to source offset ${at.sourceOffset} (next record ${at.nextOffset}), the ledger stands at ` +
        `${to.sourceOffset} (${to.nextOffset})`,
    );
  }
  if (BigInt(shares) !== stretch.shares) {
    differences.add(
      "log",
      `${where} has ${shares} shares that count, the ledger counted ${stretch.shares}`,
    );
  }
  return shares;
}

/** Where shares count that came when their minute was closed, by source offset. */
async function lateShares(
  tx: Tx,
  log: number,
  partition: number,
): Promise<ReadonlyMap<number, number>> {
  const rows = await tx.query<{ source_offset: bigint; minute: number }>(
    "SELECT source_offset, minute FROM late_share WHERE log = $1 AND partition = $2",
    [log, partition],
  );
  return new Map(rows.map(({ source_offset, minute }) => [Number(source_offset), minute]));
}

/** Sums by slice, in memory. */
class SliceSums {
  #sums = new Map<string, { -readonly [K in keyof SliceRow]: SliceRow[K] }>();

  constructor(
    private readonly network: Network,
    private readonly periods: readonly SchemePeriod[],
  ) {}

  get size(): number {
    return this.#sums.size;
  }

  /** @param lateMinute Where it counts, if it came late. */
  add(share: Share, lateMinute: number | undefined): void {
    const { account, nbits, height, coinbase, loggedAtMs } = share;
    const logged = Math.floor(loggedAtMs / MINUTE_MS);
    const minute = lateMinute ?? logged;
    const scheme: ShareScheme = coinbase ? "coinbase" : schemeAt(this.periods, logged).scheme;
    const atOnce = PAYS_BY_SUBSIDY.has(scheme);
    const subsidy = atOnce ? subsidyAt(this.network, height) : 0n;
    // Paid at once, a share is worth one block at most.
    const most = atOnce ? workOfTarget(targetFromBits(nbits)) : share.work;
    const work = share.work < most ? share.work : most;
    const key = `${minute}/${scheme}/${nbits}/${subsidy}/${account}`;
    const sum = this.#sums.get(key);
    if (sum === undefined) {
      this.#sums.set(key, { minute, scheme, account, nbits, subsidy, shares: 1, work });
    } else {
      sum.shares++;
      sum.work += work;
    }
  }

  /** What was summed since the last time. */
  take(): SliceRow[] {
    const rows = [...this.#sums.values()];
    this.#sums = new Map();
    return rows;
  }
}
