/**
 * Bounds of the ledger room, each with its reason.
 *
 * @module
 */

/**
 * Runs of one transaction that others made fail. With money transactions one after another and rows taken in one order
 * a conflict is rare; eight in a row is a fault that waiting mends better.
 */
export const ATTEMPTS = 8;

/** The wait before the second run, doubled for each further: 1.3 s in all. */
export const FIRST_RETRY_MS = 10;

/** Connections of one process. Readers and share keeping need few; a server has about a hundred for everybody. */
export const POOL_SIZE = 8;

/** To a connection that can be used, its login included, and in the queue for one of the pool's. */
export const CONNECT_MS = 15_000;

/** The longest statement: a split of a day's minutes takes seconds, a check of all entries tens of them. */
export const STATEMENT_MS = 300_000;

/** The longest statement of who only reads for the public: nobody waits longer, and what the pool itself needs goes first. */
export const READ_STATEMENT_MS = 20_000;

/** The client gives up so much later than the server: whose word it is that the statement was ended. */
export const ANSWER_AFTER_MS = 15_000;

/** For a lock that another transaction holds: longer than the longest one that moves money. */
export const LOCK_MS = 60_000;

/** A process that stands still within a transaction loses it: others wait for what it has locked. */
export const IDLE_IN_TRANSACTION_MS = 120_000;

/** An idle connection of the pool is closed. */
export const IDLE_MS = 60_000;

/** How often a held lock's connection is asked whether it lives, and how long the answer may take. */
export const HELD_ASK_MS = 5_000;
export const HELD_ANSWER_MS = 10_000;

/**
 * The server's side of the same: it looks after a silent holder this many seconds, asks this many times. A holder whose
 * machine is gone loses its lock within half a minute.
 */
export const KEEPALIVE = { idleS: 10, everyS: 5, count: 3 } as const;

/** Waits for a server that is away: as for a restart at first, then as for a repair. */
export const FIRST_WAIT_MS = 250;
export const LAST_WAIT_MS = 5_000;

/** The least version that these statements were written for: UNIQUE NULLS NOT DISTINCT is 15's, the rest was tried on 17. */
export const LEAST_VERSION = 17;
