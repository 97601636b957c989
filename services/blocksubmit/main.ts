/** The block submitter as a process. Run it by `deno task blocksubmit`. @module */
import { busOptionsOf, openBus } from "@gopool/bus";
import { askNodes, openNodesOf } from "@gopool/node";
import { runDaemon } from "@gopool/control";
import { BlockService, RoadService } from "@gopool/proto/control";
import { settings } from "./config.ts";
import { createBlockRoadRpc, createBlockRpc } from "./rpc.ts";
import { createBlocksubmit } from "./service.ts";

await runDaemon(
  "blocksubmit",
  settings,
  { serves: [BlockService, RoadService] },
  async (daemon) => {
    const { config, clock, metrics, signal } = daemon;
    await using bus = await daemon.open(
      "bus",
      (onTrouble) =>
        openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble, metrics }),
    );
    await using nodes = openNodesOf(config, daemon);
    const blocksubmit = createBlocksubmit({ ...daemon, bus, nodes });
    daemon.provide(BlockService, createBlockRpc({ blocksubmit }));
    daemon.provide(RoadService, createBlockRoadRpc({ blocksubmit }));
    await daemon.run(blocksubmit, askNodes(nodes, daemon));
  },
);
