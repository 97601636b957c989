/**
 * Every bound and pace of statsd, with its reason.
 *
 * @module
 */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** Records in one batch of the bus: some 300 kB, folded in about ten milliseconds. */
export const BATCH_MAX = 1_000;

/** How often open minutes are written: what people see is a second or two old. */
export const WRITE_EVERY_MS = 1_000;

/** Pause after a write that the store did not take, doubling: a store that restarts is back within seconds. */
export const WRITE_RETRY = { firstMs: 1_000, lastMs: 15_000 } as const;

/**
 * Minutes of one status and partition that wait to be written; then its reading waits. One is enough while all is well;
 * an hour of them lets a small pool catch up in few writes where each takes a second. It bounds, too, what a process
 * that was taken for dead may still write over: see HOLD_MS.
 */
export const OPEN_MINUTES_MAX = 60;

/**
 * Totals of minutes that are over and wait to be written, over everything this process reads, beyond which reading waits:
 * at some 400 bytes each 80 MB, refused ones with their reasons twice that. A minute of 30,000 workers on four
 * partitions has 120,000 at the very most.
 */
export const TOTALS_MAX = 200_000;

/**
 * Points of one write where the store stands in this process: it writes in some 20 ms, and miners wait meanwhile.
 * A server takes many at once, and answers each write only after a while.
 */
export const WRITE_MAX = { embedded: 2_000, server: 50_000 } as const;

/** A process whose timer of a second is this late was stopped: Kafka may have taken it for dead (after 10 s). */
export const PAUSED_AFTER_MS = 6_000;
/** ... then it writes nothing for this long: its member of the group asks each half second, and is told by then. */
export const SHAKEN_MS = 3_000;
/** A write that is not answered for this long is told: servers answer within a second, or say no within ten. */
export const WRITE_LONG_MS = 20_000;
/**
 * How long the store is waited for once statsd was told to end: a write that is taken is taken by then, and the process
 * has ten seconds for all it still has to do.
 */
export const END_WAIT_MS = 3_000;

/**
 * Names of one minute, status and partition that get totals of their own; the shares of those beyond count for the
 * account, without the worker's name, or for nobody's account. Whoever makes up names fills no memory by it.
 */
export const NAMES_OF_MINUTE_MAX = 50_000;
/** ... and workers of one account in it: farms have thousands, on all partitions together. */
export const WORKERS_OF_ACCOUNT_MAX = 5_000;

/** Raw shares that wait to be written; then reading waits: some 10 MB. */
export const RAW_MAX = 20_000;

/**
 * After a partition was taken over, the minutes that its owner before may have had open are written once more when this
 * has passed: where that one was only taken for dead (Kafka gives a silent member up after 10 s), a write that it still
 * had on its way may come after ours, and is less than the whole. A store is asked for 40 s at most by one write.
 */
export const HOLD_MS = 45_000;

/** How often it is asked how far the judges are, to know which minutes are over. */
export const SETTLE_EVERY_MS = 2_000;
/** A minute is asked about when it ended this long ago by this machine's clock: the brokers' may be that far off. */
export const SETTLE_AFTER_MS = 10_000;
/** What a process says of its partitions stands in the state for this long: it is said again each minute. */
export const SETTLED_TTL_MS = 10 * 60_000;
/** ... and is said again after this where nothing moves. */
export const SETTLED_AGAIN_MS = 60_000;

/** How often it is looked whether something wants to be rolled up, reckoned, or taken away. */
export const CHORES_EVERY_MS = 5_000;
/** How often what is past its retention is taken away. */
export const PRUNE_EVERY_MS = 10 * 60_000;
/**
 * The right to roll up, which no two may have at once: what one of them had read before the other's minutes would be
 * written after it. An hour of 10,000 accounts takes seconds.
 */
export const ROLL_LEASE_MS = 60_000;
/** How long an operator's call waits for that right, and the pause between tries. */
export const ROLL_WAIT = { tries: 40, pauseMs: 250 } as const;
/** Longest range that an operator may roll up again at once: some minutes' work. */
export const ROLL_AGAIN_MAX_MS = 7 * 24 * HOUR_MS;

/** Blocks looked at for one whose effort is not reckoned yet: a pool that finds one each ten minutes has 144 a day. */
export const BLOCKS_LOOKED_AT = 200;
/** Hashes of blocks remembered, so that a record that comes again is known: the newest ones of the store, and room. */
export const BLOCKS_KNOWN_MAX = 1_000;
/** Records of block.found in one batch: each is a write of its own. */
export const FOUND_BATCH_MAX = 20;

/** Over what the hashrates of `stats.live` are taken: long enough for a miner with a share a minute. */
export const LIVE_WINDOW_MS = 10 * 60_000;
/** What is younger is measured since its first share, but not over less than this: a share would be a speed by itself. */
export const LIVE_LEAST_MS = 60_000;
/** Pieces of that window, which moves on by one piece at a time: a ring is 31 numbers. */
export const LIVE_BUCKET_MS = 20_000;
/** Rates a second are means of so many whole seconds. */
export const LIVE_RATE_SECONDS = 10;
/** How often a record goes to stats.live. */
export const LIVE_EVERY_MS = 1_000;
/** Accounts of one record, those with most work first: some 100 bytes each, below a tenth of the topic's largest value. */
export const LIVE_ACTIVE_MAX = 1_000;
/**
 * Accounts with rings of their own, at four kilobytes, or one where every share was refused; the shares of those beyond
 * count for the pool alone.
 */
export const LIVE_ACCOUNTS_MAX = 50_000;
/** Accounts looked at each second for rings that nothing is in any more: each is looked at within a minute. */
export const LIVE_SWEEP = 1_000;
/** Figures of minutes that wait for a store that is away: half a day of them. */
export const FIGURES_WAITING_MAX = 720;
/** Workers that are remembered by name over all accounts; those beyond are not counted as machines. */
export const LIVE_WORKERS_MAX = 300_000;
/** Records in one batch of the live reader: its loop gives way to others often. */
export const LIVE_BATCH_MAX = 500;
/** Longest wait for a record on stats.live to be taken: the next one says more. */
export const LIVE_DEADLINE_MS = 2_000;

/** Longest that a question of an operator's, or a scrape, waits for the bus or the store. */
export const LOOK_UP_MS = 2_000;
