/**
 * Statistics within the pool, and what the public sees of it: one store, written by statsd and read by apiserver.
 *
 * @module
 */
import { type Apiserver, type ApplyRequest, createApiserver } from "@gopool/apiserver";
import { openPage, pageFolder } from "@gopool/apiserver/page";
import type { Bus } from "@gopool/bus";
import type { Network } from "@gopool/chain";
import type { Ledger } from "@gopool/ledger";
import {
  type Clock,
  type Logger,
  type Metrics,
  openPart,
  type Random,
  type StatusBoard,
} from "@gopool/runtime";
import { openSeries, type Series, seriesOptionsOf } from "@gopool/series";
import type { State } from "@gopool/state";
import { createStatsd, type Statsd } from "@gopool/statsd";
import type { PooldConfig } from "./config.ts";
import { seriesOf } from "./log_place.ts";

export interface StatisticsDeps {
  readonly bus: Bus;
  readonly state: State;
  /** The books, for reading. */
  readonly shown: Ledger;
  readonly network: Network;
  readonly applyRequest: ApplyRequest;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly metrics?: Metrics;
  readonly signal: AbortSignal;
}

export interface Statistics extends AsyncDisposable {
  readonly series: Series;
  readonly statsd: Statsd;
  readonly apiserver: Apiserver;
}

/** Opens the series and makes the two services on it. */
export async function openStatistics(
  config: PooldConfig,
  deps: StatisticsDeps,
): Promise<Statistics> {
  const { clock, log, signal, shown: ledger, network, metrics } = deps;
  const measured = metrics === undefined ? {} : { metrics };
  const seriesUrl = seriesOf(config);
  const kept = seriesOptionsOf({ ...config, seriesUrl });
  const series = await openPart(
    deps,
    "series",
    (onTrouble) => openSeries(seriesUrl, { ...kept, ...measured, clock, signal, onTrouble }),
  );
  const common = { ...deps, series, pool: config.poolName };
  const partLog = (part: string) => log.with({ part });
  const settings = { ...config, apiStratumUrls: config.apiStratumUrls ?? [ownUrl(config)] };
  const page = await openPage({ folder: pageFolder(config.dataDir) });
  return {
    series,
    statsd: createStatsd({ ...common, log: partLog("statsd"), settings: { raw: kept.raw } }),
    apiserver: createApiserver({
      ...common,
      log: partLog("apiserver"),
      ledger,
      network,
      settings,
      page,
    }),
    [Symbol.asyncDispose]: () => series[Symbol.asyncDispose](),
  };
}

/** Where miners connect, as far as the pool itself knows: a machine's name in the world must be told to it. */
function ownUrl({ stratumListen: { host, port } }: PooldConfig): string {
  return `stratum+tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
