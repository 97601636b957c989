/**
 * What a running server says of itself in its data folder, and whether it answers.
 *
 * @module
 */
import { codeOf, sqlState, wordsOf } from "../pg/errors.ts";
import { connect } from "../pg/connect.ts";

/** Of `postmaster.pid`: process id, data folder, start time, port, … each on a line. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** All of the file: that it is still the same. */
  readonly text: string;
}

export const pidFileOf = (cluster: string) => `${cluster}/postmaster.pid`;

/** Null where no server has run, or where it was stopped. A file without a port is one just being written. */
export async function postmasterOf(cluster: string): Promise<Postmaster | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(pidFileOf(cluster));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const lines = text.split("\n");
  return { pid: Math.abs(Number(lines[0])), port: Number(lines[3] ?? 0), text };
}

/** What a login came to. */
export type Answer =
  | "ready"
  /** It is there, and starts, recovers or ends. */
  | "not yet"
  /** Somebody listens and says nothing: a server that stands still, or no PostgreSQL. */
  | "silent"
  /** Nobody listens on that port. */
  | "nobody"
  /** Somebody listens who does not know this ledger's password. */
  | "stranger";

/** A login takes milliseconds; a busy machine's a second. */
const LIMITS = { connectionTimeoutMillis: 3_000, query_timeout: 3_000 } as const;

export async function ask(url: string): Promise<Answer> {
  try {
    await using client = await connect(url, {}, { config: LIMITS });
    await client.query("SELECT 1");
    return "ready";
  } catch (error) {
    if (codeOf(error) === "ECONNREFUSED") return "nobody";
    const state = sqlState(error);
    // The database itself is made after the first start.
    if (state === "3D000") return "ready";
    // Bad password, no such user: of another server. What is no PostgreSQL answers in no way npm:pg knows.
    if (state?.startsWith("28") || /unexpected|SASL/i.test(wordsOf(error))) return "stranger";
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (/timeout/i.test(wordsOf(error))) return "silent";
    return "not yet";
  }
}
