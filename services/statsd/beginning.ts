/**
 * Where a partition's reading begins: where the store says, if it keeps positions, else where the group stands; and what
 * is done where that place is gone from the log.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import type { Series } from "@gopool/series";
import type { Beginning } from "./minutes.ts";
import type { Source } from "./sources.ts";

export interface BeginningDeps {
  readonly bus: Pick<Bus, "ends" | "committed">;
  readonly series: Pick<Series, "positions">;
  /** Of the bus. */
  readonly logId: string;
}

export interface Found extends Omit<Beginning, "hold"> {
  /** The store keeps positions: nobody else writes. */
  readonly isKeptByStore: boolean;
  /** For people, where the reading cannot go on where it was: something is missing in the statistics, or comes again. */
  readonly trouble: string | null;
}

/** @throws {SeriesUnavailable} And what the bus throws while it is away. */
export async function findBeginning(
  { bus, series, logId }: BeginningDeps,
  { topic, group }: Source,
  partition: number,
): Promise<Found> {
  const stored = await series.positions();
  const isKeptByStore = stored !== null;
  const own = stored?.find((one) => one.topic === topic.name && one.partition === partition);
  const kept = isKeptByStore
    ? (own?.logId === logId ? own.offset : null)
    : (await bus.committed(topic, group))[partition] ?? null;
  // Asked last: whoever had the partition before has read no further than this.
  const { earliest, next } = (await bus.ends(topic))[partition]!;
  const common = { catchUpTo: next, isKeptByStore };
  if (kept !== null && kept >= earliest && kept <= next) {
    return { ...common, offset: kept, lost: null, trouble: null };
  }
  // Nothing is left: a partition that was silent for as long as the log keeps records, its newest minute open all the
  // time. What comes next is of a minute that begins later, and has its head.
  if (earliest === next && (kept === null || kept < earliest)) {
    return { ...common, offset: next, lost: null, trouble: null };
  }
  // From the first record there is: statistics are rebuilt, never added to. Only the first minute may have lost its head.
  const keepFrom = kept !== null && kept < earliest ? kept : earliest - 1;
  const lost = earliest === 0 ? null : { keepFrom };
  const trouble = kept === null
    ? null
    : kept < earliest
    ? `${topic.name}/${partition}: the records from offset ${kept} to ${earliest} are gone from the log before they were ` +
      `counted; statistics miss their shares`
    : `${topic.name}/${partition}: statistics stood at offset ${kept}, and the log ends at ${next}: it was put back; ` +
      `counting again from offset ${earliest}`;
  return { ...common, offset: earliest, lost, trouble };
}
