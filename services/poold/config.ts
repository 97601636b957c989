/**
 * poold's table: the rows of the services it composes, and its own.
 *
 * @module
 */
import {
  busUrl,
  commonRows,
  type Config,
  controlRows,
  dataDir,
  flag,
  integer,
  ledgerPort,
  ledgerRows,
  ledgerUrl,
  nodeCookie,
  nodeUrl,
  nodeZmq,
  optional,
  poolAddress,
  poolName,
  seriesRows,
  seriesUrl,
} from "@gopool/config";
import { apiRows } from "@gopool/apiserver/api_rows";
import { schema as jobmanager } from "@gopool/jobmanager/config";
import { schema as shareproc } from "@gopool/shareproc/config";
import { schema as stratumd } from "@gopool/stratumd/config";
import { payoutdRows } from "./payouts.ts";

export const schema = {
  ...payoutdRows,
  ...jobmanager,
  ...shareproc,
  ...stratumd,
  ...commonRows,
  dataDir,
  poolName,
  /** Absent: a log under the data folder. */
  busUrl: optional(busUrl),
  ...ledgerRows,
  /** Absent: a PostgreSQL of its own, started beside the pool. */
  ledgerUrl: optional(ledgerUrl),
  ledgerPort,
  ...seriesRows,
  /** Absent: a file under the data folder. */
  seriesUrl: optional(seriesUrl),
  ...apiRows,
  healthListen: { ...stratumd.healthListen, fallback: "127.0.0.1:8100" },
  /** One for all of them. */
  ...controlRows("127.0.0.1:8200"),
  /** The only gateway there is. */
  gateway: { ...stratumd.gateway, fallback: "stratumd-1" },
  /** Absent: a simulated node beside the pool. */
  nodeUrl: optional(nodeUrl),
  nodeCookie,
  nodeZmq,
  /** Needed for a real node only; no address is ever made up for one. */
  poolAddress: optional(poolAddress),
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
