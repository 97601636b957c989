/**
 * Every bound of blocksubmit, with its reason.
 *
 * @module
 */

/** How far back solved blocks are read again at start: older ones are buried or lost. */
export const SOLVED_HORIZON_MS = 2 * 3_600_000;

/** A block that another of its height lies this deep over is lost: exchanges call six blocks final. */
export const BURIED_DEPTH = 6;

/** Pauses between rounds over the nodes: at once, then slower, never more than a few seconds late. */
export const RETRY = { firstMs: 250, lastMs: 5_000 } as const;

/**
 * Rounds in which every node refused a block before it is called lost. A node that has not heard of the parent
 * yet, or whose clock is a little behind, refuses a good block for some seconds.
 */
export const REFUSED_ROUNDS = 6;

/** Attempts kept for the record of one block; of a longer fight the first and the latest are kept. */
export const ATTEMPTS_MAX = 64;

/** How often a block that a node keeps beside its best chain is looked at: a reorganisation takes minutes. */
export const WATCH_MS = 2_000;

/**
 * Once a node has the block, the others' answers are waited for this long, so that one that stalls (its answer may
 * take a minute) delays the news by no more. Healthy nodes answer within a second.
 */
export const LATE_ANSWER_MS = 2_000;

/**
 * Blocks fought for at once: some 4 MB each at worst. A pool has one; a test network whose node is away may have
 * one with every share. Beyond it no further one is read until one is decided.
 */
export const FIGHTS_MAX = 128;

/**
 * ... of them by the second road alone. Whoever floods it with blocks that no node takes leaves as many places to those
 * of the log.
 */
export const ROAD_FIGHTS_MAX = 64;

/** Decided blocks remembered: what is older than the horizon is not read again. */
export const DECIDED_MAX = 10_000;

/** Blocks whose dossier is remembered, some kB each; of older ones the topics tell. */
export const DOSSIERS_MAX = 1_000;

/** Decided blocks held in memory because no judge has put them on block.solved yet: some 4 MB each at worst. */
export const BLOCKS_HELD_MAX = 16;

/** How long the topics are read for one question: people wait for the answer, and the bus may be away. */
export const LOOK_UP_MS = 5_000;

/** Records of block.found looked through for one question: at some kB each, in the time above. */
export const FOUND_LOOK_MAX = 10_000;

/** ... at least so many with one question to the bus, which costs a broker more than the records do. */
export const FOUND_STRETCH = 256;

/** Records of one topic looked through for what belongs to one block, from about its time on. */
export const NEAR_LOOK_MAX = 1_000;

/** A block's record on another topic is looked for from this long before its time: two clocks, and a bus that was away. */
export const NEAR_MS = 60_000;

/** A share comes at most this long after its job (JOB_MAX_LIFE), by two clocks. */
export const JOB_LOOK_BACK_MS = 25 * 60_000;

/** Blocks of a page where the caller names no size. */
export const PAGE_DEFAULT = 100;

/** Hex digits of an exported block in one piece. */
export const EXPORT_PIECE_DIGITS = 1 << 20;

/** An operator who gives a block again waits this long for its announcement. */
export const ANNOUNCE_MS = 10_000;

/** Pause before something that failed for no reason of its own is begun again. */
export const RESTART_MS = 1_000;

/** How long a publish in hand is waited for at shutdown: the block comes again at the next start. */
export const DRAIN_MS = 2_000;
