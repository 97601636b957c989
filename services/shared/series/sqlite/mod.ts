/**
 * The series embedded in a file of this machine: SQLite in WAL mode. One process writes it; others may read it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { checkLimit, checkMinutes } from "../checks.ts";
import { checkRange, DAY_MS, floorTo, HOUR_MS, type RollPlan, rollPlanOf } from "../levels.ts";
import { RETENTIONS, type Retentions, SeriesNotOpened, type SeriesOptions } from "../options.ts";
import {
  type BlockPoint,
  type Figures,
  type Fold,
  type Position,
  type Range,
  type Series,
  SeriesUnavailable,
  type Subject,
  type WriteCounters,
} from "../port.ts";
import { openToRead, openToWrite } from "./file.ts";
import { FoldWriter } from "./fold_writer.ts";
import { Meta } from "./meta.ts";
import { Names } from "./names.ts";
import * as points from "./points.ts";
import { prune } from "./prune.ts";
import { Questions } from "./questions.ts";
import { ReadConnection, type Value } from "./read_connection.ts";
import { rollOne } from "./roll_up.ts";
import { Transactions } from "./transactions.ts";
import { Troubles } from "./troubles.ts";

/**
 * Opens the file, or makes it.
 *
 * @throws {SeriesNotOpened} Saying why in a sentence.
 */
export function openSqliteSeries(path: string, options: SeriesOptions): Series {
  if (options.access !== "read") return new SqliteSeries(path, options, openToWrite(path));
  refuseStrangers(path);
  return new SqliteSeries(path, options, null);
}

/** A file that can never be read is told now; what keeps one from being read at this moment is waited for. */
function refuseStrangers(path: string): void {
  try {
    openToRead(path)?.close();
  } catch (error) {
    if (error instanceof SeriesNotOpened) throw error;
  }
}

/** All that writes. */
interface Writing {
  readonly database: DatabaseSync;
  readonly meta: Meta;
  readonly folds: FoldWriter;
  readonly names: Names;
  readonly transactions: Transactions;
}

class SqliteSeries implements Series {
  readonly name: string;
  readonly #path: string;
  readonly #clock: SeriesOptions["clock"];
  readonly #retentions: Retentions;
  readonly #connection: ReadConnection;
  readonly #questions: Questions;
  readonly #writing: Writing | null;
  readonly #onTrouble: (sentence: string | null) => void;
  #inFlight = 0;
  #lines = 0;
  #dropped = 0;

  constructor(path: string, options: SeriesOptions, database: DatabaseSync | null) {
    const { clock, retentions = RETENTIONS, onTrouble = () => {} } = options;
    this.name = `sqlite:${path}`;
    this.#path = path;
    this.#onTrouble = onTrouble;
    this.#clock = clock;
    this.#retentions = retentions;
    // Each connection tells its own: reading may work where writing does not.
    this.#connection = new ReadConnection(path, new Troubles(onTrouble));
    this.#questions = new Questions({ connection: this.#connection, clock, retentions });
    this.#writing = database === null ? null : writingOf(database, path, options);
  }

  async write(fold: Fold): Promise<void> {
    const { transactions, folds } = this.#writer();
    this.#inFlight += 1;
    try {
      const { points, faults } = await transactions.run(() => folds.write(fold));
      this.#lines += points;
      this.#dropped += faults.length;
      if (faults.length > 0) this.#tellDropped(faults);
    } finally {
      this.#inFlight -= 1;
    }
  }

