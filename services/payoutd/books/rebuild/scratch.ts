/**
 * Slices computed afresh, on disk: a rebuild of years needs no more memory than one of an hour.
 *
 * @module
 */
import type { ShareScheme } from "@gopool/ledger";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Work of one account in one minute (or hour), at one nBits and one subsidy. */
export interface SliceRow {
  /** First minute of the slice. */
  readonly minute: number;
  readonly scheme: ShareScheme;
  readonly account: string;
  readonly nbits: number;
  readonly subsidy: bigint;
  readonly shares: number;
  readonly work: bigint;
}

/** Work of all accounts in a slice. */
export interface TotalRow {
  readonly minute: number;
  readonly span: number;
  readonly nbits: number;
  readonly work: bigint;
}

export interface WorkRow {
  readonly account: string;
  readonly nbits: number;
  readonly work: bigint;
}

const SCHEMA = `
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  -- Sums of batches as they were read, several to a key.
  CREATE TABLE part (minute INT, scheme TEXT, account INT, nbits INT, subsidy TEXT, shares INT, work TEXT);
  CREATE TABLE minute_slice (minute INT, scheme TEXT, account INT, nbits INT, subsidy TEXT, shares INT, work TEXT,
    PRIMARY KEY (minute, scheme, account, nbits, subsidy)) WITHOUT ROWID;
  CREATE TABLE hour_slice (minute INT, scheme TEXT, account INT, nbits INT, subsidy TEXT, shares INT, work TEXT,
    PRIMARY KEY (minute, scheme, account, nbits, subsidy)) WITHOUT ROWID;
  CREATE TABLE total (scheme TEXT, minute INT, nbits INT, work TEXT, PRIMARY KEY (scheme, minute, nbits)) WITHOUT ROWID;
`;

type Stored = {
  minute: number;
  scheme: ShareScheme;
  account: number;
  nbits: number;
  subsidy: string;
  shares: number;
  work: string;
};

const HOUR = 60;

export class Scratch implements Disposable {
  readonly #db: DatabaseSync;
  readonly #ids = new Map<string, number>();
  readonly #insert: Readonly<Record<"part" | "minute_slice" | "hour_slice", StatementSync>>;

  /** @param path A file that is not there yet, or ":memory:". */
  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(SCHEMA);
    this.#insert = {
      part: this.#inserter("part"),
      minute_slice: this.#inserter("minute_slice"),
      hour_slice: this.#inserter("hour_slice"),
    };
  }

  /** Adds sums; of one slice in as many parts as they come. */
  add(rows: Iterable<SliceRow>): void {
    this.#transaction(() => {
      for (const row of rows) this.#put("part", row.minute, row, this.#idOf(row.account), row.work);
    });
  }

  /** Adds up what came in parts, by minute, by hour and in all. Once, when all is read: in one pass, sorted on disk. */
  sumUp(): void {
    this.#transaction(() => {
      const hour = new HourSums((row, account, work) =>
        this.#put("hour_slice", row.minute, row, account, work)
      );
      const totals = new TotalSums(this.#db.prepare("INSERT INTO total VALUES (?, ?, ?, ?)"));
      this.#eachMinuteSlice((row, shares, work) => {
        const slice = { ...row, shares, subsidy: BigInt(row.subsidy) };
        this.#put("minute_slice", row.minute, slice, row.account, work);
        hour.add(slice, row.account, work);
        totals.add(row, work);
      });
      hour.flush();
      totals.flush();
    });
    this.#db.exec("DROP TABLE part");
  }

  /** The slices of a minute, or of the hour that begins with it. */
  slices(minute: number, span: 1 | 60): SliceRow[] {
    const table = span === 1 ? "minute_slice" : "hour_slice";
    const rows = this.#db.prepare(
      `SELECT minute, scheme, name, nbits, subsidy, shares, work FROM ${table} JOIN account ON id = account
       WHERE minute = ?`,
    ).all(minute) as unknown as (Stored & { name: string })[];
    return rows.map(({ name: account, subsidy, work, ...rest }) => ({
      ...rest,
      account,
      subsidy: BigInt(subsidy),
      work: BigInt(work),
    }));
  }

  /** Minutes (or first minutes of hours) with slices, from one to before another, rising. */
  minutes(from: number, until: number, span: 1 | 60): number[] {
    const table = span === 1 ? "minute_slice" : "hour_slice";
    return this.#db.prepare(
      `SELECT DISTINCT minute FROM ${table} WHERE minute >= ? AND minute < ? ORDER BY minute`,
    ).all(from, until).map(({ minute }) => minute as number);
  }

  /** Totals of a scheme before a minute, the newest first; before `byMinuteFrom` hour by hour. */
  *totalsBack(scheme: ShareScheme, until: number, byMinuteFrom: number): Generator<TotalRow> {
    const minutes = this.#db.prepare(
      "SELECT minute, nbits, work FROM total WHERE scheme = ? AND minute >= ? AND minute < ? ORDER BY minute DESC, nbits",
    );
    for (const row of minutes.iterate(scheme, byMinuteFrom, until)) yield totalOf(row, 1);
    // SQLite adds up no numbers as large as these: neighbours are added here.
    let hour: TotalRow[] = [];
    const older = this.#db.prepare(
      "SELECT minute / 60 * 60 AS minute, nbits, work FROM total WHERE scheme = ? AND minute < ? ORDER BY minute / 60 DESC",
    );
    for (const row of older.iterate(scheme, Math.min(until, byMinuteFrom))) {
      const one = totalOf(row, HOUR);
      if (hour.length > 0 && hour[0]!.minute !== one.minute) {
        yield* hour.toSorted((a, b) => a.nbits - b.nbits);
        hour = [];
      }
      const same = hour.findIndex(({ nbits }) => nbits === one.nbits);
      if (same < 0) hour.push(one);
      else hour[same] = { ...one, work: hour[same]!.work + one.work };
    }
    yield* hour.toSorted((a, b) => a.nbits - b.nbits);
  }

  /** Each account's work of a scheme in these minutes, in parts, in no order. */
  *work(scheme: ShareScheme, from: number, until: number): Generator<WorkRow> {
    const hoursFrom = Math.min(Math.ceil(from / HOUR) * HOUR, until);
    const hoursUntil = Math.max(Math.floor(until / HOUR) * HOUR, hoursFrom);
    const ranges = [
      ["minute_slice", from, hoursFrom],
      ["hour_slice", hoursFrom, hoursUntil],
      ["minute_slice", hoursUntil, until],
    ] as const;
    for (const [table, low, high] of ranges) {
      const rows = this.#db.prepare(
        `SELECT name, nbits, work FROM ${table} JOIN account ON id = account
         WHERE minute >= ? AND minute < ? AND scheme = ?`,
      );
      for (const { name, nbits, work } of rows.iterate(low, high, scheme)) {
        yield { account: name as string, nbits: nbits as number, work: BigInt(work as string) };
      }
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  /** Parts of one slice come one after another. */
  #eachMinuteSlice(tell: (row: Stored, shares: number, work: bigint) => void): void {
    let sum: { row: Stored; shares: number; work: bigint } | undefined;
    const sorted = this.#db.prepare(
      "SELECT * FROM part ORDER BY minute, scheme, account, nbits, subsidy",
    );
    for (const row of sorted.iterate() as unknown as Iterable<Stored>) {
      if (sum === undefined || !isSameSlice(sum.row, row)) {
        if (sum !== undefined) tell(sum.row, sum.shares, sum.work);
        sum = { row, shares: 0, work: 0n };
      }
      sum.shares += row.shares;
      sum.work += BigInt(row.work);
    }
    if (sum !== undefined) tell(sum.row, sum.shares, sum.work);
  }

  #put(
    table: "part" | "minute_slice" | "hour_slice",
    minute: number,
    { scheme, nbits, subsidy, shares }: Omit<SliceRow, "account" | "work">,
    account: number,
    work: bigint,
  ): void {
    const values = [minute, scheme, account, nbits, String(subsidy), shares, String(work)] as const;
    this.#insert[table].run(...values);
  }

  #inserter(table: string): StatementSync {
    return this.#db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?)`);
  }

  #idOf(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#ids.size + 1;
      this.#db.prepare("INSERT INTO account VALUES (?, ?)").run(id, name);
      this.#ids.set(name, id);
    }
    return id;
  }

  #transaction(work: () => void): void {
    this.#db.exec("BEGIN");
    work();
    this.#db.exec("COMMIT");
  }
}

