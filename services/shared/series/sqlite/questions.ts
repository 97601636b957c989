/**
 * Questions about shares, answered from the tables of totals.
 *
 * @module
 */
import { checkLimit } from "../checks.ts";
import { chartPlanOf, floorTo, type Level, LEVEL_MS, type Piece, planOf } from "../levels.ts";
import type { Retentions, SeriesClock } from "../options.ts";
import type { AccountSum, Best, BestBy, Range, Step, Subject, Sum, WorkerSum } from "../port.ts";
import { Adding, isBetter } from "../sums.ts";
import { rowOf } from "./columns.ts";
import { First, Ids, SumsById } from "./ids.ts";
import { bytesOf, nameOf } from "./names.ts";
import type { ReadConnection, Value } from "./read_connection.ts";
import * as selects from "./selects.ts";
import { nextTurn, Slices } from "./turn.ts";

/** Workers' numbers looked through at once: half a megabyte of times, however many names an account has. */
const IDS_AT_ONCE = 65_536;

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
    const slices = new Slices();
    const first = new First<Seen>(page.limit, bySeen);
    // Names are the miners' to choose: of however many only those of the page are added up.
    for (let from = 0; from <= this.#lastWorker(); from += IDS_AT_ONCE) {
      const last = await this.#lastSeen(id, pieces, from, slices);
      for (const [i, lastMs] of last.entries()) {
        if (lastMs === 0) continue;
        const one = new Seen(from + i, lastMs, (id) => this.#nameOf("worker", id));
        if (page.after === undefined || bySeen(one, page.after) > 0) first.add(one);
        if (slices.isFull()) await nextTurn();
      }
    }
    const found: WorkerSum[] = [];
    for (const { id, lastMs, worker } of first.inOrder()) {
      const sum = await this.#sumOf("worker", id, pieces, slices);
      // As it was looked for: a share that came meanwhile must not shift the next page.
      found.push({ ...sum.sum(range), lastMs, worker });
    }
    return found;
  }

  async top(asked: Range, limit: number): Promise<AccountSum[]> {
    checkLimit(limit);
    const { range, pieces } = planOf(asked, this.#horizon());
    const works = new SumsById();
    for (const { level, range: { fromMs, untilMs } } of pieces) {
      await this.#connection.each(selects.workOfAll(level), [fromMs, untilMs], (columns) => {
        works.add(columns[0] as number, columns[1] as number);
      });
    }
    const first = new First<{ id: number; work: number }>(limit, (a, b) => b.work - a.work);
    const slices = new Slices();
    for (const [id, work] of works.all.entries()) {
      if (work > 0) first.add({ id, work });
      if (slices.isFull()) await nextTurn();
    }
    const found: AccountSum[] = [];
    for (const { id } of first.inOrder()) {
      const sum = await this.#sumOf("account", id, pieces, slices);
      const workers = await this.#workersSeen(id, pieces, () => true, slices);
      found.push({ ...sum.sum(range), account: this.#nameOf("account", id), workers });
    }
    return found;
  }

  async online(asked: Range, account?: string): Promise<{ accounts: number; workers: number }> {
    const { pieces } = planOf(asked, this.#horizon());
    if (account !== undefined) {
      const id = this.#account(account);
      const workers = id === null ? 0 : await this.#workersSeen(
        id,
        pieces,
        (code) => code === 0,
        new Slices(),
      );
      return { accounts: workers > 0 ? 1 : 0, workers };
    }
    const accounts = new Ids(), workers = new Ids();
    for (const { level, range: { fromMs, untilMs } } of pieces) {
      await this.#connection.each(selects.validWorkers(level), [fromMs, untilMs], (columns) => {
        accounts.add(columns[0] as number);
        workers.add(columns[1] as number);
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
    return { ...best, ...await this.#whose(subject, from.level, best) };
  }

  /** Who has this best share: looked for among accounts first, then among that one's workers. */
  async #whose(
    subject: Subject,
    level: Level,
    best: Best,
  ): Promise<{ account: string; worker: string }> {
    if (subject.kind === "worker") return { account: subject.account, worker: subject.worker };
    const at = floorTo(best.atMs, LEVEL_MS[level]);
    const isIt = ([, difficulty, atMs]: readonly unknown[]) =>
      difficulty === best.difficulty && atMs === best.atMs;
    const account = subject.kind === "account"
      ? this.#account(subject.account)
      : (await this.#connection.find(selects.bestOfAccounts(level), [at], isIt))?.[0] as number;
    const sql = selects.bestOfWorkers(level);
    const row = await this.#connection.find(sql, [at, account ?? -1], isIt);
    if (row === null) return { account: "", worker: "" };
    return {
      account: this.#nameOf("account", account!),
      worker: this.#nameOf("worker", row[0] as number),
    };
  }

  /** When each of IDS_AT_ONCE workers was last seen, those of the account; 0: it was not. */
  async #lastSeen(
    account: number,
    pieces: readonly Piece[],
    from: number,
    slices: Slices,
  ): Promise<Float64Array> {
    const last = new Float64Array(IDS_AT_ONCE);
    for (const [level, at] of rowsOf(pieces)) {
      const sql = selects.lastSeen(level);
      await this.#connection.each(sql, [at, account, from, from + IDS_AT_ONCE], (columns) => {
        const i = (columns[0] as number) - from;
        last[i] = Math.max(last[i]!, columns[1] as number);
      }, slices);
    }
    return last;
  }

  #lastWorker(): number {
    return this.#connection.one("SELECT max(id) FROM worker", [])?.[0] as number ?? -1;
  }

  /** How many workers of an account have a share in the pieces of a status that counts. */
  async #workersSeen(
    id: number,
    pieces: readonly Piece[],
    counts: (status: number) => boolean,
    slices: Slices,
  ): Promise<number> {
    const seen = new Ids();
    for (const [level, at] of rowsOf(pieces)) {
      await this.#connection.each(selects.workersSeen(level), [at, id], (columns) => {
        if (counts(columns[1] as number)) seen.add(columns[0] as number);
      }, slices);
    }
    return seen.size;
  }

  async #sumOf(
    kind: "account" | "worker",
    id: number,
    pieces: readonly Piece[],
    slices: Slices,
  ): Promise<Adding> {
    const sum = new Adding();
    await this.#eachOf({ kind }, [id], pieces, (columns) => {
      sum.add(rowOf(columns, selects.AFTER_AT));
    }, slices);
    return sum;
  }

  async #eachOf(
    { kind }: Pick<Subject, "kind">,
    own: readonly Value[] | null,
    pieces: readonly Piece[],
    row: (columns: readonly unknown[]) => void,
    slices: Slices = new Slices(),
  ): Promise<void> {
    if (own === null) return;
    for (const { level, range: { fromMs, untilMs } } of pieces) {
      const sql = selects.ofSubject(kind, level);
      await this.#connection.each(sql, [...own, fromMs, untilMs], row, slices);
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

/** When each row of the pieces begins. */
function* rowsOf(pieces: readonly Piece[]): Generator<readonly [Level, number]> {
  for (const { level, range: { fromMs, untilMs } } of pieces) {
    for (let at = fromMs; at < untilMs; at += LEVEL_MS[level]) yield [level, at];
  }
}

/** A worker by its number; its name is read where two were seen in one ms, or it is on the page. */
class Seen {
  #name: string | null = null;

  constructor(
    readonly id: number,
    readonly lastMs: number,
    readonly nameOf: (id: number) => string,
  ) {}

  get worker(): string {
    return this.#name ??= this.nameOf(this.id);
  }
}

/** Seen last first; of one ms by name. */
function bySeen(
  a: { readonly lastMs: number; readonly worker: string },
  b: { readonly lastMs: number; readonly worker: string },
): number {
  if (a.lastMs !== b.lastMs) return b.lastMs - a.lastMs;
  return a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : 0;
}