  counters(): WriteCounters {
    const [inFlight, lines, dropped] = [this.#inFlight, this.#lines, this.#dropped];
    return { inFlight, lines, retries: 0, dropped };
  }

  async rollUp(range: Range): Promise<{ hours: number; days: number }> {
    checkRange(range);
    const { hours, days } = await this.#writer().transactions.run(() => this.#rollPlan(range));
    const wholeDays = new Set(begins(days, DAY_MS));
    const endMs = hours?.untilMs;
    for (const at of begins(hours, HOUR_MS)) {
      const untilMs = at + HOUR_MS;
      const day = floorTo(at, DAY_MS);
      const isLastOfDay = untilMs === endMs || untilMs % DAY_MS === 0;
      await this.#roll(at, isLastOfDay && wholeDays.has(day) ? day : null);
    }
    return { hours: begins(hours, HOUR_MS).length, days: wholeDays.size };
  }

  async writeBlock(block: BlockPoint): Promise<void> {
    await this.#put(points.WRITE_BLOCK, points.blockValues(block));
  }

  async writeFigures(figures: Figures): Promise<void> {
    await this.#put(points.WRITE_FIGURES, points.figuresValues(figures));
  }

  async prune(nowMs: number): Promise<void> {
    await prune(this.#writer(), nowMs, this.#retentions);
  }

  positions(): Promise<readonly Position[]> {
    return this.#rows("SELECT topic, partition, log_id, offset FROM position", [], (columns) => ({
      topic: columns[0] as string,
      partition: columns[1] as number,
      logId: columns[2] as string,
      offset: columns[3] as number,
    }));
  }

  rolledUntil(): Promise<number> {
    return this.#connection.ask(() => this.#connection.meta.get("rolled_until") ?? 0);
  }

  sums(subject: Subject, ranges: readonly Range[]) {
    return this.#connection.ask(() => this.#questions.sums(subject, ranges));
  }

  chart(subject: Subject, range: Range, stepMs: number) {
    return this.#connection.ask(() => this.#questions.chart(subject, range, stepMs));
  }

  workers(account: string, range: Range, page: Parameters<Series["workers"]>[2]) {
    return this.#connection.ask(() => this.#questions.workers(account, range, page));
  }

  top(range: Range, limit: number) {
    return this.#connection.ask(() => this.#questions.top(range, limit));
  }

  online(range: Range, account?: string) {
    return this.#connection.ask(() => this.#questions.online(range, account));
  }

  best(subject: Subject, range: Range) {
    return this.#connection.ask(() => this.#questions.best(subject, range));
  }

  async blocks({ untilMs, limit }: { untilMs: number; limit: number }): Promise<BlockPoint[]> {
    checkLimit(limit);
    return await this.#rows(points.READ_BLOCKS, [untilMs, limit], points.blockOf);
  }

  async blockCount(range: Range): Promise<number> {
    checkRange(range);
    const sql = "SELECT count(*) FROM block WHERE found_at >= ? AND found_at < ?";
    const [count] = await this.#rows(sql, [range.fromMs, range.untilMs], ([n]) => Number(n));
    return count!;
  }

  async figures(range: Range): Promise<Figures[]> {
    checkMinutes(range);
    return await this.#rows(
      points.READ_FIGURES,
      [range.fromMs, range.untilMs],
      points.figuresOf,
    );
  }

  firstMinute(): Promise<number | null> {
    return this.#connection.ask(() => this.#connection.meta.get("first_minute"));
  }

  async health(): Promise<void> {
    await this.firstMinute();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
    await this.#writing?.transactions.close();
  }

  /** Told once: nothing is in the way. */
  #tellDropped(faults: readonly string[]): void {
    this.#onTrouble(`${faults.length} points of the series were left out: ${faults[0]}`);
    this.#onTrouble(null);
  }

  #writer(): Writing {
    if (this.#writing !== null) return this.#writing;
    throw new SeriesUnavailable(`The series at ${this.#path} was opened to be read only`);
  }

  #rollPlan(range: Range): RollPlan {
    const { meta } = this.#writer();
    const horizon = meta.horizon(this.#clock.now(), this.#retentions);
    return rollPlanOf(range, horizon, meta.get("first_minute"));
  }

  /**
   * An hour is a transaction of its own: a fold waits for one of them, not for all. The day goes with its last hour:
   * once its end counts as rolled up, questions read the day's row.
   */
  async #roll(hour: number, day: number | null): Promise<void> {
    const { transactions, database, meta } = this.#writer();
    await transactions.run(async () => {
      await rollOne(database, "hour", hour);
      if (day !== null) await rollOne(database, "day", day);
      meta.set("rolled_until", Math.max(meta.get("rolled_until") ?? 0, hour + HOUR_MS));
    });
  }

  async #put(sql: string, values: readonly Value[]): Promise<void> {
    const { transactions, database } = this.#writer();
    await transactions.run(() => void database.prepare(sql).run(...values));
  }

  #rows<T>(
    sql: string,
    values: readonly Value[],
    of: (columns: readonly unknown[]) => T,
  ): Promise<T[]> {
    return this.#connection.ask(async () => {
      const rows: T[] = [];
      await this.#connection.each(sql, values, (columns) => void rows.push(of(columns)));
      return rows;
    });
  }
}

function writingOf(database: DatabaseSync, path: string, options: SeriesOptions): Writing {
  const names = new Names(database);
  const meta = new Meta(database, "write");
  return {
    database,
    meta,
    names,
    folds: new FoldWriter({ database, names, meta, raw: options.raw }),
    transactions: new Transactions(
      database,
      path,
      new Troubles(options.onTrouble),
      () => names.forget(),
    ),
  };
}

function begins(range: Range | null, unit: number): number[] {
  if (range === null) return [];
  const count = (range.untilMs - range.fromMs) / unit;
  return Array.from({ length: count }, (_, i) => range.fromMs + i * unit);
}
