/**
 * How a connection of this room behaves: its time limits, its types, its TLS.
 *
 * @module
 */
import pg from "pg";
import {
  ANSWER_AFTER_MS,
  CONNECT_MS,
  IDLE_IN_TRANSACTION_MS,
  LOCK_MS,
  STATEMENT_MS,
} from "../limits.ts";
import { addressOf } from "./address.ts";
import { types } from "./values.ts";

/** What a server asks for besides the URL. */
export interface PgAccess {
  /** Where it does not stand in the URL. */
  readonly password?: string;
  /** PEM: the authority that signed the server's certificate, where it is none of the system's. */
  readonly ca?: string;
  /** Acts as this role, whose rights the user has: for who logs in as one and works as another. */
  readonly role?: string;
  /** Every transaction reads and nothing else: the server refuses all writes. */
  readonly readOnly?: boolean;
  /** The longest statement, ms; default STATEMENT_MS. */
  readonly statementMs?: number;
}

/** @throws {TypeError} The URL is none of a ledger's. */
export function clientConfig(url: string, access: PgAccess = {}): pg.ClientConfig {
  const { host, port, user, password, database, tls } = addressOf(url);
  const { role, readOnly = false, statementMs = STATEMENT_MS } = access;
  const options = [
    ...role === undefined ? [] : [`-c role=${role}`],
    ...readOnly ? ["-c default_transaction_read_only=on"] : [],
  ];
  return {
    host,
    port,
    user,
    database,
    // A function, so that npm:pg looks for a password nowhere else: neither in variables nor in files.
    password: () => access.password ?? password ?? "",
    ssl: tls ? { ...(access.ca !== undefined && { ca: access.ca }) } : false,
    types,
    application_name: "gopool",
    ...(options.length > 0 && { options: options.join(" ") }),
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs + ANSWER_AFTER_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
  };
}

/**
 * A connection of one's own, for the time until it is disposed. What breaks it later is told to `onBroken`.
 *
 * @throws The server's or the system's error.
 */
export async function connect(
  url: string,
  access: PgAccess = {},
  options: { config?: pg.ClientConfig; onBroken?: (error: Error) => void } = {},
): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ ...clientConfig(url, access), ...options.config });
  // Without a listener a connection that breaks while nothing is asked would end the process.
  client.on("error", (error) => options.onBroken?.(error));
  client.on("end", () => options.onBroken?.(new Error("Connection ended")));
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end().catch(() => {}) });
}
