/** The judge as a process. Run it by `deno task shareproc`. @module */
import { busOptionsOf, openBus } from "@gopool/bus";
import { runDaemon } from "@gopool/runtime";
import { settings } from "./config.ts";
import { createShareproc } from "./service.ts";

await runDaemon("shareproc", settings, async (daemon) => {
  const { config, clock, signal } = daemon;
  await using bus = await daemon.open(
    "bus",
    (onTrouble) => openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble }),
  );
  const { poolName: pool, logEpoch } = config;
  await daemon.run(createShareproc({ ...daemon, bus, pool, logEpoch }));
});
