/**
 * The open file of the embedded log.
 *
 * @module
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { dirname } from "node:path";
import { BusNotOpened } from "./options.ts";
import { reasonOf } from "./sqlite_errors.ts";
import { makeIfNew, makeTopic } from "./sqlite_schema.ts";
import { PartitionTable } from "./sqlite_table.ts";
import { type Topic, TOPICS } from "./topics.ts";

/**
 * How long SQLite itself waits for another process's lock. The whole process stands still meanwhile, so it is
 * short; the writer tries again until a publish's deadline.
 */
const BUSY_WAIT_MS = 100;
/**
 * Pages (4 KiB) in the WAL before they are moved into the file: with SQLite's own 1000 every few batches pay for
 * it, with this many one in hundreds, for up to 100 ms.
 */
const CHECKPOINT_PAGES = 10_000;

/** The open file. Every method is synchronous: what one turn of the event loop does here, nobody interrupts. */
export class LogFile {
  readonly id: string;
  readonly #database: DatabaseSync;
  readonly #sharePartitions: number;
  readonly #topics = new Map<string, PartitionTable[]>();
  readonly #statements: Record<
    "begin" | "commit" | "rollback" | "dataVersion" | "position" | "setPosition" | "positions",
    StatementSync
  >;

  private constructor(database: DatabaseSync, readonly path: string) {
    this.#database = database;
    const meta = database.prepare("SELECT value FROM meta WHERE name = ?");
    const valueOf = (name: string) => meta.get(name)?.value;
    this.id = String(valueOf("log id"));
    this.#sharePartitions = Number(valueOf("share partitions"));
    this.#statements = {
      begin: database.prepare("BEGIN IMMEDIATE"),
      commit: database.prepare("COMMIT"),
      rollback: database.prepare("ROLLBACK"),
      dataVersion: database.prepare("PRAGMA data_version"),
      position: database.prepare(
        "SELECT next FROM position WHERE topic = ? AND consumers = ? AND partition = ?",
      ),
      setPosition: database.prepare("INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)"),
      positions: database.prepare(
        "SELECT consumers, partition, next FROM position WHERE topic = ? ORDER BY consumers",
      ),
    };
  }

  /**
   * Opens the file, or makes it with its folder.
   *
   * @throws {BusNotOpened} Saying why in a sentence.
   */
  static open(path: string, sharePartitions: { asked?: number; fallback: number }): LogFile {
    let database: DatabaseSync | undefined;
    try {
      Deno.mkdirSync(dirname(path), { recursive: true });
      database = new DatabaseSync(path, { timeout: BUSY_WAIT_MS });
      makeIfNew(database, path, sharePartitions.asked ?? sharePartitions.fallback);
      database.exec(`PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      const file = new LogFile(database, path);
      const { asked } = sharePartitions;
      if (asked !== undefined && asked !== file.#sharePartitions) {
        throw new BusNotOpened(
          `Cannot open the log at ${path} with ${asked} share partitions: it was made with ${file.#sharePartitions}, and partition counts never change in place`,
        );
      }
      for (const topic of TOPICS) file.tables(topic);
      return file;
    } catch (error) {
      database?.close();
      if (error instanceof BusNotOpened) throw error;
      throw new BusNotOpened(`Cannot open the log at ${path}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** The topic's partitions, in order; made on first use. */
  tables(topic: Topic): readonly PartitionTable[] {
    const known = this.#topics.get(topic.name);
    if (known) return known;
    const wanted = topic.partitions === "shares" ? this.#sharePartitions : topic.partitions;
    const find = this.#database.prepare("SELECT partitions FROM topic WHERE name = ?");
    if (!find.get(topic.name)) {
      this.transaction(() => {
        if (!find.get(topic.name)) makeTopic(this.#database, topic.name, wanted);
      });
    }
    const found = Number(find.get(topic.name)!.partitions);
    if (found !== wanted) {
      throw new BusNotOpened(
        `Cannot use topic ${topic.name} with ${wanted} partitions: the log at ${this.path} has ${found}, and partition counts never change in place`,
      );
    }
    const rows = this.#database
      .prepare("SELECT id, number FROM partition WHERE topic = ? ORDER BY number")
      .all(topic.name);
    const tables = rows.map((row) =>
      new PartitionTable(this.#database, topic.name, Number(row.number), Number(row.id))
    );
    this.#topics.set(topic.name, tables);
    return tables;
  }

  begin(): void {
    // A transaction that could not even be rolled back stays open until it can.
    if (this.#database.isTransaction) this.#statements.rollback.run();
    this.#statements.begin.run();
  }

  /** When it returns, what the transaction wrote survives any crash. */
  commit(): void {
    this.#statements.commit.run();
  }

  /** Ends a transaction that failed. SQLite has already ended some by itself. */
  rollback(): void {
    try {
      if (this.#database.isTransaction) this.#statements.rollback.run();
    } catch {
      // The next begin tries again.
    }
  }

  transaction(work: () => void): void {
    this.begin();
    try {
      work();
      this.commit();
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Changes when another connection has committed, and only then. */
  dataVersion(): number {
    return Number(this.#statements.dataVersion.get()?.data_version);
  }

  position(topic: string, group: string, partition: number): number | null {
    const row = this.#statements.position.get(topic, group, partition);
    return row ? Number(row.next) : null;
  }

  setPosition(topic: string, group: string, partition: number, next: number): void {
    this.#statements.setPosition.run(topic, group, partition, next);
  }

  /** Every group that has a position on the topic, by name: its position per partition. */
  positions(topic: string): Map<string, Map<number, number>> {
    const groups = new Map<string, Map<number, number>>();
    for (const row of this.#statements.positions.all(topic)) {
      const group = String(row.consumers);
      if (!groups.has(group)) groups.set(group, new Map());
      groups.get(group)!.set(Number(row.partition), Number(row.next));
    }
    return groups;
  }

  close(): void {
    this.#database.close();
  }
}
