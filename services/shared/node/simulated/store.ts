/**
 * The chain on disk: blocks, coins and the tip in one SQLite file. Everything one block changes is written in one
 * transaction and synced before anybody is told, so a kill at any moment loses no answer "accepted".
 *
 * @module
 */
import { type Hash, toHex } from "@gopool/chain";
import { createHash } from "node:crypto";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Coin, Coins, CoinView } from "./coins.ts";

/** A block as it is kept. */
export interface StoredBlock {
  readonly hash: Hash;
  readonly height: number;
  readonly header: Uint8Array;
  /** Null for one whose body was refused: only its header is remembered, to refuse it again. */
  readonly raw: Uint8Array | null;
  readonly transactions: number;
  /** Arrival order: among equals the first seen stays the tip. */
  readonly sequence: number;
  readonly arrivedAtMs: number;
  readonly spanMs: number | null;
  readonly failed: boolean;
}

/** What moving the tip changes; `spent` is kept so that a connected block can be taken out again. */
export interface TipChange {
  readonly tip: Hash;
  readonly connected: readonly { readonly hash: Hash; readonly spent: Uint8Array }[];
  readonly coins: CoinView;
}

/** Another process has the chain open. */
export class ChainInUse extends Error {
  override name = "ChainInUse";
}

/** Raised when the tables change: an older file is refused with a sentence instead of being misread. */
const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS block (
    hash BLOB PRIMARY KEY, height INTEGER NOT NULL, header BLOB NOT NULL, raw BLOB, spent BLOB,
    transactions INTEGER NOT NULL, sequence INTEGER NOT NULL, arrived_at_ms INTEGER NOT NULL,
    span_ms INTEGER, failed INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS coin (
    outpoint BLOB PRIMARY KEY, height INTEGER NOT NULL, coinbase INTEGER NOT NULL,
    value INTEGER NOT NULL, script BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tip (only INTEGER PRIMARY KEY CHECK (only = 1), hash BLOB NOT NULL) STRICT;
`;

/** What SQLite says of a file that another connection holds; Deno's exec() gives no result code with it. */
const LOCKED = /database is locked/;

export class ChainStore implements Coins, Disposable {
  readonly #db: DatabaseSync;
  readonly #getCoin: StatementSync;
  readonly #putCoin: StatementSync;
  readonly #dropCoin: StatementSync;
  readonly #putBlock: StatementSync;

  /**
   * @param path Of the file, or ":memory:" for a chain that ends with the process.
   * @throws {ChainInUse} Another process has it open.
   */
  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    try {
      // Exclusive from the start: two nodes on one chain would each think that their own tip is written.
      this.#db.exec("PRAGMA locking_mode = EXCLUSIVE");
      this.#db.exec("PRAGMA journal_mode = WAL");
      this.#db.exec("PRAGMA synchronous = FULL");
      this.#db.exec("BEGIN IMMEDIATE");
      const version = this.#db.prepare("PRAGMA user_version").get()!.user_version as number;
      if (version !== 0 && version !== SCHEMA_VERSION) {
        throw new Error(
          `Chain file ${path} has format ${version}, this node reads ${SCHEMA_VERSION}`,
        );
      }
      this.#db.exec(SCHEMA + `PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    } catch (error) {
      this.#db.close();
      if (!LOCKED.test((error as Error).message)) throw error;
      throw new ChainInUse(`Chain file ${path} is open in another process`, { cause: error });
    }
    this.#getCoin = this.#db.prepare(
      "SELECT height, coinbase, value, script FROM coin WHERE outpoint = ?",
    );
    this.#getCoin.setReadBigInts(true);
    this.#putCoin = this.#db.prepare("INSERT OR REPLACE INTO coin VALUES (?, ?, ?, ?, ?)");
    this.#dropCoin = this.#db.prepare("DELETE FROM coin WHERE outpoint = ?");
    this.#putBlock = this.#db.prepare(
      `INSERT INTO block (hash, height, header, raw, transactions, sequence, arrived_at_ms, span_ms, failed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (hash) DO UPDATE SET raw = excluded.raw, transactions = excluded.transactions,
         sequence = excluded.sequence, arrived_at_ms = excluded.arrived_at_ms,
         span_ms = excluded.span_ms, failed = excluded.failed`,
    );
  }

  get(outpoint: Uint8Array): Coin | undefined {
    const row = this.#getCoin.get(outpoint);
    return row === undefined ? undefined : {
      height: Number(row.height),
      coinbase: row.coinbase === 1n,
      value: row.value as bigint,
      script: row.script as Uint8Array,
    };
  }

  /** Every coin paid to one of these scripts, in no order that means anything. */
  coinsOf(scripts: readonly Uint8Array[]): { outpoint: Uint8Array; coin: Coin }[] {
    const holes = scripts.map(() => "?").join(", ");
    const select = this.#db.prepare(`SELECT * FROM coin WHERE script IN (${holes})`);
    select.setReadBigInts(true);
    return select.all(...scripts).map((row) => ({
      outpoint: row.outpoint as Uint8Array,
      coin: {
        height: Number(row.height),
        coinbase: row.coinbase === 1n,
        value: row.value as bigint,
        script: row.script as Uint8Array,
      },
    }));
  }

  /** A digest over all coins: equal for equal sets of coins, for tests. */
  digest(): string {
    const hash = createHash("sha256");
    const select = this.#db.prepare("SELECT * FROM coin ORDER BY outpoint");
    select.setReadBigInts(true);
    for (const row of select.iterate()) {
      hash.update(row.outpoint as Uint8Array).update(row.script as Uint8Array);
      hash.update(`${row.height}/${row.coinbase}/${row.value};`);
    }
    return hash.digest("hex");
  }

  /** All blocks without their bodies, lower ones first. */
  blocks(): (Omit<StoredBlock, "raw"> & { readonly hasBody: boolean; readonly size: number })[] {
    return this.#db.prepare(
      `SELECT hash, height, header, length(raw) AS size, transactions, sequence, arrived_at_ms, span_ms, failed
       FROM block ORDER BY height, sequence`,
    ).all().map((row) => ({
      hash: row.hash as Hash,
      height: row.height as number,
      header: row.header as Uint8Array,
      hasBody: row.size !== null,
      size: (row.size ?? 0) as number,
      transactions: row.transactions as number,
      sequence: row.sequence as number,
      arrivedAtMs: row.arrived_at_ms as number,
      spanMs: row.span_ms as number | null,
      failed: row.failed === 1,
    }));
  }

  tip(): Hash | null {
    return (this.#db.prepare("SELECT hash FROM tip").get()?.hash ?? null) as Hash | null;
  }

  raw(hash: Hash): Uint8Array {
    const row = this.#db.prepare("SELECT raw FROM block WHERE hash = ?").get(hash);
    if (!row?.raw) throw new Error(`Chain file lacks the body of block ${toHex(hash)}`);
    return row.raw as Uint8Array;
  }

  spent(hash: Hash): Uint8Array {
    const row = this.#db.prepare("SELECT spent FROM block WHERE hash = ?").get(hash);
    return (row?.spent ?? new Uint8Array()) as Uint8Array;
  }

  /** Keeps blocks and moves the tip, all or nothing; on return it survives a crash. */
  write(change: {
    readonly blocks?: readonly StoredBlock[];
    readonly failed?: readonly { readonly hash: Hash; readonly failed: boolean }[];
    readonly tip?: TipChange;
  }): void {
    this.batch(() => {
      for (const block of change.blocks ?? []) this.#insert(block);
      for (const { hash, failed } of change.failed ?? []) {
        this.#db.prepare("UPDATE block SET failed = ? WHERE hash = ?").run(failed ? 1 : 0, hash);
      }
      if (change.tip) this.#moveTip(change.tip);
    });
  }

  /** Makes all writes within `work` one transaction; a throw undoes them. */
  batch(work: () => void): void {
    if (this.#db.isTransaction) return work();
    this.#db.exec("BEGIN");
    try {
      work();
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #insert(block: StoredBlock): void {
    this.#putBlock.run(
      block.hash,
      block.height,
      block.header,
      block.raw,
      block.transactions,
      block.sequence,
      Math.round(block.arrivedAtMs),
      block.spanMs === null ? null : Math.round(block.spanMs),
      block.failed ? 1 : 0,
    );
  }

  #moveTip({ tip, connected, coins }: TipChange): void {
    for (const { hash, spent } of connected) {
      this.#db.prepare("UPDATE block SET spent = ? WHERE hash = ?").run(spent, hash);
    }
    for (const { outpoint, coin } of coins.changes.values()) {
      if (coin === null) this.#dropCoin.run(outpoint);
      else {
        this.#putCoin.run(outpoint, coin.height, coin.coinbase ? 1 : 0, coin.value, coin.script);
      }
    }
    this.#db.prepare("INSERT OR REPLACE INTO tip VALUES (1, ?)").run(tip);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
