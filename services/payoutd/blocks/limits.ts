/**
 * Every bound and pace of what payoutd does with blocks, with its reason.
 *
 * @module
 */

/** How often the nodes are asked where our blocks stand: often enough for people who wait, rare for a node. */
export const LOOK_EVERY_MS = 5_000;

/**
 * Blocks asked about in one look, those not looked at for longest first. A pool has one or two a day, and watches the
 * last 200 heights; a test network may have a block with every share.
 */
export const LOOK_MAX = 400;

/**
 * A block is called orphaned when every healthy node has shown another at its height so many times in a row, over at
 * least this time. A node that restarts, or checks its blocks again, is back within a minute.
 */
export const ORPHAN_LOOKS = 6;
export const ORPHAN_AFTER_MS = 60_000;
/** Blocks of the rival branch from that height on: a race between two tips is open until one side has a second block. */
export const ORPHAN_DEPTH = 2;

/** A block this deep on one node that is not on another's best chain is told: races are over by then. */
export const DISAGREE_DEPTH = 6;

/** How far beyond maturity a block is still looked at (I7): no reorganisation that deep was ever seen. */
export const WATCH_BEYOND_MATURITY = 100;

/**
 * A block that no node knows is looked at for so long after T; then it rests, visible. Nodes that were away are back
 * by then; and should it come to the chain later, the follower wakes it.
 */
export const UNKNOWN_REST_MS = 3 * 24 * 3_600_000;

/** Settling begins this long after T at the earliest: records of brokers' clocks that differ by less are then in order. */
export const SETTLE_AFTER_MS = 2 * 60_000;
/** How often it is looked whether a block can be settled. */
export const SETTLE_EVERY_MS = 5_000;
/** Blocks settled in one go; the rest follows at once. */
export const SETTLE_MAX = 100;
/** A block that still waits this long after T is shown: something holds the shares up. */
export const SETTLE_LATE_MS = 15 * 60_000;

/** Records of block.found read in one batch: some kB each. */
export const FOUND_BATCH_MAX = 64;

/** Jobs looked through for the value of a found block's template: a job every 30 s, and some for each new tip. */
export const JOB_LOOK_BACK_MS = 25 * 60_000;
/** Jobs whose value is remembered: those of some hours. */
export const JOB_VALUES_MAX = 1_000;

/**
 * Blocks of a gap that the follower reads after downtime, newest ones: a month, as long as the topics are kept. What
 * is older is noted as a gap.
 */
export const CATCH_UP_MAX = 4_500;
/** How often the follower looks for a new tip besides being told: a note may be lost. */
export const FOLLOW_EVERY_MS = 10_000;
/** Pause after a node could not show what it was asked for. */
export const FOLLOW_RETRY_MS = 2_000;

/**
 * A coinbase of ours that nobody announced is looked for in block.solved, and becomes an alarm, after this: the
 * announcement of a block may come some seconds after the block.
 */
export const UNKNOWN_AFTER_MS = 2 * 60_000;
/** How far back of such a block its candidate is looked for in block.solved. */
export const SOLVED_LOOK_BACK_MS = 3 * 3_600_000;
/** How often it is looked for them. */
export const UNKNOWN_EVERY_MS = 15_000;
/** Unknown coinbases told of on the board and looked for at once. */
export const UNKNOWN_MAX = 500;

/** How often the coins are held against the chain. */
export const RECONCILE_EVERY_MS = 3_600_000;
/** After the start, so that what a restart has to catch up with is done. */
export const RECONCILE_FIRST_MS = 2 * 60_000;
/** Sooner where something was wrong: a coin may have been in a reorganisation just then. */
export const RECONCILE_AGAIN_MS = 5 * 60_000;
/** Coins read from the ledger at once. */
export const RECONCILE_PAGE = 500;
/** Sentences kept of one comparison: where more is wrong, the first ones say enough. */
export const RECONCILE_TROUBLES_MAX = 50;
