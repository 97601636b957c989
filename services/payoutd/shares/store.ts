/**
 * Puts what was read of a batch into the ledger: one transaction, all or nothing, by compare-and-set.
 *
 * @module
 */
import { shareValid } from "@gopool/bus";
import { accountsOf, type Ledger, type Tx } from "@gopool/ledger";
import { type SchemePeriod, schemePeriods } from "@gopool/ledger/schemes";
import {
  addSlices,
  cleanText,
  type DeadLetter,
  keepDeadLetters,
  lockShares,
  type Moved,
  movePosition,
  noteLate,
  noteWorkers,
  type SeenWorker,
  type SliceColumns,
} from "@gopool/ledger/shares";
import type { Clock } from "@gopool/runtime";
import { ACCOUNTS_MAX, WORKER_EVERY_MS, WORKER_NAME_MAX_LENGTH, WORKERS_MAX } from "./limits.ts";
import type { BatchReading, Standing } from "./read_batch.ts";
import type { Books, Share } from "./share.ts";
import { type SliceGroup, sumShares } from "./summing.ts";
import { Together } from "./together.ts";

/** The schedule of schemes as it stood at one version. */
interface Schedule {
  readonly version: number;
  readonly periods: readonly SchemePeriod[];
}

/** A batch as it was ruled on, and from where. */
interface ReadBatch {
  readonly standing: Standing;
  readonly reading: BatchReading;
}