function isSameSlice(a: Stored, b: Stored): boolean {
  return a.minute === b.minute && a.scheme === b.scheme && a.account === b.account &&
    a.nbits === b.nbits && a.subsidy === b.subsidy;
}

type Slice = Omit<SliceRow, "account" | "work">;

/** An hour's sums in memory, as its minutes pass: as many as there are accounts. */
class HourSums {
  #minute = -1;
  #sums = new Map<string, { row: Slice & { shares: number }; account: number; work: bigint }>();

  constructor(private readonly write: (row: Slice, account: number, work: bigint) => void) {}

  add(slice: Slice, account: number, work: bigint): void {
    const minute = Math.floor(slice.minute / HOUR) * HOUR;
    if (minute !== this.#minute) this.flush();
    this.#minute = minute;
    const key = `${slice.scheme}/${account}/${slice.nbits}/${slice.subsidy}`;
    const sum = this.#sums.get(key);
    if (sum === undefined) this.#sums.set(key, { row: { ...slice, minute }, account, work });
    else {
      sum.row.shares += slice.shares;
      sum.work += work;
    }
  }

  flush(): void {
    for (const { row, account, work } of this.#sums.values()) this.write(row, account, work);
    this.#sums = new Map();
  }
}

/** A minute's totals in memory. */
class TotalSums {
  #minute = -1;
  #sums = new Map<string, { scheme: string; nbits: number; work: bigint }>();

  constructor(private readonly insert: StatementSync) {}

  add({ minute, scheme, nbits }: Pick<Stored, "minute" | "scheme" | "nbits">, work: bigint): void {
    if (minute !== this.#minute) this.flush();
    this.#minute = minute;
    const key = `${scheme}/${nbits}`;
    const sum = this.#sums.get(key);
    if (sum === undefined) this.#sums.set(key, { scheme, nbits, work });
    else sum.work += work;
  }

  flush(): void {
    for (const { scheme, nbits, work } of this.#sums.values()) {
      this.insert.run(scheme, this.#minute, nbits, String(work));
    }
    this.#sums = new Map();
  }
}

function totalOf(row: Record<string, unknown>, span: number): TotalRow {
  const { minute, nbits, work } = row as { minute: number; nbits: number; work: string };
  return { minute, span, nbits, work: BigInt(work) };
}
