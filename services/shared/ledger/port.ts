/**
 * The ledger as services use it: PostgreSQL 17 and nothing else, embedded or elsewhere, behind transactions. What stands
 * in it is said by migrations/; the SQL of each subject stands in this room beside its types.
 *
 * @module
 */

/** What a row's columns read as: int8 and whole numeric are bigint, int2 and int4 are number, bytea is Uint8Array. */
export type Value = bigint | number | string | boolean | Uint8Array | null;
export type Row = Record<string, unknown>;

/** A transaction in hand. Every statement runs on its one connection, in the order it was asked for. */
export interface Tx {
  /**
   * Runs one statement with parameters `$1…`. Arrays, bigint, number, string, boolean, Uint8Array, null, and plain
   * objects (as jsonb) may be given.
   *
   * @throws The server's error; the transaction is then lost and its function must let the error go.
   */
  query<R extends Row = Row>(sql: string, parameters?: readonly unknown[]): Promise<R[]>;
  /** Like {@link query}, for a statement that is sent often: prepared once per connection under this name. */
  prepared<R extends Row = Row>(
    name: string,
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<R[]>;
}

export interface TransactionOptions {
  /**
   * Nobody else changes money meanwhile, in any process: transactions that ask for this run one after another
   * (an advisory lock, taken first). Shares are applied beside them.
   */
  readonly money?: boolean;
  /** Nothing is written: answers are of one moment (REPEATABLE READ, READ ONLY). */
  readonly snapshot?: boolean;
}

export interface Ledger extends AsyncDisposable {
  /** For people: host, port and database, never credentials. */
  readonly name: string;
  /**
   * Runs `work` in a transaction and resolves with its answer once that is committed durably. READ COMMITTED.
   *
   * `work` may run several times: after a serialization failure or a deadlock (a bounded number of times), and it
   * must therefore do nothing but ask `tx`. When the connection breaks during the commit, nobody knows whether it
   * happened: LedgerUnavailable is thrown with `outcomeUnknown`, and the caller does the same again, which every
   * operation of this room allows: done twice it is done once.
   *
   * @throws {LedgerUnavailable} The server is away, starting, shutting down or was killed. Safe to do again.
   * @throws What `work` throws; nothing is then written.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Holds a lock of that name until disposed, if nobody else has it: for work that one process at a time should do.
   * Null where another holds it. `lost` aborts when the connection that holds it breaks: somebody else may hold it then.
   */
  hold(lock: string): Promise<Held | null>;
}

export interface Held extends AsyncDisposable {
  readonly lost: AbortSignal;
}

/** The server cannot be reached or cannot work now; it may be back. */
export class LedgerUnavailable extends Error {
  override name = "LedgerUnavailable";
  constructor(message: string, readonly outcomeUnknown: boolean, options?: ErrorOptions) {
    super(message, options);
  }
}

/** What waiting cannot mend: wrong password, no such database, a schema that this program does not know. */
export class LedgerNotOpened extends Error {
  override name = "LedgerNotOpened";
}
