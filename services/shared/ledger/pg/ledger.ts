/**
 * The ledger over npm:pg's pool of connections.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import pg from "pg";
import { ATTEMPTS, FIRST_RETRY_MS, IDLE_MS, POOL_SIZE } from "../limits.ts";
import {
  type Held,
  type Ledger,
  LedgerUnavailable,
  type TransactionOptions,
  type Tx,
} from "../port.ts";
import { addressOf, nameOf } from "./address.ts";
import { clientConfig, type PgAccess } from "./connect.ts";
import { isRetryable, isUnavailable, wordsOf } from "./errors.ts";
import { holdLock } from "./held.ts";
import { beginOf, runOnce, unavailable } from "./transaction.ts";

export interface PgLedgerOptions extends PgAccess {
  readonly clock: Clock;
  /** Connections at most. */
  readonly poolSize?: number;
  /** A transaction is run again: others made it fail. */
  readonly onRetry?: (attempt: number, error: unknown) => void;
}

export class PgLedger implements Ledger {
  readonly name: string;
  readonly #url: string;
  readonly #options: PgLedgerOptions;
  readonly #pool: pg.Pool;
  #ended: Promise<void> | undefined;

  /** Connects when it is first asked. @throws {TypeError} The URL is none of a ledger's. */
  constructor(url: string, options: PgLedgerOptions) {
    this.name = nameOf(addressOf(url));
    this.#url = url;
    this.#options = options;
    this.#pool = new pg.Pool({
      ...clientConfig(url, options),
      max: options.poolSize ?? POOL_SIZE,
      idleTimeoutMillis: IDLE_MS,
    });
    // A connection that breaks while nobody uses it is made anew when it is needed: no news. Without a listener it
    // would end the process.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  async transaction<T>(
    work: (tx: Tx) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const begin = beginOf(options, this.#options.readOnly);
    for (let attempt = 1;; attempt++) {
      const client = await this.#connected();
      const run = await runOnce(client, begin, work);
      client.release(run.broken);
      if ("value" in run) return run.value;
      const { error } = run;
      if (!isRetryable(error)) throw error;
      if (attempt === ATTEMPTS) {
        throw new LedgerUnavailable(
          `Others made this transaction fail ${ATTEMPTS} times: ${wordsOf(error)}`,
          false,
          { cause: error },
        );
      }
      this.#options.onRetry?.(attempt, error);
      await this.#options.clock.sleep(FIRST_RETRY_MS * 2 ** (attempt - 1));
    }
  }

  async hold(lock: string): Promise<Held | null> {
    try {
      return await holdLock(this.#url, this.#options, lock, this.#options.clock);
    } catch (error) {
      throw unavailable(error, false) ?? error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#ended ??= this.#pool.end());
  }

  async #connected(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      // That a login is refused may be mended while this process runs, too.
      const words = isUnavailable(error) ? "The ledger is not available" : "The ledger refuses";
      throw new LedgerUnavailable(`${words}: ${wordsOf(error)}`, false, { cause: error });
    }
  }
}
