/**
 * The reasons that shares are refused for, each a field of every table of totals. Names may be new: another version of the
 * pool writes to the same server, or wrote to it.
 *
 * @module
 */
import type { SeriesClock } from "../options.ts";
import { BELIEVED_MS, REASONS_MAX } from "./limits.ts";
import { BEGINNING_MS, lineOf, nsOf } from "./lines.ts";
import { tagOf } from "./names.ts";
import type { InfluxServer } from "./server.ts";
import { columnOf, KNOWN_REASONS, type Place, type Places, reasonOf } from "./tables.ts";
import type { Batch } from "./writer.ts";

export interface ReasonsDeps {
  readonly server: Pick<InfluxServer, "select">;
  readonly places: Pick<Places, "shares" | "pool">;
  readonly clock: Pick<SeriesClock, "monotonic">;
  readonly write: (batches: readonly Batch[]) => Promise<void>;
}

export class Reasons {
  readonly #deps: ReasonsDeps;
  readonly #known = new Set<string>();
  #believedUntilMs = -1;

  constructor(deps: ReasonsDeps) {
    this.#deps = deps;
  }

  /** Those that have a column: a question that names another one fails. */
  get known(): ReadonlySet<string> {
    return this.#known;
  }

  /** Looks what columns there are, now and then. @throws {SeriesUnavailable} */
  async look(): Promise<void> {
    const { server, places, clock } = this.#deps;
    if (clock.monotonic() < this.#believedUntilMs) return;
    const { database, table } = places.shares.minute;
    const rows = await server.select(
      database,
      `SELECT column_name FROM information_schema.columns WHERE table_name = '${table.name}'`,
    );
    for (const { column_name } of rows) {
      const reason = reasonOf(String(column_name));
      if (reason !== null) this.#known.add(reason);
    }
    this.#believedUntilMs = clock.monotonic() + BELIEVED_MS;
  }

  /**
   * Makes columns for those that have none, the pool's own included where a table is older than they are; of reasons
   * past REASONS_MAX nobody makes any.
   *
   * @throws {SeriesUnavailable}
   */
  async haveAll(
    points: readonly { readonly reasons: Readonly<Record<string, number>> }[],
  ): Promise<void> {
    await this.look();
    const fresh = new Set<string>();
    const want = (reason: string) => {
      const isNew = !this.#known.has(reason) && this.#known.size + fresh.size < REASONS_MAX;
      if (isNew) fresh.add(reason);
    };
    KNOWN_REASONS.forEach(want);
    for (const point of points) for (const reason in point.reasons) want(reason);
    if (fresh.size > 0) await this.#make([...fresh]);
  }

  /** By a row of nobody's in every table of totals, at a time that nobody asks about. */
  async #make(fresh: readonly string[]): Promise<void> {
    const { places, write } = this.#deps;
    const values = Object.fromEntries(fresh.map((reason) => [columnOf(reason), 0]));
    // The minutes by worker last: what stands there is taken to stand everywhere.
    const { minute, ...coarser } = places.shares;
    for (const tables of [[...Object.values(places.pool), ...Object.values(coarser)], [minute]]) {
      await write(tables.map(({ database, table }) => ({
        database,
        lines: [lineOf(table, nobodysTags(table), values, nsOf(BEGINNING_MS))],
      })));
    }
    for (const reason of fresh) this.#known.add(reason);
  }
}

function nobodysTags({ tags }: Place["table"]): string[] {
  const said: Readonly<Record<string, string>> = { status: "rejected", partition: "0" };
  return tags.map((tag) => said[tag] ?? tagOf(""));
}
