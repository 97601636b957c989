/**
 * Every bound of the adapter, with its reason. What is said of the server is of InfluxDB 3 Core 3.6.
 *
 * @module
 */

/** A request of more than 10 MiB is refused; larger batches than this gain nothing. */
export const BATCH_LINES_MAX = 5_000;

/** Names may be long: a third of what the server takes, so that a batch is never refused for its size. */
export const BATCH_BYTES_MAX = 3 * 1024 * 1024;

/** A write is answered at the server's next flush, once a second: 40 under way together were measured at 180,000 points/s. */
export const WRITES_IN_FLIGHT_MAX = 32;

/** The server's flush takes a second; one whose flush has died takes writes and never answers. */
export const WRITE_TIMEOUT_MS = 10_000;

/** A write is tried again for so long; then whoever writes is told, keeps its records, and comes back. */
export const WRITE_TRIES_MS = 30_000;
export const RETRY_FIRST_MS = 250;
export const RETRY_LAST_MS = 4_000;

/** Below this the body is smaller than what compressing it costs. */
export const GZIP_FROM_BYTES = 1_000;

/** The slowest measured took half a second; a page is not kept waiting for longer than this. */
export const QUERY_TIMEOUT_MS = 15_000;

/** One message of an answer; Core sends some MB at once, an answer is many messages. */
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Questions under way: the server reads files for each. */
export const QUERIES_IN_FLIGHT_MAX = 8;

/** A connection that the server ended is noticed by the first call on it, which is made once more. */
export const QUERY_TRIES = 2;

/** gRPC waits up to two minutes by itself before it tries a lost server again. */
export const RECONNECT_LAST_MS = 2_000;

/** A call of the plain kind: making databases and tables, the second look at a refused batch. */
export const CALL_TIMEOUT_MS = 10_000;

/**
 * The server makes a Parquet file for each table, ten minutes of time and snapshot that holds a row of them, never puts
 * files together, and refuses a question that needs more than 432 of them.
 */
export const FILES_MAX = 432;
export const SLOT_MS = 600_000;

/** Slots of one question: half of the files, since a slot that is written again later gets a further file. */
export const SLOTS_PER_QUERY = FILES_MAX / 2;

/** How long an answer about what is rolled up is believed; who rolls up knows at once. */
export const ROLLED_BELIEVED_MS = 5_000;

/** Hours (days) of all workers in one question, and such questions side by side: some 60,000 rows each with 10,000 workers. */
export const ROLLED_AT_ONCE = 6;
export const ROLLED_TOGETHER = 2;

/** Retention takes rows at the server whether they are rolled up or not: so much longer than asked they are kept. */
export const RETENTION_MORE_MS = 2 * 86_400_000;

/** Blocks are looked for further and further back, by stretches that double up to this. */
export const BLOCK_STRETCH_FIRST_MS = 86_400_000;
export const BLOCK_STRETCH_LAST_MS = 512 * 86_400_000;

/** Lines that the server refuses are each told up to this number a write; all are counted. */
export const DROPPED_TOLD_MAX = 10;

/** Reasons that get a field of their own: the server takes 500 columns, and the pool knows some fifteen. */
export const REASONS_MAX = 100;

/** How long a look at what hardly changes is believed: columns of reasons, the first minute and block. */
export const BELIEVED_MS = 600_000;
