/**
 * The ages that gateway and judge must agree on. They decide what can still be judged, and how far back the
 * judge's memory of repeats reaches.
 *
 * @module
 */

/** How long an answer waits for the bus before the share is refused. The same figure as the bus's deadline. */
export const OUTBOX_MAX_AGE_MS = 30_000;

/** A job is refused this long after a newer one superseded it: miners switch within a minute. */
export const JOB_MAX_AGE_MS = 10 * 60_000;

/** A job is refused this long after its log time, whatever came later: it bounds every memory of shares. */
export const JOB_MAX_LIFE_MS = 20 * 60_000;

/**
 * How far back a repeat of a share can lie, by the partition's log time: the job's life, the longest wait of a
 * publish, and a minute for clocks and batches.
 */
export const REPEAT_HORIZON_MS = JOB_MAX_LIFE_MS + OUTBOX_MAX_AGE_MS + 60_000;
