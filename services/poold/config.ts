/**
 * poold's table: the rows of the services it composes, and its own.
 *
 * @module
 */
import {
  busUrl,
  commonRows,
  type Config,
  dataDir,
  flag,
  integer,
  nodeCookie,
  nodeGoneAfter,
  nodeUrl,
  nodeZmq,
  optional,
  poolAddress,
  poolName,
  stateUrl,
} from "@gopool/config";
import { schema as jobmanager } from "@gopool/jobmanager/config";
import { schema as shareproc } from "@gopool/shareproc/config";
import { schema as stratumd } from "@gopool/stratumd/config";

export const schema = {
  ...jobmanager,
  ...shareproc,
  ...stratumd,
  ...commonRows,
  dataDir,
  stateUrl,
  poolName,
  /** Absent: a log under the data folder. */
  busUrl: optional(busUrl),
  /** Absent: a simulated node beside the pool. */
  nodeUrl: optional(nodeUrl),
  nodeCookie,
  nodeGoneAfter,
  nodeZmq,
  /** Needed for a real node only; no address is ever made up for one. */
  poolAddress: optional(poolAddress),
  sharePartitions: integer(
    "GOPOOL_SHARE_PARTITIONS",
    "partitions of the share topics; fixed once the log exists",
    { min: 1, max: 64, fallback: 4 },
  ),
  simulatedPort: integer("GOPOOL_SIMULATED_NODE_PORT", "port of the simulated node on 127.0.0.1", {
    min: 1,
    max: 65_535,
    // Beside the ports that real nodes take by default.
    fallback: 18_453,
  }),
  demoMiner: flag("GOPOOL_DEMO_MINER", "with the simulated node, mine on it with one core", {
    fallback: true,
  }),
};

export type PooldConfig = Config<typeof schema>;
