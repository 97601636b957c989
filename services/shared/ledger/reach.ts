/**
 * Reaching a ledger's server: waiting while it is away, and saying what waiting cannot mend.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import { FIRST_WAIT_MS, LAST_WAIT_MS, LEAST_VERSION } from "./limits.ts";
import { addressOf, nameOf } from "./pg/address.ts";
import { connect, type PgAccess } from "./pg/connect.ts";
import { isUnavailable, sqlState, wordsOf } from "./pg/errors.ts";
import { LedgerNotOpened, LedgerUnavailable } from "./port.ts";

export interface ReachOptions extends PgAccess {
  readonly clock: Clock;
  /** Aborted: stops waiting for a server that is away. */
  readonly signal?: AbortSignal;
  /** Told in a sentence what keeps it from opening, and null when that is over. */
  readonly onTrouble?: (sentence: string | null) => void;
}

/** For people: host, port and database, never credentials. @throws {TypeError} */
export function ledgerName(url: string): string {
  return nameOf(addressOf(url));
}

/**
 * Does `work` with a server that is there and is new enough; does it again for as long as the server goes away.
 *
 * @throws {LedgerNotOpened} In a sentence.
 * @throws The signal's reason, when that is aborted.
 */
export async function reach<T>(
  url: string,
  options: ReachOptions,
  work: () => Promise<T>,
): Promise<T> {
  const { clock, signal, onTrouble = () => {} } = options;
  const name = ledgerName(url);
  let waitMs = FIRST_WAIT_MS;
  for (;; waitMs = Math.min(2 * waitMs, LAST_WAIT_MS)) {
    signal?.throwIfAborted();
    try {
      await checkVersion(url, options);
      const result = await work();
      onTrouble(null);
      return result;
    } catch (error) {
      const why = notOpened(name, error);
      if (why !== null) throw why;
      if (!isUnavailable(error) && !(error instanceof LedgerUnavailable)) throw error;
      onTrouble(`The ledger at ${name} is not available: ${wordsOf(error)}`);
      await clock.sleep(waitMs, signal);
    }
  }
}

/** Before anything is written, an old server is refused. */
async function checkVersion(url: string, options: PgAccess): Promise<void> {
  await using client = await connect(url, options);
  const { rows: [found] } = await client.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  );
  const sentence = tooOld(found!.version);
  if (sentence !== null) throw new LedgerNotOpened(sentence);
}

/** What is said of a server of this version; null where it is new enough. */
export function tooOld(version: string): string | null {
  if (parseInt(version) >= LEAST_VERSION) return null;
  return `The ledger needs PostgreSQL ${LEAST_VERSION} or later, and this server is ${version}`;
}

/** What only a person can mend, in a sentence; null for all else. */
function notOpened(name: string, error: unknown): LedgerNotOpened | null {
  if (error instanceof LedgerNotOpened) return error;
  const words = wordsOf(error);
  const said = (sentence: string) =>
    new LedgerNotOpened(`Cannot open the ledger at ${name}: ${sentence}`, { cause: error });
  switch (sqlState(error)) {
    case "28P01":
      return said("the server refuses the password");
    case "28000":
      return said(`the server refuses this user: ${words}`);
    case "3D000":
      return said(`there is no such database: create it, then run deno task migrate`);
    case "42501":
      return said(`the user may not do what is needed: ${words}`);
  }
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  if (
    /CERT|SSL|TLS|SIGNATURE|SIGNED/.test(code) ||
    /certificate|altnames|does not support SSL/i.test(words)
  ) {
    return said(`TLS fails: ${words}`);
  }
  // npm:pg's own words for a server that wants a password where none is given, or another kind of login.
  if (/SASL|password/i.test(words)) return said(words);
  return null;
}
