/**
 * The series on an InfluxDB 3: the port's promises out of the parts beside this file.
 *
 * @module
 */
import { checkLimit, checkMinutes } from "../checks.ts";
import { checkRange, floorTo, type Horizon, horizonOf, HOUR_MS, rollPlanOf } from "../levels.ts";
import type { Retentions, SeriesClock } from "../options.ts";
import type {
  AccountSum,
  BestBy,
  BlockPoint,
  Figures,
  Fold,
  Position,
  Range,
  Series,
  Step,
  Subject,
  Sum,
  WorkerSum,
  WriteCounters,
} from "../port.ts";
import type { Beginnings } from "./beginnings.ts";
import { nextTurn, Slices } from "../sqlite/turn.ts";
import { countBlocks, figuresOf, newestBlocks } from "./blocks.ts";
import { ROLLED_BELIEVED_MS } from "./limits.ts";
import { blockLine, figuresLine, minuteLine, poolLine, rawLine, Unwritable } from "./lines.ts";
import { rolledIn, rollStretch } from "./rolling.ts";
import type { Reasons } from "./reasons.ts";
import type { InfluxServer } from "./server.ts";
import { slicesOf } from "./slices.ts";
import type { Place, Places } from "./tables.ts";
import { Totals } from "./totals.ts";
import type { LineWriter } from "./writer.ts";

export interface InfluxSeriesDeps {
  readonly server: InfluxServer;
  readonly places: Places;
  readonly writer: LineWriter;
  readonly clock: SeriesClock;
  readonly retentions: Retentions;
  readonly reasons: Reasons;
  readonly beginnings: Beginnings;
}

export class InfluxSeries implements Series {
  readonly name: string;
  readonly #deps: InfluxSeriesDeps;
  readonly #totals: Totals;
  /** Never later than it is: hours are not rolled back. */
  #rolled = { untilMs: 0, believedUntilMs: -1 };

  constructor(deps: InfluxSeriesDeps) {
    this.#deps = deps;
    this.name = deps.server.name;
    const horizon = () => this.#horizon();
    const { server, places, reasons } = deps;
    this.#totals = new Totals({ server, places, reasons: reasons.known, horizon });
  }

  /** What the writing has come to since it was opened. */
  counters(): WriteCounters {
    return this.#deps.writer.counters;
  }

