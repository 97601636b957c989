/** The Stratum gateway as a process. Run it by `deno task stratumd`. @module */
import { busOptionsOf, openBus } from "@gopool/bus";
import { memoryStateNote } from "@gopool/config";
import { holdFolder, runDaemon } from "@gopool/runtime";
import { openState, stateOptionsOf } from "@gopool/state";
import { settings } from "./config.ts";
import { createStratumd } from "./service.ts";

await runDaemon("stratumd", settings, async (daemon) => {
  const { config, clock, signal } = daemon;
  using _folder = await holdFolder(config.dataDir);
  await using bus = await daemon.open(
    "bus",
    (onTrouble) => openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble }),
  );
  await using state = await daemon.open(
    "state",
    (onTrouble) => openState(config.stateUrl, { ...stateOptionsOf(config), clock, onTrouble }),
  );
  daemon.note("state", memoryStateNote(config));
  await daemon.run(createStratumd({ ...daemon, bus, state }));
});
