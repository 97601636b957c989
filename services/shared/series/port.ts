/**
 * What was mined over time, as statsd writes it and apiserver asks for it: totals by minute, rolled up into hours and
 * days. Nothing of it decides money. What is said here holds for every adapter; contract.ts says it again as tests.
 *
 * Times are milliseconds since the Unix epoch, of the log (`logged_at_ms`), and ranges are half open: `fromMs` is in it,
 * `untilMs` is not. Work is in hashes (2^32 of them are about difficulty 1), as a float: exact enough for people.
 *
 * @module
 */

/** Which topic a share came from. */
export type Status = "valid" | "rejected" | "stale";

/** What shares add up to. Only valid ones have work. */
export interface Totals {
  readonly shares: number;
  /** Sum of the shares' work, hashes. */
  readonly work: number;
  /** Sum of the squares of the shares' work: the variance of `work`, since shares come by chance (Poisson). */
  readonly workSquared: number;
  /** Blocks that this work finds on average: the sum of work / (hashes a block needed at the time). */
  readonly expected: number;
}

/** The best share of some shares: its achieved difficulty, and when it was logged. 0 and 0: there is none. */
export interface Best {
  readonly difficulty: number;
  readonly atMs: number;
}

/**
 * All of a minute's shares of one worker and status on one partition. It replaces whatever was written under the same
 * key (account, worker, status, partition, minuteMs) before: it is always the whole minute as far as it is known.
 */
export interface MinutePoint extends Totals {
  /** Canonical address; empty where no account was authorised. */
  readonly account: string;
  /** May be empty. Any text that a miner may send: the adapter keeps it apart from every other. */
  readonly worker: string;
  readonly status: Status;
  /** Of the submissions. */
  readonly partition: number;
  /** Where the minute begins; divisible by 60,000. */
  readonly minuteMs: number;
  readonly best: Best;
  /** Sum over shares of submit received less job sent, ms; shares without a job sent count 0 in both. */
  readonly latencyMs: number;
  readonly latencyShares: number;
  /** When its newest share was logged. */
  readonly lastMs: number;
  /** Reason ("low-difficulty") → shares. Empty for valid ones. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** The same over all accounts: what questions about the whole pool read. Key: status, partition, minuteMs. */
export type PoolMinutePoint = Omit<MinutePoint, "account" | "worker">;

/** One share as it came, for those who look closely. Key: all of it but difficulty and latency. */
export interface RawShare {
  readonly account: string;
  readonly worker: string;
  readonly status: Status;
  readonly jobId: string;
  /** In force, not achieved. */
  readonly difficulty: number;
  readonly latencyMs: number;
  readonly loggedAtMs: number;
  readonly partition: number;
  readonly offset: number;
}

/** How far a reader of the log is through: where it has to begin again to see every open minute whole. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** Of the log that `offset` belongs to. */
  readonly logId: string;
  /** Offset, in the topic itself, of the first record that belongs to the oldest open minute. */
  readonly offset: number;
}

/** What is written together. */
export interface Fold {
  readonly minutes: readonly MinutePoint[];
  readonly pool: readonly PoolMinutePoint[];
  /** Empty where raw shares are left out. */
  readonly raw: readonly RawShare[];
  readonly positions: readonly Position[];
}

/** A block of the pool's that a node accepted. Key: hash; written again, it is replaced. */
export interface BlockPoint {
  /** Display form: as explorers show it. */
  readonly hash: string;
  readonly height: number;
  readonly foundAtMs: number;
  /** Canonical address; may be empty. */
  readonly finder: string;
  readonly worker: string;
  readonly networkDifficulty: number;
  /**
   * Blocks that the work since the block before it finds on average: 1 is average, less is luck. Null while minutes
   * before it are open.
   */
  readonly effort: number | null;
}

/** What the pool looked like at the end of a minute. Key: minuteMs. */
export interface Figures {
  readonly minuteMs: number;
  /** Over the last ten minutes, hashes a second. */
  readonly hashrate: number;
  readonly accounts: number;
  readonly workers: number;
  readonly height: number;
  readonly networkDifficulty: number;
}

/** Whose shares are asked about. */
export type Subject =
  | { readonly kind: "pool" }
  | { readonly kind: "account"; readonly account: string }
  | { readonly kind: "worker"; readonly account: string; readonly worker: string };