  async write({ minutes, pool, raw }: Fold): Promise<void> {
    const { places, reasons } = this.#deps;
    await reasons.haveAll([...minutes, ...pool]);
    const minuteLines = [
      ...await this.#lines(
        minutes,
        (point) => minuteLine(places.shares.minute.table, point, reasons.known),
      ),
      ...await this.#lines(
        pool,
        (point) => poolLine(places.pool.minute.table, point, reasons.known),
      ),
    ];
    const isRawKept = places.databases.has(places.raw.database);
    const rawLines = await this.#lines(
      isRawKept ? raw : [],
      (share) => rawLine(places.raw.table, share),
    );
    const batches = [
      { database: places.shares.minute.database, lines: minuteLines },
      { database: places.raw.database, lines: rawLines },
    ];
    // First: a minute that is there without it would not be found again.
    const earliest = [...minutes, ...pool].reduce(
      (ms, { minuteMs }) => Math.min(ms, minuteMs),
      Infinity,
    );
    if (earliest < Infinity) await this.#deps.beginnings.keep("minute", earliest);
    await this.#deps.writer.write(batches.filter(({ lines }) => lines.length > 0));
  }

  positions(): Promise<readonly Position[] | null> {
    return Promise.resolve(null);
  }

  async rollUp(range: Range): Promise<{ hours: number; days: number }> {
    const first = await this.firstMinute();
    const plan = rollPlanOf(range, await this.#horizon(), first);
    const { server, places, writer, reasons } = this.#deps;
    const deps = {
      server,
      places,
      reasons: reasons.known,
      write: (batches: Parameters<LineWriter["write"]>[0]) => writer.write(batches),
    };
    const hours = plan.hours === null ? 0 : await rollStretch(deps, "hour", plan.hours);
    const days = plan.days === null ? 0 : await rollStretch(deps, "day", plan.days);
    this.#believe(plan.rolledUntilMs);
    return { hours, days };
  }

  async rolledUntil(): Promise<number> {
    const { clock, server, places } = this.#deps;
    if (clock.monotonic() < this.#rolled.believedUntilMs) return this.#rolled.untilMs;
    const first = await this.firstMinute();
    if (first === null) return 0;
    const known = Math.max(this.#rolled.untilMs, floorTo(first, HOUR_MS));
    // A clock that was set back hides no hours.
    const until = Math.max(clock.now(), known) + 24 * HOUR_MS;
    const slices = slicesOf({ fromMs: known, untilMs: floorTo(until, HOUR_MS) }, HOUR_MS);
    const rolled = await rolledIn({ server, places }, slices);
    this.#believe(rolled ?? this.#rolled.untilMs);
    return this.#rolled.untilMs;
  }

  async writeBlock(block: BlockPoint): Promise<void> {
    await this.#deps.beginnings.keep("block", block.foundAtMs);
    await this.#writeOne(this.#deps.places.blocks, (table) => blockLine(table, block));
  }

  async writeFigures(figures: Figures): Promise<void> {
    await this.#writeOne(this.#deps.places.figures, (table) => figuresLine(table, figures));
  }

  /** The server does it by itself: retention is a setting of its databases. */
  prune(_nowMs: number): Promise<void> {
    return Promise.resolve();
  }

  sums(subject: Subject, ranges: readonly Range[]): Promise<readonly Sum[]> {
    return this.#totals.sums(subject, ranges);
  }

  chart(subject: Subject, range: Range, stepMs: number): Promise<readonly Step[]> {
    return this.#totals.chart(subject, range, stepMs);
  }

  async workers(
    account: string,
    range: Range,
    page: { readonly limit: number; readonly after?: { lastMs: number; worker: string } },
  ): Promise<readonly WorkerSum[]> {
    checkLimit(page.limit);
    return await this.#totals.workers(account, range, page);
  }

  async top(range: Range, limit: number): Promise<readonly AccountSum[]> {
    checkLimit(limit);
    return await this.#totals.top(range, limit);
  }

  online(range: Range, account?: string): Promise<{ accounts: number; workers: number }> {
    return this.#totals.online(range, account);
  }

  best(subject: Subject, range: Range): Promise<BestBy | null> {
    return this.#totals.best(subject, range);
  }

  async blocks(
    page: { readonly untilMs: number; readonly limit: number },
  ): Promise<readonly BlockPoint[]> {
    checkLimit(page.limit);
    const fromMs = await this.#deps.beginnings.first("block");
    if (fromMs === null) return [];
    return await newestBlocks(this.#deps, { fromMs, untilMs: page.untilMs }, page.limit);
  }

  async blockCount(range: Range): Promise<number> {
    checkRange(range);
    const first = await this.#deps.beginnings.first("block");
    if (first === null) return 0;
    return await countBlocks(this.#deps, { ...range, fromMs: Math.max(range.fromMs, first) });
  }

  async figures(range: Range): Promise<readonly Figures[]> {
    checkMinutes(range);
    return await figuresOf(this.#deps, range);
  }

  firstMinute(): Promise<number | null> {
    return this.#deps.beginnings.first("minute");
  }

  health(): Promise<void> {
    return this.#deps.beginnings.look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#deps.writer.close();
    await this.#deps.server[Symbol.asyncDispose]();
  }

  async #horizon(): Promise<Horizon> {
    const [rolledUntilMs] = await Promise.all([this.rolledUntil(), this.#deps.reasons.look()]);
    return horizonOf(this.#deps.clock.now(), this.#deps.retentions, rolledUntilMs);
  }

  #believe(untilMs: number): void {
    this.#rolled = {
      untilMs: Math.max(untilMs, this.#rolled.untilMs),
      believedUntilMs: this.#deps.clock.monotonic() + ROLLED_BELIEVED_MS,
    };
  }

  async #lines<T>(points: readonly T[], lineFor: (point: T) => string): Promise<string[]> {
    const lines: string[] = [];
    const slices = new Slices();
    for (const point of points) {
      if (slices.isFull()) await nextTurn();
      try {
        lines.push(lineFor(point));
      } catch (error) {
        if (!(error instanceof Unwritable)) throw error;
        this.#deps.writer.drop(JSON.stringify(point), error.message);
      }
    }
    return lines;
  }

  async #writeOne(place: Place, lineFor: (table: Place["table"]) => string): Promise<void> {
    const lines = await this.#lines([place.table], lineFor);
    if (lines.length > 0) await this.#deps.writer.write([{ database: place.database, lines }]);
  }
}
