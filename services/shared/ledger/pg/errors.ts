/**
 * What an error of npm:pg or of the server means: do it again, wait, or it is a fault.
 * Codes: PostgreSQL's appendix A, "PostgreSQL Error Codes".
 *
 * @module
 */

/** Somebody else's transaction won; nothing was written, and the same may succeed when done again. */
const AGAIN = new Set(["40001", "40P01"]);

/** The server is there and cannot work now; it says so before anything is done. */
const UNAVAILABLE = new Set([
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now: starting, recovering, shutting down
  "57P05", // idle_session_timeout
  "25P03", // idle_in_transaction_session_timeout: this process stood still in the middle
  "53000", // insufficient_resources
  "53100", // disk_full
  "53200", // out_of_memory
  "53300", // too_many_connections
  "53400", // configuration_limit_exceeded
  "57014", // query_canceled: by the time limit of a statement
  "55P03", // lock_not_available: by the time limit of a lock
  "58030", // io_error
  "25006", // read_only_sql_transaction: a standby, until it is promoted
]);

/** Class 08: connection exceptions. */
const CONNECTION_CLASS = "08";

/** A code of the server's: five capitals or digits. Those of the system are words: ECONNREFUSED. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** The server's code, or undefined where the error is not the server's. */
export function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && SQLSTATE.test(code) ? code : undefined;
}

export function isRetryable(error: unknown): boolean {
  return AGAIN.has(sqlState(error) ?? "");
}

/** Whether the server could not be reached or cannot work now. */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return UNAVAILABLE.has(state) || state.startsWith(CONNECTION_CLASS);
  return isBroken(error);
}

/** System errors of sockets and names, as node:net gives them. */
const SYSTEM = /^(?:E[A-Z_]+)$/;

/** What npm:pg and npm:pg-pool say without a code when a connection is gone or does not come. */
const WORDS =
  /connection terminated|connection ended|connection timeout|timeout exceeded when trying to connect|query read timeout|client was closed|client has encountered a connection error|not queryable|server closed the connection/i;

function isBroken(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isBroken);
  const code = codeOf(error);
  if (code !== undefined && SYSTEM.test(code)) return true;
  return error instanceof Error && WORDS.test(error.message);
}

/** One line about it, without a stack; system errors of several addresses are told by their first. */
export function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  const text = error instanceof Error
    ? error.message || codeOf(error) || error.name
    : String(error);
  return text.split("\n")[0]!;
}
