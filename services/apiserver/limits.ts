/**
 * Every bound and pace of apiserver, with its reason.
 *
 * @module
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Live figures older than this are stale: statsd writes them once a second. */
export const LIVE_STALE_MS = 5_000;

/** How far back stats.live is read at the start: the newest record tells all, a few seconds may have none. */
export const LIVE_BACK_MS = 60_000;

/** Records of stats.live in one batch: after a pause all but the last of them are passed over. */
export const LIVE_BATCH_MAX = 100;

/** Streams open at once, in all: each costs some kilobytes and a write a second. */
export const STREAMS_MAX = 2_000;

/** Of one client: a browser with a few tabs, each with a pool and a miner. */
export const STREAMS_PER_CLIENT_MAX = 12;

/** Requests under way at once that are not answered from memory: a slow store must not fill the process. */
export const REQUESTS_MAX = 500;

/**
 * Kept answers made anew at once while the old ones are given. Thousands may grow old together, as after a start: by
 * fours they are renewed within their grace, and no caller waits behind all of them.
 */
export const RENEWALS_MAX = 4;

/** A request's address with its query; the gateway takes as much. */
export const URL_MAX_CHARS = 8 * KIB;

/** Answers kept ready in this process: some thousand pages of miners. */
export const READY_MAX_BYTES = 64 * MIB;

/** An answer larger than this is not kept: a page of a block's split has at most some 300 kB. */
export const READY_ENTRY_MAX_BYTES = MIB;

/** What one instance may have lie in the state at once, which others need, too. */
export const SHARED_MAX_BYTES = 16 * MIB;

/** An answer larger than this is not shared through the state: it is read by few, and holds up leases. */
export const SHARED_ENTRY_MAX_BYTES = 256 * KIB;

/** How long one instance alone computes an answer before another thinks it gone. */
export const CLAIM_MS = 2_000;

/** How often an instance that waits for another's answer looks for it. */
export const CLAIM_LOOK_MS = 50;

/** A degraded answer is fresh for so long: a store that is back is to be seen soon, one that is away asked rarely. */
export const DEGRADED_FRESH_MS = 1_000;

/** Nobody joins an answer that is being made for longer: past the deadline of a call, with room. */
export const MAKING_MAX_MS = 15_000;

/** Below this a packed body gains less than its header costs. */
export const GZIP_MIN_BYTES = 512;

/** Clients whose buckets this process remembers; one forgotten asks the state again. */
export const CLIENTS_MAX = 20_000;

/** Tokens that an instance takes at once for a client, at most: so many requests ask the state once. */
export const LIMITER_PACK = 10;

/**
 * Tokens that an answer costs beside its request's own where it has to be computed: who makes up questions that nobody
 * asked before is out of them five times as soon. A page that is opened asks about half a dozen: 30 tokens of 200. Where
 * a client may do less at once it is a twentieth of that at most, so that a page still opens.
 */
export const COMPUTED_TOKENS = 4;

/** Tokens taken and not used are let go after this: their bucket has filled meanwhile. */
export const LIMITER_HELD_MS = 10_000;

/** How often it is looked whether an operator has flushed the answers of all instances. */
export const FLUSH_LOOK_MS = 1_000;

/** What the dashboards of other pools ask for is fresh for so long: they ask each minute or so. */
export const COMPAT_FRESH_MS = 10_000;

/** After the signal to end calls under way have so long; the process has 10 s. */
export const DRAIN_MS = 3_000;

/** How long a change of settings may take at payoutd: it checks a signature and writes to the ledger. */
export const APPLY_MS = 8_000;

/** Callers that an operator is shown who names no number; the proto holds what is named. */
export const CALLERS_USUAL = 20;
