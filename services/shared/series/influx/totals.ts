/**
 * The questions about shares: each planned by levels.ts, asked in slices, added up here.
 *
 * @module
 */
import { chartPlanOf, type Horizon, LEVEL_MS, type Piece, planOf } from "../levels.ts";
import type { AccountSum, BestBy, Range, Step, Subject, Sum, WorkerSum } from "../port.ts";
import { Adding, isBetter } from "../sums.ts";
import type { Columns, InfluxServer } from "./server.ts";
import { inSlices } from "./slices.ts";
import {
  binned,
  type Condition,
  numberOf,
  ofAccounts,
  ofSubject,
  ofWorkers,
  type Question,
  rowOf,
  textOf,
  timeOf,
  totalsQuestion,
  within,
} from "./sql.ts";
import type { Places } from "./tables.ts";

export interface TotalsDeps {
  readonly server: Pick<InfluxServer, "select">;
  readonly places: Places;
  /** Every reason that has a column. */
  readonly reasons: ReadonlySet<string>;
  readonly horizon: () => Promise<Horizon>;
}

/** What a page of workers begins behind, and how many it has. */
export interface Page {
  readonly limit: number;
  readonly after?: Seen;
}

interface Seen {
  readonly lastMs: number;
  readonly worker: string;
}

const NOBODY = { sql: "", params: {} };

export class Totals {
  constructor(readonly deps: TotalsDeps) {}

