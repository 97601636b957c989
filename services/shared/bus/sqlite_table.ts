import type { DatabaseSync, StatementSync } from "node:sqlite";

/** One row: records of one partition that became durable together. */
export interface ChunkRow {
  /** Offset of the first record. */
  readonly base: number;
  readonly count: number;
  /** Log-append time of all of them. */
  readonly ms: number;
  /** 1 where the values are compressed. */
  readonly gzip: number;
  /** See chunk.ts. */
  readonly records: Uint8Array;
}

/** Where a chunk lies, without its records. */
export type ChunkSpan = Pick<ChunkRow, "base" | "count" | "ms">;

const SPAN = "base, count, ms";
const ROW = `${SPAN}, gzip, records`;

/** What is asked of a partition's table; TABLE stands for its name. */
const QUERIES = {
  insert: `INSERT INTO TABLE (${ROW}) VALUES (?, ?, ?, ?, ?)`,
  first: `SELECT ${SPAN} FROM TABLE ORDER BY base LIMIT 1`,
  last: `SELECT ${SPAN} FROM TABLE ORDER BY base DESC LIMIT 1`,
  spanAt: `SELECT ${SPAN} FROM TABLE WHERE base <= ? ORDER BY base DESC LIMIT 1`,
  at: `SELECT ${ROW} FROM TABLE WHERE base <= ? ORDER BY base DESC LIMIT 1`,
  from: `SELECT ${ROW} FROM TABLE WHERE base >= ? ORDER BY base LIMIT 1`,
  drop: `DELETE FROM TABLE WHERE base IN
    (SELECT base FROM TABLE WHERE base + count <= ? ORDER BY base LIMIT ?)`,
} as const;

/** One partition's table. Statements are prepared on first use: most partitions of a large log rest. */
export class PartitionTable {
  readonly #database: DatabaseSync;
  readonly #name: string;
  readonly #prepared = new Map<keyof typeof QUERIES, StatementSync>();

  constructor(database: DatabaseSync, readonly topic: string, readonly number: number, id: number) {
    this.#database = database;
    this.#name = `chunk_${id}`;
  }

  insert(base: number, count: number, ms: number, gzip: boolean, records: Uint8Array): void {
    this.#ask("insert").run(base, count, ms, gzip ? 1 : 0, records);
  }

  first(): ChunkSpan | undefined {
    return this.#ask("first").get() as unknown as ChunkSpan | undefined;
  }

  last(): ChunkSpan | undefined {
    return this.#ask("last").get() as unknown as ChunkSpan | undefined;
  }

  /** The chunk that begins at this offset or, of those before it, last: it holds the offset, if any does. */
  spanAt(offset: number): ChunkSpan | undefined {
    return this.#ask("spanAt").get(offset) as unknown as ChunkSpan | undefined;
  }

  /** As `spanAt`, with the records. */
  at(offset: number): ChunkRow | undefined {
    return this.#ask("at").get(offset) as unknown as ChunkRow | undefined;
  }

  /** The first chunk that begins at this offset or after it. */
  from(offset: number): ChunkRow | undefined {
    return this.#ask("from").get(offset) as unknown as ChunkRow | undefined;
  }

  /** Deletes at most `most` chunks that lie wholly below an offset; gives how many. */
  drop(below: number, most: number): number {
    return Number(this.#ask("drop").run(below, most).changes);
  }

  #ask(query: keyof typeof QUERIES): StatementSync {
    let statement = this.#prepared.get(query);
    if (!statement) {
      statement = this.#database.prepare(QUERIES[query].replaceAll("TABLE", this.#name));
      this.#prepared.set(query, statement);
    }
    return statement;
  }
}
