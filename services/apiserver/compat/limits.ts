/** Bounds of the compatible routes, each with its reason. @module */

/** Blocks in one answer. The original gives all there are, and a pool that finds many would send them with each look. */
export const BLOCKS_MAX = 100;

/** Best shares in one answer: as many as the original gives. */
export const HIGH_SCORES_MAX = 10;

/** Of a worker's name in a path: what a user name may have (MAX_TEXT_LENGTH of the stratum room). */
export const NAME_MAX_LENGTH = 256;