/** What all partitions of a process share while they store: nothing that matters is kept here alone. */
export class ShareStore {
  /** Ids that are committed. */
  readonly #accounts = new Map<string, number>();
  /** When each worker was last written, by `clock.monotonic`. */
  readonly #workers = new Map<string, Map<string, number>>();
  #workersKnown = 0;
  #schedule: Schedule = { version: -1, periods: [] };
  readonly #together = new Together((batches: readonly ReadBatch[]) => this.#storeAll(batches));

  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Pick<Clock, "now" | "monotonic">,
    private readonly books: Books,
    private readonly busId: string,
  ) {}

  /**
   * Stores a batch; those of several partitions that come at once in one transaction, so that a slice which all of them
   * add to is written once.
   *
   * @returns False where the position is elsewhere by now: nothing was written.
   * @throws {LedgerUnavailable} It may or may not have been written: load the position, and rule on the batch again.
   */
  store(standing: Standing, reading: BatchReading): Promise<boolean> {
    return this.#together.ask({ standing, reading });
  }

  async #storeAll(batches: readonly ReadBatch[]): Promise<boolean[]> {
    const done = await this.ledger.transaction((tx) => this.#storeIn(tx, batches));
    if (this.#accounts.size >= ACCOUNTS_MAX) this.#accounts.clear();
    for (const [name, id] of done.accounts) this.#accounts.set(name, id);
    if (done.schedule !== undefined) this.#schedule = done.schedule;
    this.#written(done.workers);
    return batches.map((batch) => done.stored.includes(batch));
  }

  /** Everything here may run several times: it reads this object and changes nothing but the ledger. */
  async #storeIn(tx: Tx, batches: readonly ReadBatch[]) {
    // Before the positions: who waits for a minute to be closed must hold nothing that the closing waits for.
    await lockShares(tx, "shared");
    const stored: ReadBatch[] = [];
    let moved: Moved | null = null;
    // In one order, so that two payoutd do not wait for each other.
    for (
      const batch of batches.toSorted((a, b) => a.reading.to.partition - b.reading.to.partition)
    ) {
      const { standing: { log, at }, reading: { to, shares, foreign } } = batch;
      const move = {
        log: log.number,
        from: at,
        to,
        shares: shares.length,
        foreign: foreign.length,
      };
      const now = await movePosition(tx, move);
      if (now === null) continue;
      stored.push(batch);
      moved = now;
    }
    if (moved === null) return { stored, accounts: new Map<string, number>(), workers: [] };
    const letters = stored.flatMap(({ reading }) => reading.letters);
    await keepDeadLetters(tx, letters.map((letter) => this.#deadLetter(letter)), this.clock.now());
    const schedule = await this.#scheduleIn(tx, moved.scheduleVersion);
    const rules = {
      network: this.books.network,
      periods: schedule.periods,
      // The same for all of them: no minute is closed while this transaction lasts.
      firstOpenMinute: moved.firstOpenMinute,
    };
    const shares = stored.flatMap(({ reading }) => reading.shares);
    const { groups, late } = sumShares(shares, rules);
    const accounts = await this.#accountIds(tx, groups);
    await addSlices(tx, columnsOf(groups, accounts));
    if (late.length > 0) {
      for (const { standing: { log, at }, reading } of stored) {
        await noteLate(tx, log.number, at.partition, sumShares(reading.shares, rules).late);
      }
    }
    const workers = this.#due(shares);
    await noteWorkers(tx, seenWorkers(workers, accounts));
    return { stored, accounts, schedule, workers };
  }

  async #scheduleIn(tx: Tx, version: number): Promise<Schedule> {
    // The first period of all is written without a new version.
    if (version === this.#schedule.version && this.#schedule.periods.length > 0) {
      return this.#schedule;
    }
    return { version, periods: await schemePeriods(tx) };
  }

  async #accountIds(tx: Tx, groups: readonly SliceGroup[]): Promise<Map<string, number>> {
    const ids = new Map<string, number>();
    const unknown: string[] = [];
    for (const { accounts } of groups) {
      for (const name of accounts.keys()) {
        if (ids.has(name)) continue;
        const id = this.#accounts.get(name);
        if (id === undefined) unknown.push(name);
        else ids.set(name, id);
      }
    }
    const names = [...new Set(unknown)];
    const found = names.length === 0 ? [] : await accountsOf(tx, names);
    names.forEach((name, i) => ids.set(name, found[i]!));
    return ids;
  }

  #deadLetter({ message, reason }: BatchReading["letters"][number]): DeadLetter {
    const { partition, offset, loggedAtMs, value } = message;
    return {
      busId: this.busId,
      topic: shareValid.name,
      partition,
      offset,
      loggedAtMs,
      reason,
      value,
    };
  }

  /** The last share of each worker that was not written for a while. */
  #due(shares: readonly Share[]): Share[] {
    const nowMs = this.clock.monotonic();
    const due = new Map<string, Map<string, Share>>();
    for (const share of shares) {
      const { account, worker } = share;
      const writtenMs = this.#workers.get(account)?.get(worker);
      if (writtenMs !== undefined && nowMs - writtenMs < WORKER_EVERY_MS) continue;
      let ofAccount = due.get(account);
      if (ofAccount === undefined) due.set(account, ofAccount = new Map());
      ofAccount.set(worker, share);
    }
    return [...due.values()].flatMap((ofAccount) => [...ofAccount.values()]);
  }

  #written(workers: readonly Share[]): void {
    const nowMs = this.clock.monotonic();
    if (this.#workersKnown >= WORKERS_MAX) {
      this.#workers.clear();
      this.#workersKnown = 0;
    }
    for (const { account, worker } of workers) {
      let ofAccount = this.#workers.get(account);
      if (ofAccount === undefined) this.#workers.set(account, ofAccount = new Map());
      if (!ofAccount.has(worker)) this.#workersKnown++;
      ofAccount.set(worker, nowMs);
    }
  }
}

function columnsOf(
  groups: readonly SliceGroup[],
  accounts: ReadonlyMap<string, number>,
): SliceColumns {
  const columns: SliceColumns = {
    minutes: [],
    schemes: [],
    accounts: [],
    nbits: [],
    subsidies: [],
    shares: [],
    works: [],
  };
  for (const group of groups) {
    for (const [name, { shares, work }] of group.accounts) {
      columns.minutes.push(group.minute);
      columns.schemes.push(group.scheme);
      columns.accounts.push(accounts.get(name)!);
      columns.nbits.push(group.nbits);
      columns.subsidies.push(group.subsidy);
      columns.shares.push(shares);
      columns.works.push(work);
    }
  }
  return columns;
}

function seenWorkers(
  workers: readonly Share[],
  accounts: ReadonlyMap<string, number>,
): SeenWorker[] {
  // Names that differ may be one when they are cut.
  const seen = new Map<string, SeenWorker>();
  for (const { account, worker, loggedAtMs: seenMs } of workers) {
    const name = cleanText(worker, WORKER_NAME_MAX_LENGTH);
    const id = accounts.get(account)!;
    const before = seen.get(`${id}\n${name}`);
    if (before !== undefined && before.seenMs >= seenMs) continue;
    seen.set(`${id}\n${name}`, { account: id, name, seenMs });
  }
  return [...seen.values()];
}