  async sums(subject: Subject, ranges: readonly Range[]): Promise<readonly Sum[]> {
    const horizon = await this.deps.horizon();
    return await Promise.all(ranges.map(async (asked) => {
      const { range, pieces } = planOf(asked, horizon);
      const adding = new Adding();
      for (const columns of await this.#rows(pieces, subject)) adding.add(rowOf(columns));
      return adding.sum(range);
    }));
  }

  async chart(subject: Subject, range: Range, stepMs: number): Promise<readonly Step[]> {
    const plan = chartPlanOf(range, stepMs, await this.deps.horizon());
    const addings = plan.steps.map(() => new Adding());
    const by = { begins: binned(plan.stepMs) };
    for (const columns of await this.#rows(plan.pieces, subject, by)) {
      const at = Math.floor((timeOf(columns.begins) - plan.range.fromMs) / plan.stepMs);
      addings[at]?.add(rowOf(columns));
    }
    return plan.steps.map((step, at) => addings[at]!.sum(step));
  }

  /** When each of the account's was last seen, then everything of those on the page. */
  async workers(account: string, asked: Range, { limit, after }: Page): Promise<WorkerSum[]> {
    const { range, pieces } = planOf(asked, await this.deps.horizon());
    const { shares } = this.deps.places;
    const where = ofSubject({ kind: "account", account });
    const last = new Map<string, number>();
    const rows = await this.#each(pieces, shares, (table, slice) => ({
      sql: `SELECT worker, max(last_ms) AS last_ms FROM ${table} WHERE ${within(slice)}` +
        `${where.sql} GROUP BY worker`,
      params: where.params,
    }));
    for (const columns of rows) {
      const worker = textOf(columns.worker);
      last.set(worker, Math.max(last.get(worker) ?? 0, numberOf(columns.last_ms)));
    }
    const page = [...last].map(([worker, lastMs]) => ({ worker, lastMs }))
      .filter((one) => after === undefined || seenLastFirst(after, one) < 0)
      .sort(seenLastFirst).slice(0, limit);
    const sums = new Map<string, Adding>();
    if (page.length > 0) {
      const what = { by: { worker: "worker" }, where: ofWorkers(account, page) };
      for (const columns of await this.#ask(pieces, shares, what)) {
        addingOf(sums, textOf(columns.worker)).add(rowOf(columns));
      }
    }
    // As it was looked for: a share that came meanwhile must not shift the next page.
    return page.map((seen) => ({ ...addingOf(sums, seen.worker).sum(range), ...seen }));
  }

  /** All accounts' work, then everything of the first ones. */
  async top(asked: Range, limit: number): Promise<AccountSum[]> {
    const { range, pieces } = planOf(asked, await this.deps.horizon());
    const { shares } = this.deps.places;
    const work = new Map<string, number>();
    const rows = await this.#each(pieces, shares, (table, slice) => ({
      sql: `SELECT account, sum(work) AS work FROM ${table} WHERE ${within(slice)} ` +
        `AND status = 'valid' GROUP BY account`,
      params: {},
    }));
    for (const columns of rows) {
      const account = textOf(columns.account);
      work.set(account, (work.get(account) ?? 0) + numberOf(columns.work));
    }
    const names = [...work].filter(([, hashes]) => hashes > 0)
      .sort(([a, aWork], [b, bWork]) => bWork - aWork || (a < b ? -1 : 1))
      .slice(0, limit).map(([account]) => account);
    if (names.length === 0) return [];
    const where = ofAccounts(names);
    const [totals, workers] = await Promise.all([
      this.#ask(pieces, shares, { by: { account: "account" }, where }),
      this.#pairs(pieces, where),
    ]);
    const sums = new Map<string, Adding>();
    for (const columns of totals) addingOf(sums, textOf(columns.account)).add(rowOf(columns));
    return names.map((account) => ({
      ...addingOf(sums, account).sum(range),
      account,
      workers: workers.get(account)?.size ?? 0,
    }));
  }

  async online(asked: Range, account?: string): Promise<{ accounts: number; workers: number }> {
    const { pieces } = planOf(asked, await this.deps.horizon());
    const subject = account === undefined ? NOBODY : ofSubject({ kind: "account", account });
    const where = { ...subject, sql: `${subject.sql} AND status = 'valid'` };
    const pairs = await this.#pairs(pieces, where);
    let workers = 0;
    for (const names of pairs.values()) workers += names.size;
    return { accounts: pairs.size, workers };
  }

  async best(subject: Subject, asked: Range): Promise<BestBy | null> {
    const { pieces } = planOf(asked, await this.deps.horizon());
    const { sql, params } = ofSubject(subject);
    const rows = await this.#each(pieces, this.deps.places.shares, (table, slice) => ({
      sql: `SELECT account, worker, best, best_ms FROM ${table} WHERE ${within(slice)}${sql} ` +
        `AND status = 'valid' AND best > 0 ORDER BY best DESC, best_ms ASC LIMIT 1`,
      params,
    }));
    let best: BestBy | null = null;
    for (const columns of rows) {
      const one = { difficulty: numberOf(columns.best), atMs: numberOf(columns.best_ms) };
      if (best !== null && !isBetter(one, best)) continue;
      best = { ...one, account: textOf(columns.account), worker: textOf(columns.worker) };
    }
    return best;
  }

  /** Account → its workers. */
  async #pairs(pieces: readonly Piece[], where: Condition): Promise<Map<string, Set<string>>> {
    const rows = await this.#each(pieces, this.deps.places.shares, (table, slice) => ({
      sql: `SELECT DISTINCT account, worker FROM ${table} WHERE ${within(slice)}${where.sql}`,
      params: where.params,
    }));
    const pairs = new Map<string, Set<string>>();
    for (const columns of rows) {
      const account = textOf(columns.account);
      const workers = pairs.get(account);
      if (workers === undefined) pairs.set(account, new Set([textOf(columns.worker)]));
      else workers.add(textOf(columns.worker));
    }
    return pairs;
  }

  async #rows(pieces: readonly Piece[], subject: Subject, by: Record<string, string> = {}) {
    const { pool, shares } = this.deps.places;
    const tables = subject.kind === "pool" ? pool : shares;
    return await this.#ask(pieces, tables, { by, where: ofSubject(subject) });
  }

  async #ask(
    pieces: readonly Piece[],
    tables: Places["shares"],
    what: Parameters<typeof totalsQuestion>[3],
  ): Promise<Columns[]> {
    return await this.#each(
      pieces,
      tables,
      (table, slice) => totalsQuestion(table, slice, this.deps.reasons, what),
    );
  }

  /** Every row of every slice of every piece. */
  async #each(
    pieces: readonly Piece[],
    tables: Places["shares"],
    question: (table: string, slice: Range) => Question,
  ): Promise<Columns[]> {
    const answers = await Promise.all(pieces.map(({ level, range }) => {
      const place = tables[level];
      return inSlices(range, LEVEL_MS[level], (slice) => {
        const { sql, params } = question(place.table.name, slice);
        return this.deps.server.select(place.database, sql, params);
      });
    }));
    return answers.flat();
  }
}

function addingOf(sums: Map<string, Adding>, name: string): Adding {
  let adding = sums.get(name);
  if (adding === undefined) sums.set(name, adding = new Adding());
  return adding;
}

function seenLastFirst(a: Seen, b: Seen): number {
  return b.lastMs - a.lastMs || (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : 0);
}
