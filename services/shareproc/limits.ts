/**
 * Every bound of the judge, with its reason. The ages it shares with the gateway are in @gopool/shares.
 *
 * @module
 */

/** Most submissions judged and published in one go: about 5 ms of hashing, 400 kB on the bus. */
export const BATCH_MAX = 2_000;

/** How far back candidates are read again at start: a block older than this is buried or lost. */
export const CANDIDATE_HORIZON_MS = 2 * 3_600_000;

/** Templates are read again this far back: as long as the topic keeps them. */
export const TEMPLATE_HORIZON_MS = 6 * 3_600_000;

/** Templates held decoded in memory, newest first: 2 MB each at worst; older ones are read from the log when asked for. */
export const TEMPLATES_IN_MEMORY = 48;

/** How often a partition that waits for a job, or for an operator's word, looks again. */
export const WAIT_FOR_JOB_MS = 500;

/** A partition without a valid share gets a mark this often, so that retention rarely takes its last record. */
export const MARK_EVERY_MS = 24 * 3_600_000;
/** How often partitions are looked at for a mark that is due. */
export const MARK_LOOK_MS = 60_000;

/** How often a candidate whose job or template is not read yet is tried again. */
export const CANDIDATE_RETRY_MS = 250;

/** Accounts whose scripts are remembered: some MB at most. */
export const ACCOUNTS_MAX = 20_000;

/** Coinbases registered for checking per job; SOLO jobs have one per account. Beyond it the oldest is dropped. */
export const WORKS_PER_JOB_MAX = 4_096;

/** Share targets whose work is remembered in bytes: vardiff keeps to a few hundred. */
export const TARGETS_MAX = 10_000;

/** Solved hashes remembered: repeats of a candidate end when its block is found, minutes after at most. */
export const SOLVED_MAX = 10_000;

/** Works registered for checking in all: some 1.3 kB each, well below the checker's own bound of a GiB. */
export const WORKS_MAX = 100_000;

/** Candidates that wait for their job or template: a pool has one at a time, a test network one with every share. */
export const WAITING_MAX = 10_000;

/**
 * ... of them by the second road alone: twice what may be built without the bus. The log's own always find room, whoever
 * floods the road with candidates of jobs that nobody knows.
 */
export const ROAD_WAITING_MAX = 256;

/** Facts of one that comes by the second road: a coinbase that pays thousands of miners has some 100 kB of outputs. */
export const ROAD_FACTS_MAX_BYTES = 256 * 1_024;

/**
 * Blocks built that the bus has not confirmed yet: some 4 MB each at worst. With the bus away and every share a block,
 * as on a test network, the next is built when one of them stands on the log.
 */
export const BUILT_MAX = 128;

/** Candidates whose end is remembered for people who ask. */
export const RECENT_MAX = 1_000;

/** Records that make no block remembered, so that the spool's repeats of one cost nothing. */
export const REFUSED_MAX = 10_000;

/** Notes of operators remembered ahead of a record that is waited at: written by hand, or by a loop over a lost job. */
export const NOTES_MAX = 10_000;
/** Of an operator's reason, in the log. */
export const REASON_MAX_LENGTH = 200;

/** Job ids remembered as absent, so that a stopped partition does not read the whole topic twice a second. */
export const ABSENT_MAX = 1_000;

/** How long a publish in hand is waited for at shutdown: what it would have said is found again at the next start. */
export const DRAIN_MS = 2_000;

/** Log times of two topics, or of two leaders of one, may differ by what brokers' clocks do (guarantee 2 allows a minute). */
export const CLOCKS_MS = 60_000;

/** Entries of a page where the caller names no size. */
export const PAGE_DEFAULT = 100;

/** How long the bus is asked for one answer to people: it may be away. */
export const LOOK_UP_MS = 3_000;
