/** Statistics as a process. Run it by `deno task statsd`. @module */
import { busOptionsOf, openBus } from "@gopool/bus";
import { runDaemon } from "@gopool/control";
import { SeriesService } from "@gopool/proto/control";
import { openSeries, seriesOptionsOf } from "@gopool/series";
import { openState, stateOptionsOf } from "@gopool/state";
import { settings } from "./config.ts";
import { createSeriesRpc, SERVES } from "./rpc.ts";
import { createStatsd } from "./service.ts";

await runDaemon("statsd", settings, { serves: SERVES }, async (daemon) => {
  const { config, clock, metrics, signal } = daemon;
  await using bus = await daemon.open(
    "bus",
    (onTrouble) =>
      openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble, metrics }),
  );
  await using state = await daemon.open(
    "state",
    (onTrouble) => openState(config.stateUrl, { ...stateOptionsOf(config), clock, onTrouble }),
  );
  const kept = seriesOptionsOf(config);
  await using series = await daemon.open(
    "series",
    (onTrouble) => openSeries(config.seriesUrl, { ...kept, clock, metrics, signal, onTrouble }),
  );
  const { poolName: pool } = config;
  const statsd = createStatsd({ ...daemon, bus, state, series, pool, settings: { raw: kept.raw } });
  daemon.provide(SeriesService, createSeriesRpc({ statsd, series, clock }));
  daemon.lags(() => statsd.lags());
  await daemon.run(statsd);
});
