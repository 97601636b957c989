/**
 * Names of accounts and workers as numbers.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytesOf(name: string): Uint8Array {
  return encoder.encode(name);
}

export function nameOf(bytes: unknown): string {
  return decoder.decode(bytes as Uint8Array);
}

/** Workers remembered: names are the miners' to choose, so without a bound they could fill the memory. */
const REMEMBERED_MAX = 50_000;

/** The numbers of names, made where there is none. Of the connection that writes. */
export class Names {
  readonly #accounts = new Map<string, number>();
  readonly #workers = new Map<number, Map<string, number>>();
  #remembered = 0;
  readonly #find: { account: StatementSync; worker: StatementSync };
  readonly #add: { account: StatementSync; worker: StatementSync };

  constructor(database: DatabaseSync) {
    this.#find = {
      account: database.prepare("SELECT id FROM account WHERE name = ?"),
      worker: database.prepare("SELECT id FROM worker WHERE account = ? AND name = ?"),
    };
    this.#add = {
      account: database.prepare("INSERT INTO account (name) VALUES (?) RETURNING id"),
      worker: database.prepare("INSERT INTO worker (account, name) VALUES (?, ?) RETURNING id"),
    };
  }

  account(name: string): number {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    this.#makeRoom();
    const bytes = bytesOf(name);
    const id = idOf(this.#find.account.get(bytes) ?? this.#add.account.get(bytes));
    this.#accounts.set(name, id);
    return id;
  }

  worker(account: number, name: string): number {
    const known = this.#workers.get(account)?.get(name);
    if (known !== undefined) return known;
    this.#makeRoom();
    const bytes = bytesOf(name);
    const id = idOf(this.#find.worker.get(account, bytes) ?? this.#add.worker.get(account, bytes));
    const own = this.#workers.get(account) ?? new Map<string, number>();
    own.set(name, id);
    this.#workers.set(account, own);
    return id;
  }

  /** To be called when a transaction was rolled back: numbers given in it are nobody's. */
  forget(): void {
    this.#accounts.clear();
    this.#workers.clear();
    this.#remembered = 0;
  }

  #makeRoom(): void {
    if (this.#remembered >= REMEMBERED_MAX) this.forget();
    this.#remembered += 1;
  }
}

function idOf(row: Record<string, unknown> | undefined): number {
  return Number(row!.id);
}
