/**
 * What statsd answers on the control address.
 *
 * @module
 */
import { Code, ConnectError, note, type ServiceImpl } from "@gopool/control";
import {
  type DescService,
  type MessageInitShape,
  type SeriesPartitionSchema,
  SeriesService,
} from "@gopool/proto/control";
import type { Clock } from "@gopool/runtime";
import { type Series, SeriesUnavailable } from "@gopool/series";
import { StateUnavailable } from "@gopool/state";
import { MINUTE_MS, ROLL_AGAIN_MAX_MS } from "./limits.ts";
import { look } from "./looks.ts";
import type { Part } from "./part.ts";
import { RollingElsewhere } from "./rollups.ts";
import type { Statsd } from "./service.ts";
import { SOURCES } from "./sources.ts";
import type { WriteCounts } from "./writer.ts";

export interface SeriesRpcDeps {
  readonly statsd: Statsd;
  readonly series: Pick<Series, "name" | "health" | "rolledUntil" | "counters">;
  readonly clock: Clock;
}

/** What a server of statsd's serves. */
export const SERVES: readonly DescService[] = [SeriesService];

export function createSeriesRpc(deps: SeriesRpcDeps): ServiceImpl<typeof SeriesService> {
  const { statsd, series, clock } = deps;
  return {
    async getSeries(_, { signal }) {
      const { keeping, lead } = statsd;
      const [health, rolled, lags] = await Promise.all([
        look(clock, "the store", () => series.health(), signal),
        look(clock, "the store", () => series.rolledUntil(), signal),
        look(clock, "the bus", () => keeping.lags(), signal),
      ]);
      const totals = keeping.totals();
      const lagOf = (part: Part) =>
        "trouble" in lags ? undefined : lags.found
          .find(({ topic }) => topic === part.source.topic.name)
          ?.partitions.find(({ partition }) => partition === part.partition)?.lag;
      const { live } = lead;
      return {
        store: series.name,
        storeAnswers: !("trouble" in health),
        storeTrouble: "trouble" in health ? health.trouble : "",
        leads: lead.isLeading,
        settledUntilMs: BigInt(lead.isLeading ? lead.settledMs : 0),
        waitsFor: statsd.settling()?.waitsFor ?? "",
        rolledUntilMs: BigInt("trouble" in rolled ? 0 : rolled.found),
        writes: writesOf(keeping.counts, series.counters?.()),
        partitions: partsOf(statsd).map((part) =>
          partitionOf(part, lagOf(part), statsd.settling()?.untilOf(part.name) ?? 0)
        ),
        records: BigInt(totals.records),
        drops: SOURCES.map(({ status }) => ({ status, ...asBigInts(totals.drops[status]) })),
        late: BigInt(totals.late),
        withoutName: BigInt(totals.folded),
        ...live === null ? {} : { live: { told: BigInt(live.told), ...live.rings.size } },
        trouble: "trouble" in lags ? lags.trouble : "",
      };
    },

    async rollUpAgain({ fromMs, untilMs }, context) {
      const range = rangeOf(Number(fromMs), Number(untilMs), clock.now());
      try {
        const rolled = await statsd.rollUpAgain(range, context.signal);
        note(context, {
          before: `${new Date(range.fromMs).toISOString()} to ${
            new Date(range.untilMs).toISOString()
          }`,
          after: `${rolled.hours} hours and ${rolled.days} days summed again`,
        });
        return rolled;
      } catch (error) {
        throw asConnect(error);
      }
    },
  };
}

function rangeOf(
  fromMs: number,
  untilMs: number,
  nowMs: number,
): { fromMs: number; untilMs: number } {
  const problem = fromMs % MINUTE_MS !== 0 || untilMs % MINUTE_MS !== 0
    ? "from_ms and until_ms have to be on whole minutes (divisible by 60000)"
    : untilMs <= fromMs
    ? "until_ms has to be after from_ms"
    : untilMs - fromMs > ROLL_AGAIN_MAX_MS
    ? "the range is longer than seven days: ask for it in parts"
    // An hour that is summed before it is over would be told as that sum from then on.
    : untilMs > nowMs
    ? "until_ms lies ahead: hours are summed once they are over"
    : null;
  if (problem !== null) throw new ConnectError(problem, Code.InvalidArgument);
  return { fromMs, untilMs };
}

function asConnect(error: unknown): unknown {
  const isAway = error instanceof SeriesUnavailable || error instanceof StateUnavailable ||
    error instanceof RollingElsewhere;
  if (isAway) return new ConnectError(error.message, Code.Unavailable);
  if (error instanceof RangeError) return new ConnectError(error.message, Code.InvalidArgument);
  return error;
}

function partsOf({ keeping }: Statsd): Part[] {
  const order = SOURCES.map(({ status }) => status);
  return [...keeping.writer()?.parts.values() ?? []].sort((a, b) =>
    order.indexOf(a.source.status) - order.indexOf(b.source.status) || a.partition - b.partition
  );
}

function partitionOf(
  { source: { status }, partition, minutes, writtenNext, isLost }: Part,
  lag: number | undefined,
  settledUntilMs: number,
): MessageInitShape<typeof SeriesPartitionSchema> {
  const kept = minutes.keepFrom;
  return {
    status,
    partition,
    offset: BigInt(minutes.next),
    ...lag === undefined ? {} : { lag: BigInt(lag) },
    writtenOffset: BigInt(writtenNext),
    // One that was lost before it began stands where nothing is.
    ...kept === undefined || kept < 0 ? {} : { keptOffset: BigInt(kept) },
    openMinutes: minutes.open,
    totals: BigInt(minutes.size),
    oldestMinuteMs: BigInt(minutes.oldestMs ?? 0),
    newestMinuteMs: BigInt(minutes.newestMs ?? 0),
    settledUntilMs: BigInt(settledUntilMs),
    catchingUp: !minutes.isCaughtUp,
    lost: isLost,
  };
}

function writesOf(
  { writes, points, raw, refused, lastRefusal, lastWriteAtMs }: Readonly<WriteCounts>,
  counters: ReturnType<NonNullable<Series["counters"]>> | undefined,
) {
  return {
    writes: BigInt(writes),
    points: BigInt(points),
    rawShares: BigInt(raw),
    refused: BigInt(refused),
    lastRefusal: lastRefusal?.why ?? "",
    lastRefusalAtMs: BigInt(lastRefusal?.atMs ?? 0),
    lastWriteAtMs: BigInt(lastWriteAtMs ?? 0),
    leftOut: BigInt(counters?.dropped ?? 0),
    retries: BigInt(counters?.retries ?? 0),
  };
}

function asBigInts<K extends string>(counts: Readonly<Record<K, number>>): Record<K, bigint> {
  const entries = Object.entries<number>(counts).map(([key, count]) => [key, BigInt(count)]);
  return Object.fromEntries(entries) as Record<K, bigint>;
}
