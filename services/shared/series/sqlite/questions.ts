/**
 * Questions about shares, answered from the tables of totals.
 *
 * @module
 */
import { checkLimit } from "../checks.ts";
import { chartPlanOf, floorTo, LEVEL_MS, type Piece, planOf } from "../levels.ts";
import type { Retentions, SeriesClock } from "../options.ts";
import type { AccountSum, BestBy, Range, Step, Subject, Sum, WorkerSum } from "../port.ts";
import { Adding, isBetter } from "../sums.ts";
import { rowOf } from "./columns.ts";
import { bytesOf, nameOf } from "./names.ts";
import type { ReadConnection, Value } from "./read_connection.ts";
import * as selects from "./selects.ts";

export interface QuestionsDeps {
  readonly connection: ReadConnection;
  readonly clock: SeriesClock;
  readonly retentions: Retentions;
}

export class Questions {
  readonly #connection: ReadConnection;
  readonly #clock: SeriesClock;
  readonly #retentions: Retentions;

  constructor({ connection, clock, retentions }: QuestionsDeps) {
    this.#connection = connection;
    this.#clock = clock;
    this.#retentions = retentions;
  }

  async sums(subject: Subject, ranges: readonly Range[]): Promise<Sum[]> {
    const own = this.#valuesOf(subject);
    // One for all: ranges that are told apart and taken from each other must not fall on both sides of an hour's turn.
    const horizon = this.#horizon();
    const sums: Sum[] = [];
    for (const asked of ranges) {
      const { range, pieces } = planOf(asked, horizon);
      const adding = new Adding();
      await this.#eachOf(subject, own, pieces, (columns) => {
        adding.add(rowOf(columns, selects.AFTER_AT));
      });
      sums.push(adding.sum(range));
    }
    return sums;
  }

  async chart(subject: Subject, range: Range, stepMs: number): Promise<Step[]> {
    const plan = chartPlanOf(range, stepMs, this.#horizon());
    const steps = plan.steps.map(() => new Adding());
    await this.#eachOf(subject, this.#valuesOf(subject), plan.pieces, (columns) => {
      const step = Math.floor(((columns[0] as number) - plan.range.fromMs) / plan.stepMs);
      steps[step]!.add(rowOf(columns, selects.AFTER_AT));
    });
    return steps.map((adding, i) => adding.sum(plan.steps[i]!));
  }

  async workers(
    account: string,
    asked: Range,
    page: { readonly limit: number; readonly after?: { lastMs: number; worker: string } },
  ): Promise<WorkerSum[]> {
    checkLimit(page.limit);
    const { range, pieces } = planOf(asked, this.#horizon());
    const id = this.#account(account);
    if (id === null) return [];
    const byWorker = new Map<number, Adding>();
    for (const { level, range: { fromMs, untilMs } } of pieces) {
      const sql = selects.ofWorkersOf(level);
      await this.#connection.each(sql, [id, fromMs, untilMs], (columns) => {
        adding(byWorker, columns[0] as number).add(rowOf(columns, 1));
      });
    }
    const found: WorkerSum[] = [];
    await this.#connection.each(
      "SELECT id, name FROM worker WHERE account = ?",
      [id],
      ([worker, name]) => {
        const sum = byWorker.get(worker as number)?.sum(range);
        if (sum !== undefined && sum.lastMs > 0) found.push({ ...sum, worker: nameOf(name) });
      },
    );
    found.sort(bySeen);
    const { after } = page;
    const rest = after === undefined ? found : found.filter((one) => bySeen(one, after) > 0);
    return rest.slice(0, page.limit);
  }

  async top(asked: Range, limit: number): Promise<AccountSum[]> {
    checkLimit(limit);
    const { range, pieces } = planOf(asked, this.#horizon());
    const works = new Map<number, number>();
    for (const { level, range: { fromMs, untilMs } } of pieces) {
      await this.#connection.each(selects.workOfAll(level), [fromMs, untilMs], (columns) => {
        const id = columns[0] as number;
        works.set(id, (works.get(id) ?? 0) + (columns[1] as number));
      });
    }
    const first = [...works].filter(([, work]) => work > 0)
      .sort(([, a], [, b]) => b - a).slice(0, limit);
    const found: AccountSum[] = [];
    for (const [id] of first) {
      const sum = new Adding();
      await this.#eachOf({ kind: "account" }, [id], pieces, (columns) => {
        sum.add(rowOf(columns, selects.AFTER_AT));
      });
      const workers = await this.#workersSeen(id, pieces, () => true);
      found.push({ ...sum.sum(range), account: this.#nameOf("account", id), workers });
    }
    return found;
  }

  async online(asked: Range, account?: string): Promise<{ accounts: number; workers: number }> {
    const { pieces } = planOf(asked, this.#horizon());
    if (account !== undefined) {
      const id = this.#account(account);
      const workers = id === null ? 0 : await this.#workersSeen(id, pieces, (code) => code === 0);
      return { accounts: workers > 0 ? 1 : 0, workers };
    }
    const accounts = new Set<unknown>(), workers = new Set<unknown>();
    for (const { level, range: { fromMs, untilMs } } of pieces) {
      await this.#connection.each(selects.validWorkers(level), [fromMs, untilMs], (columns) => {
        accounts.add(columns[0]);
        workers.add(columns[1]);
      });
    }
    return { accounts: accounts.size, workers: workers.size };
  }

  async best(subject: Subject, asked: Range): Promise<BestBy | null> {
    const { pieces } = planOf(asked, this.#horizon());
    let best = { difficulty: 0, atMs: 0 };
    let from: Piece | null = null;
    for (const piece of pieces) {
      const sum = new Adding();
      await this.#eachOf(subject, this.#valuesOf(subject), [piece], (columns) => {
        sum.add(rowOf(columns, selects.AFTER_AT));
      });
      const own = sum.sum(piece.range).best;
      if (isBetter(own, best)) [best, from] = [own, piece];
    }
    if (from === null) return null;
    const at = floorTo(best.atMs, LEVEL_MS[from.level]);
    const who = this.#connection.one(selects.whoseBest(from.level), [
      at,
      best.difficulty,
      best.atMs,
    ]);
    return {
      ...best,
      account: who === null ? "" : this.#nameOf("account", who[0] as number),
      worker: who === null ? "" : this.#nameOf("worker", who[1] as number),
    };
  }

  /** How many workers of an account have a share in the pieces of a status that counts. */
  async #workersSeen(
    id: number,
    pieces: readonly Piece[],
    counts: (status: number) => boolean,
  ): Promise<number> {
    const seen = new Set<unknown>();
    for (const { level, range: { fromMs, untilMs } } of pieces) {
      await this.#connection.each(selects.workersSeen(level), [id, fromMs, untilMs], (columns) => {
        if (counts(columns[2] as number)) seen.add(columns[1]);
      });
    }
    return seen.size;
  }

  async #eachOf(
    { kind }: Pick<Subject, "kind">,
    own: readonly Value[] | null,
    pieces: readonly Piece[],
    row: (columns: readonly unknown[]) => void,
  ): Promise<void> {
    if (own === null) return;
    for (const { level, range: { fromMs, untilMs } } of pieces) {
      await this.#connection.each(selects.ofSubject(kind, level), [...own, fromMs, untilMs], row);
    }
  }

  /** What names the subject in a statement; null where nobody has that name. */
  #valuesOf(subject: Subject): readonly Value[] | null {
    if (subject.kind === "pool") return [];
    const account = this.#account(subject.account);
    if (account === null || subject.kind === "account") return account === null ? null : [account];
    const worker = this.#connection.one("SELECT id FROM worker WHERE account = ? AND name = ?", [
      account,
      bytesOf(subject.worker),
    ]);
    return worker === null ? null : [worker[0] as number];
  }

  #account(name: string): number | null {
    const row = this.#connection.one("SELECT id FROM account WHERE name = ?", [bytesOf(name)]);
    return row === null ? null : row[0] as number;
  }

  #nameOf(table: "account" | "worker", id: number): string {
    return nameOf(this.#connection.one(`SELECT name FROM ${table} WHERE id = ?`, [id])?.[0]);
  }

  #horizon() {
    return this.#connection.meta.horizon(this.#clock.now(), this.#retentions);
  }
}

function adding(sums: Map<number, Adding>, id: number): Adding {
  let sum = sums.get(id);
  if (sum === undefined) sums.set(id, sum = new Adding());
  return sum;
}

/** Seen last first; of one ms by name. */
function bySeen(
  a: { readonly lastMs: number; readonly worker: string },
  b: { readonly lastMs: number; readonly worker: string },
): number {
  if (a.lastMs !== b.lastMs) return b.lastMs - a.lastMs;
  return a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : 0;
}
