/**
 * Shares into totals: what one minute of one status and partition adds up to, account by account and worker by worker.
 * Pure, and hot: a share costs two look-ups and some additions, and makes nothing that was not there.
 *
 * @module
 */
import { targetFromBits, workOfTarget } from "@gopool/chain";
import type { Reason } from "@gopool/proto";
import type { StatisticsShare } from "@gopool/shares";
import { NAMES_OF_MINUTE_MAX, WORKERS_OF_ACCOUNT_MAX } from "./limits.ts";

/** What the shares of one worker in one minute, or all of the minute's, add up to. */
export class Cell {
  shares = 0;
  work = 0;
  workSquared = 0;
  expected = 0;
  bestDifficulty = 0;
  bestAtMs = 0;
  latencyMs = 0;
  latencyShares = 0;
  lastMs = 0;
  /** Reason → shares; null where none was refused. */
  reasons: Map<Reason, number> | null = null;
  /** Not written as it is now. */
  changed = false;

  constructor(readonly account: string, readonly worker: string) {}
}

/** What of a share the cells add up, the same for each of them. */
interface Weight {
  work: number;
  expected: number;
}

/** Bounds of the names, for tests. */
export interface NameBounds {
  readonly names: number;
  readonly workersOfAccount: number;
}

const NAME_BOUNDS: NameBounds = {
  names: NAMES_OF_MINUTE_MAX,
  workersOfAccount: WORKERS_OF_ACCOUNT_MAX,
};

/** One minute of one status and partition. */
export class MinuteFold {
  /** Over all accounts. */
  readonly pool = new Cell("", "");
  /** Cells that changed since they were last taken. */
  #changed: Cell[] = [];
  readonly #accounts = new Map<string, Map<string, Cell>>();
  #names = 0;
  /** Shares counted under another name than their own, because there were too many. */
  folded = 0;

  constructor(
    readonly minuteMs: number,
    /** Offset, in the topic, of its first record: whoever begins there sees all of it. */
    readonly firstOffset: number,
    readonly countsWork: boolean,
    readonly bounds: NameBounds = NAME_BOUNDS,
  ) {}

  /** Totals in memory. */
  get size(): number {
    return this.#names;
  }

  get hasChanged(): boolean {
    return this.pool.changed || this.#changed.length > 0;
  }

  /** @param shares How many it stands for. */
  add(share: StatisticsShare, shares: number): void {
    weigh(share, this.countsWork);
    const cell = this.#cell(share.account, share.worker);
    count(cell, share, shares, this.countsWork);
    if (!cell.changed) {
      cell.changed = true;
      this.#changed.push(cell);
    }
    count(this.pool, share, shares, this.countsWork);
    this.pool.changed = true;
  }

  /** Takes cells that changed, `most` of them: they count as written unless they are given back. */
  take(most: number): Cell[] {
    const taken = this.#changed.splice(0, most);
    for (const cell of taken) cell.changed = false;
    this.pool.changed = false;
    return taken;
  }

  /** What was taken could not be written. */
  giveBack(cells: readonly Cell[]): void {
    for (const cell of cells) {
      if (cell.changed) continue;
      cell.changed = true;
      this.#changed.push(cell);
    }
    this.pool.changed = true;
  }

  /** All of it has to be written once more. */
  again(): void {
    for (const workers of this.#accounts.values()) this.giveBack([...workers.values()]);
  }

  #cell(account: string, worker: string): Cell {
    let workers = this.#accounts.get(account);
    if (workers === undefined) {
      // Shares without an account are always let in: they are where everything beyond the bounds ends.
      if (this.#names >= this.bounds.names && account !== "") {
        this.folded++;
        return this.#cell("", "");
      }
      this.#accounts.set(account, workers = new Map());
    }
    let cell = workers.get(worker);
    if (cell === undefined) {
      const isFull = this.#names >= this.bounds.names ||
        workers.size >= this.bounds.workersOfAccount;
      if (isFull && worker !== "") {
        this.folded++;
        return this.#cell(account, "");
      }
      workers.set(worker, cell = new Cell(account, worker));
      this.#names++;
    }
    return cell;
  }
}

const weight: Weight = { work: 0, expected: 0 };

function weigh(share: StatisticsShare, countsWork: boolean): void {
  weight.work = countsWork ? share.work : 0;
  weight.expected = countsWork && share.nbits !== 0 ? share.work / hashesOf(share.nbits) : 0;
}

function count(cell: Cell, share: StatisticsShare, shares: number, countsWork: boolean): void {
  cell.shares += shares;
  if (share.loggedAtMs > cell.lastMs) cell.lastMs = share.loggedAtMs;
  if (share.jobSentAtMs > 0) {
    cell.latencyMs += Math.max(0, share.receivedAtMs - share.jobSentAtMs);
    cell.latencyShares++;
  }
  if (!countsWork) {
    cell.reasons ??= new Map();
    cell.reasons.set(share.reason, (cell.reasons.get(share.reason) ?? 0) + shares);
    return;
  }
  cell.work += weight.work;
  cell.workSquared += weight.work * weight.work;
  cell.expected += weight.expected;
  if (share.achievedDifficulty > cell.bestDifficulty && share.achievedDifficulty < Infinity) {
    cell.bestDifficulty = share.achievedDifficulty;
    cell.bestAtMs = share.loggedAtMs;
  }
}

let lastBits = 0;
let lastHashes = Infinity;

/** Hashes that a block needs on average; Infinity for bits that are no target. They change once a fortnight. */
export function hashesOf(nbits: number): number {
  if (nbits !== lastBits) {
    const target = targetFromBits(nbits);
    lastHashes = target === 0n ? Infinity : Number(workOfTarget(target));
    lastBits = nbits;
  }
  return lastHashes;
}
