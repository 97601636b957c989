/**
 * Every bound and pace of the jobmanager, with its reason.
 *
 * @module
 */

/** A new job this often without any other cause: fees come in, and a miner without a job for a minute calls the pool dead. */
export const REFRESH_MS = 30_000;

/** How often the leader looks whether fees have risen. */
export const FEE_LOOK_MS = 5_000;

/** Pause before a template is asked for again after a node refused or lagged. */
export const TEMPLATE_RETRY_MS = 500;

/** Longest wait for the bus to take a job. Later it would be old: the next one is made instead. */
export const JOB_DEADLINE_MS = 10_000;

/** Longest the cache in state may hold a job up: it is only a cache. */
export const CACHE_TTL_MS = 25 * 60_000;

/** Coinbase outputs of a split that a small variant keeps: 500 bytes in all, as rental markets and hobby miners take. */
export const SMALL_COINBASE_BYTES = 500;

/** A split may at most add this much to the coinbase: what whatsminers and bitaxes take (6500 bytes). */
export const SPLIT_COINBASE_BYTES = 6_500;

/** Rules of a template (BIP 9, `!` marks those that must be understood) that the pool knows how to mine under. */
export const KNOWN_RULES: ReadonlySet<string> = new Set(["segwit", "signet", "csv", "taproot"]);

/** Version that an early empty job carries before any template was seen: BIP 9's top bits. */
export const BASE_VERSION = 0x20000000;
