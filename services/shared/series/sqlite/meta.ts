/**
 * The few values that the file keeps by name.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Horizon, horizonOf } from "../levels.ts";
import type { Retentions } from "../options.ts";

/** Times, ms. `…_from`: rows before it were taken away. */
export type MetaName = "first_minute" | "rolled_until" | "minutes_from" | "hours_from";

export class Meta {
  readonly #get: StatementSync;
  readonly #set: StatementSync | null;

  constructor(database: DatabaseSync, access: "read" | "write") {
    this.#get = database.prepare("SELECT value FROM meta WHERE name = ?");
    this.#set = access === "read" ? null : database.prepare(
      "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
  }

  get(name: MetaName): number | null {
    const row = this.#get.get(name);
    return row === undefined ? null : Number(row.value);
  }

  set(name: MetaName, value: number): void {
    this.#set!.run(name, value);
  }

  /** What can be answered at `nowMs`: what was taken away stays away, whatever retention says since. */
  horizon(nowMs: number, kept: Retentions): Horizon {
    const horizon = horizonOf(nowMs, kept, this.get("rolled_until") ?? 0);
    return {
      ...horizon,
      minutesFromMs: Math.max(horizon.minutesFromMs, this.get("minutes_from") ?? 0),
      hoursFromMs: Math.max(horizon.hoursFromMs, this.get("hours_from") ?? 0),
    };
  }
}
