/**
 * Every bound of share keeping, with its reason.
 *
 * @module
 */

/**
 * Most records of a batch: who catches up stores one of each partition in a transaction, and all that is made of them is
 * young garbage when the next ones come.
 */
export const BATCH_MAX = 1_000;

/** Accounts remembered as payable, and with their ids: some 20 MB at most. Beyond it all are looked up again. */
export const ACCOUNTS_MAX = 100_000;

/** A worker is written at most this often: its last seen is at most so much behind. */
export const WORKER_EVERY_MS = 60_000;
/** Workers remembered as just written: some 30 MB at most. Beyond it all are written again. */
export const WORKERS_MAX = 200_000;
/** Of a worker's name, in the ledger. The gateway takes no longer ones. */
export const WORKER_NAME_MAX_LENGTH = 128;
/** A worker unseen for so long is forgotten: names are free to invent. */
export const WORKER_KEPT_MS = 30 * 24 * 3_600_000;
/** How often such workers are looked for: the whole table is read. */
export const WORKERS_LOOK_MS = 3_600_000;

/** A minute is closed this long after its end at the earliest: brokers' clocks may differ by as much. */
export const CLOSE_AFTER_MS = 120_000;
/** How often the closer looks for a minute to close. */
export const CLOSE_EVERY_MS = 5_000;
/** How often it asks the ledger whether all is applied that a minute needs. */
export const APPLIED_LOOK_MS = 500;
/** Minutes that wait longer than this to be closed are said on the board: settling waits with them. */
export const CLOSE_LATE_MS = 10 * 60_000;

/**
 * Minutes are kept this long: 7 days for windows that are cut by minutes, and one for a block whose fate becomes known
 * late.
 */
export const MINUTES_KEPT = 8 * 24 * 60;
