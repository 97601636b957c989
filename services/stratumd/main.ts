/** The Stratum gateway as a process. Run it by `deno task stratumd`. @module */
import { busOptionsOf, openBus } from "@gopool/bus";
import { memoryStateNote } from "@gopool/config";
import { candidateRoad, runDaemon } from "@gopool/control";
import { SessionService } from "@gopool/proto/control";
import { holdFolder } from "@gopool/runtime";
import { openState, stateOptionsOf } from "@gopool/state";
import { settings } from "./config.ts";
import { createSessionRpc } from "./rpc.ts";
import { createStratumd } from "./service.ts";

await runDaemon("stratumd", settings, { serves: [SessionService] }, async (daemon) => {
  const { config, clock, metrics, signal } = daemon;
  using _folder = await holdFolder(config.dataDir);
  await using bus = await daemon.open(
    "bus",
    (onTrouble) =>
      openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble, metrics }),
  );
  await using state = await daemon.open(
    "state",
    (onTrouble) => openState(config.stateUrl, { ...stateOptionsOf(config), clock, onTrouble }),
  );
  daemon.note("state", memoryStateNote(config));
  using road = await candidateRoad(config, daemon);
  const stratumd = createStratumd({ ...daemon, bus, state, road });
  daemon.provide(SessionService, createSessionRpc({ stratumd, gateway: config.gateway, clock }));
  await daemon.run(stratumd);
});
