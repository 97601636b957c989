/** The job manager as a process. Run it by `deno task jobmanager`. @module */
import { busOptionsOf, openBus } from "@gopool/bus";
import { memoryStateNote } from "@gopool/config";
import { runDaemon } from "@gopool/control";
import { openNodesOf } from "@gopool/node";
import { JobService } from "@gopool/proto/control";
import { openState, stateOptionsOf } from "@gopool/state";
import { settings } from "./config.ts";
import { payeeOf } from "@gopool/config/payee";
import { createJobRpc } from "./rpc.ts";
import { createJobmanager } from "./service.ts";

await runDaemon("jobmanager", settings, { serves: [JobService] }, async (daemon) => {
  const { config, clock, random, metrics, signal } = daemon;
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
  await using nodes = openNodesOf(config, daemon);
  const network = await nodes.network(signal);
  const poolAddress = payeeOf("jobmanager", config.poolAddress, network);
  // No two processes may hold the lead by one name, on whatever machines.
  const holder = `jobmanager-${random.uint32().toString(16)}${random.uint32().toString(16)}`;
  const chosen = { ...config, pool: config.poolName, poolAddress };
  const jobmanager = createJobmanager({ ...daemon, bus, state, nodes, holder, settings: chosen });
  daemon.provide(JobService, createJobRpc({ desk: jobmanager.desk, nodes }));
  await daemon.run(jobmanager);
});
