/**
 * When the first minute began and the first block was found: a row each, at one time for ever, so that nobody has to look
 * for them through all the years that there were none.
 *
 * @module
 */
import type { SeriesClock } from "../options.ts";
import { BELIEVED_MS } from "./limits.ts";
import { BEGINNING_MS, beginningLine } from "./lines.ts";
import type { InfluxServer } from "./server.ts";
import { numberOf, within } from "./sql.ts";
import type { Place } from "./tables.ts";
import type { Batch } from "./writer.ts";

export type Span = "minute" | "block";

export interface BeginningsDeps {
  readonly server: Pick<InfluxServer, "select">;
  readonly place: Place;
  readonly clock: Pick<SeriesClock, "monotonic">;
  readonly write: (batches: readonly Batch[]) => Promise<void>;
}

const AT_BEGINNING = within({ fromMs: BEGINNING_MS, untilMs: BEGINNING_MS + 1 });

export class Beginnings {
  readonly #deps: BeginningsDeps;
  readonly #first = new Map<Span, number>();
  #believedUntilMs = -1;

  constructor(deps: BeginningsDeps) {
    this.#deps = deps;
  }

  /** Null: there was none yet. @throws {SeriesUnavailable} */
  async first(span: Span): Promise<number | null> {
    const { clock } = this.#deps;
    if (!this.#first.has(span) || clock.monotonic() >= this.#believedUntilMs) await this.look();
    return this.#first.get(span) ?? null;
  }

  /** Notes the time where it is the first. To be called before what happened then is written. */
  async keep(span: Span, ms: number): Promise<void> {
    const known = await this.first(span);
    if (known !== null && known <= ms) return;
    const { database, table } = this.#deps.place;
    await this.#deps.write([{ database, lines: [beginningLine(table, span, ms)] }]);
    this.#first.set(span, ms);
  }

  /** A row of a table of ours, read by the engine that reads all of them. @throws {SeriesUnavailable} */
  async look(): Promise<void> {
    const { server, place: { database, table }, clock } = this.#deps;
    const sql = `SELECT span, first_ms FROM ${table.name} WHERE ${AT_BEGINNING}`;
    for (const { span, first_ms } of await server.select(database, sql)) {
      this.#first.set(String(span) as Span, numberOf(first_ms));
    }
    this.#believedUntilMs = clock.monotonic() + BELIEVED_MS;
  }
}