/** Half open. Both divisible by 60,000. */
export interface Range {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Everything about some shares over a range. */
export interface Sum {
  readonly range: Range;
  readonly valid: Totals;
  readonly rejected: number;
  readonly stale: number;
  /** Of the rejected and of the stale ones. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Of the valid ones. Equal ones: the earliest. */
  readonly best: Best;
  /** When the newest share of any status was logged; 0: there was none. */
  readonly lastMs: number;
}

/** A chart's step: as Sum, `range` is the step. */
export type Step = Sum;

export interface WorkerSum extends Sum {
  readonly worker: string;
}

export interface AccountSum extends Sum {
  readonly account: string;
  /** Workers of it with a share in the range. */
  readonly workers: number;
}

/** Who sent the best share of a range. */
export interface BestBy extends Best {
  readonly account: string;
  readonly worker: string;
}

/** What stands in the way of questions and writes: the server is away, refuses, or does not answer in time. */
export class SeriesUnavailable extends Error {
  override name = "SeriesUnavailable";
}

/**
 * Writes are made again by whoever got SeriesUnavailable: everything written twice is there once. A write is readable
 * when it resolves.
 */
export interface SeriesWriter {
  /**
   * Points and positions; all or nothing where the adapter keeps positions. A point with a number that is none (NaN,
   * infinite, part of a share) is left out, told and counted: it would stand in the way of all that follow.
   *
   * @throws {SeriesUnavailable}
   */
  write(fold: Fold): Promise<void>;
  /**
   * The positions last written; null where this adapter keeps none: then the bus's own position of the group holds.
   *
   * @throws {SeriesUnavailable}
   */
  positions(): Promise<readonly Position[] | null>;
  /**
   * Sums minutes up into hours and hours into days, anew: every hour that the range touches and that has ended by
   * `untilMs`, and every day of theirs that is rolled up whole then. Hours before the range that were never rolled up
   * are taken along, so that what is rolled up has no gaps; those whose minutes retention may have taken are left as
   * they are. To be called again when minutes of an hour changed after it was rolled up: until then its sum is the old
   * one.
   *
   * @returns How many hours and days were summed. @throws {SeriesUnavailable} @throws {RangeError}
   */
  rollUp(range: Range): Promise<{ readonly hours: number; readonly days: number }>;
  /** The end of the newest hour that is rolled up; 0: none. @throws {SeriesUnavailable} */
  rolledUntil(): Promise<number>;
  writeBlock(block: BlockPoint): Promise<void>;
  writeFigures(figures: Figures): Promise<void>;
  /** Takes away what is older than each table's retention, where the adapter has to do it. */
  prune(nowMs: number): Promise<void>;
}

/**
 * Questions. Each takes its range from the caller, who knows up to where minutes are settled. A range further back than
 * minutes are kept is answered from hours, then days, and then covers whole ones: `range` of the answer says what was
 * summed. A range without a share is zeros, never an error.
 */
export interface SeriesReader {
  /** One sum for each range, in their order: all windows of a subject in one call. @throws {SeriesUnavailable} */
  sums(subject: Subject, ranges: readonly Range[]): Promise<readonly Sum[]>;
  /**
   * Oldest first, without gaps, zeros included. `stepMs` is one of STEPS (levels.ts), or a coarser one where rows that
   * fine are gone; steps lie on multiples of it since 1970, the first is whole, the last one ends with the range. At
   * most STEPS_MAX. @throws {RangeError}
   */
  chart(subject: Subject, range: Range, stepMs: number): Promise<readonly Step[]>;
  /**
   * Of one account, with a share of any status in the range: those seen last first, each once over all pages; of those
   * seen in one ms names after `after`. At most ROWS_MAX on a page.
   */
  workers(
    account: string,
    range: Range,
    page: { readonly limit: number; readonly after?: { lastMs: number; worker: string } },
  ): Promise<readonly WorkerSum[]>;
  /** Accounts by valid work, the most first; those without any are none. At most ROWS_MAX. */
  top(range: Range, limit: number): Promise<readonly AccountSum[]>;
  /** Accounts and workers with a valid share in the range; of one account where it is named. */
  online(
    range: Range,
    account?: string,
  ): Promise<{ readonly accounts: number; readonly workers: number }>;
  /** Of the valid shares. Null where there is none. */
  best(subject: Subject, range: Range): Promise<BestBy | null>;
  /** The newest first, found before `untilMs` (any ms); of one ms by hash. At most ROWS_MAX. */
  blocks(
    page: { readonly untilMs: number; readonly limit: number },
  ): Promise<readonly BlockPoint[]>;
  /** Blocks found in a range. */
  blockCount(range: Range): Promise<number>;
  /** Oldest first; minutes without any are left out. Over STEPS_MAX minutes at most. @throws {RangeError} */
  figures(range: Range): Promise<readonly Figures[]>;
  /** When the first minute that is known begins; null before the first share. */
  firstMinute(): Promise<number | null>;
  /** A real question, answered. @throws {SeriesUnavailable} */
  health(): Promise<void>;
}

/** What an adapter counts of its writes. */
export interface WriteCounters {
  /** Writes under way now, with those that wait for their turn. */
  readonly inFlight: number;
  /** Points written. */
  readonly lines: number;
  /** Writes that were made again. */
  readonly retries: number;
  /** Points that are none, or that a server refused for good: told, and in no sum. */
  readonly dropped: number;
}

export interface Series extends SeriesWriter, SeriesReader, AsyncDisposable {
  /** For people and logs: adapter and place, never credentials. */
  readonly name: string;
  counters?(): WriteCounters;
}

/** Most steps of one chart: a year by day, a day by 5 minutes, with room. */
export const STEPS_MAX = 2_000;
/** Most rows of a page: the API's own pages have 1,000 at most. */
export const ROWS_MAX = 1_000;
