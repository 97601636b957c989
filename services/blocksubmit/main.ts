/** The block submitter as a process. Run it by `deno task blocksubmit`. @module */
import { busOptionsOf, openBus } from "@gopool/bus";
import { askNodes, openNodesOf } from "@gopool/node";
import { runDaemon } from "@gopool/runtime";
import { settings } from "./config.ts";
import { createBlocksubmit } from "./service.ts";

await runDaemon("blocksubmit", settings, async (daemon) => {
  const { config, clock, signal } = daemon;
  await using bus = await daemon.open(
    "bus",
    (onTrouble) => openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble }),
  );
  await using nodes = openNodesOf(config, daemon);
  await daemon.run(createBlocksubmit({ ...daemon, bus, nodes }), askNodes(nodes, daemon));
});
