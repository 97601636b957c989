/** The judge as a process. Run it by `deno task shareproc`. @module */
import { busOptionsOf, groupLags, openBus, shareSubmissions } from "@gopool/bus";
import { blockRoad, runDaemon } from "@gopool/control";
import { RoadService, ShareService } from "@gopool/proto/control";
import { settings } from "./config.ts";
import { createCandidateRoadRpc, createShareRpc } from "./rpc.ts";
import { createShareproc, GROUP } from "./service.ts";

await runDaemon("shareproc", settings, { serves: [ShareService, RoadService] }, async (daemon) => {
  const { config, clock, metrics, signal } = daemon;
  await using bus = await daemon.open(
    "bus",
    (onTrouble) =>
      openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble, metrics }),
  );
  daemon.lags(() => groupLags(bus, [[shareSubmissions, GROUP]]));
  using road = await blockRoad(config, daemon);
  const { poolName: pool, logEpoch } = config;
  const shareproc = createShareproc({ ...daemon, bus, pool, logEpoch, road });
  daemon.provide(ShareService, createShareRpc({ ...daemon, shareproc, bus }));
  daemon.provide(RoadService, createCandidateRoadRpc({ shareproc }));
  await daemon.run(shareproc);
});
