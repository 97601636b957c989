/**
 * Every bound and pace of the jobmanager, with its reason.
 *
 * @module
 */

/** A new job this often without any other cause: fees come in, and after a minute without one a miner calls the pool dead. */
export const REFRESH_MS = 30_000;

/** A fresh template is asked for this often: to see whether fees rose, and to have a recent one when a refresh is due. */
export const LOOK_MS = 5_000;

/** How often it is looked whether anything is due. A refresh is late by this much at most. */
export const TICK_MS = 1_000;

/** Work from a template older than this is shown as degraded: several looks in a row have failed. */
export const TEMPLATE_OLD_MS = 3 * LOOK_MS;

/** Pause before a new tip's template is asked for again: doubles from the first to the last, then stays. */
export const TEMPLATE_RETRY = { firstMs: 500, lastMs: 4_000 } as const;

/** Longest wait for the bus to take a job. Later it would be old: the next one is made instead. */
export const JOB_DEADLINE_MS = 10_000;

/** How long a publish in hand is waited for once the lead has ended: gateways ignore jobs of a term that is over. */
export const DRAIN_MS = 2_000;

/** Pause before a bus or state that was away at a start is asked again; well within the lease's life. */
export const START_RETRY_MS = 500;

/**
 * The same transactions are published again after this: their topic keeps them for 6 hours, and a block must be
 * buildable from the log for as long as its job lives.
 */
export const TEMPLATE_REUSE_MS = 60 * 60_000;

/** Life of a cached job or template: JOB_MAX_LIFE (20 min), and room for a reader that lags. */
export const CACHE_TTL_MS = 25 * 60_000;

/** Writes to the cache under way at once. Beyond that they are left out: it is only a cache. */
export const CACHING_MAX = 8;

/**
 * Records at the end of mining.jobs that a new leader reads for the last term: hours of jobs. More than one,
 * because the last may be a late one of a leader that was deposed, or another pool's.
 */
export const TERM_LOOK_BACK = 1_000;

/** Records at the end of reward.split that are read at start: the latest counts, and others' pools may stand between. */
export const SPLIT_LOOK_BACK = 100;

/** Layouts whose verdict is remembered: a split every block for a day, and room. The oldest is asked about again. */
export const LAYOUTS_MAX = 1_000;

/** The small coinbase: below the 255 bytes at which some hobby miners cut it, 100 % of their shares being refused then. */
export const SMALL_COINBASE_BYTES = 254;

/** The large one: what Whatsminers and Bitaxes take. Longer ones are for firmware known to take 16 kB. */
export const SPLIT_COINBASE_BYTES = 6_500;

/** Sigop cost that Bitcoin Core keeps free for the coinbase (interfaces/mining.h coinbase_output_max_additional_sigops). */
export const COINBASE_SIGOP_COST = 400;

/** Rules of a template (BIP 9, `!` marks those that must be understood) that the pool knows how to mine under. */
export const KNOWN_RULES: ReadonlySet<string> = new Set(["segwit", "signet", "csv", "taproot"]);

/** Version that an early empty job carries before any template was seen: BIP 9's top bits. */
export const BASE_VERSION = 0x20000000;

/** Jobs that are remembered for people who ask: at two a minute, the better part of an hour. */
export const JOBS_KEPT = 100;

/** Watchers of jobs at once: each may hold a queue of JOB_QUEUE_MAX. */
export const JOB_WATCHERS_MAX = 64;

/** Jobs that a watcher may be behind before it misses some: half an hour's. */
export const JOB_QUEUE_MAX = 64;

/** Least time between two jobs that somebody asks for: each may publish megabytes of transactions. */
export const ASKED_PAUSE_MS = 1_000;

/** Layouts of a page where the caller names no number. */
export const LAYOUT_PAGE = 100;

/** How long a node is preferred where the caller does not say: long enough to mend another, and it ends by itself. */
export const PREFER_MS = 60 * 60_000;
