/**
 * Rows that several services share, so that one variable means one thing everywhere.
 *
 * @module
 */
import { type Field, optional } from "./field.ts";
import { choice, custom, duration, path, text } from "./fields.ts";
import { keepsIn, readsFile } from "./needs.ts";
import { type HostPort, hostPort, urlList } from "./net_fields.ts";

export {
  busNeeds,
  busProblems,
  busRows,
  type BusSettings,
  busUrl,
  sharePartitions,
} from "./bus_rows.ts";
export {
  ledgerNeeds,
  ledgerPort,
  ledgerProblems,
  ledgerRows,
  type LedgerSettings,
  ledgerUrl,
} from "./ledger_rows.ts";
export { kafkaRows, sqliteFileOf } from "./bus_rows.ts";
export {
  type CertRoles,
  controlProblems,
  type ControlRole,
  controlRows,
  type ControlSettings,
  type ControlToken,
  isLoopback,
  tokenFileNeeds,
  tokenFileOf,
} from "./control_rows.ts";
export {
  seriesNeeds,
  seriesProblems,
  seriesRows,
  type SeriesSettings,
  seriesUrl,
} from "./series_rows.ts";
export { roadBlocksubmit, roadProblems, roadShareproc } from "./road_rows.ts";
export {
  memoryStateNote,
  stateNeeds,
  stateProblems,
  stateRows,
  type StateSettings,
  stateUrl,
} from "./state_rows.ts";

export const dataDir: Field<string> = {
  ...path("GOPOOL_DATA_DIR", "folder for everything that must survive a restart", {
    fallback: "./data",
  }),
  needs: keepsIn,
};

export const nodeUrl: Field<readonly URL[]> = urlList(
  "GOPOOL_NODE_URL",
  "RPC of the Bitcoin nodes, user:password@ inside",
  {
    schemes: ["http:", "https:"],
  },
);

export const nodeCookie: Field<string | undefined> = optional({
  ...path("GOPOOL_NODE_COOKIE", "cookie file of the node, in place of user and password"),
  needs: readsFile,
});

export const nodeZmq: Field<readonly URL[] | undefined> = optional({
  ...urlList("GOPOOL_NODE_ZMQ", "hashblock publishers of the nodes, in their order", {
    schemes: ["tcp:"],
  }),
  // The package's own sockets are beyond the reach of a net permission.
  needs: () => [{ kind: "native", what: "zeromq" }],
});

/** Losing the miners' work of a moment is dear, mining on a tip that nobody has is dearer. */
export const nodeGoneAfter: Field<number> = duration(
  "GOPOOL_NODE_GONE_AFTER",
  "how long a tip must be gone from every healthy node before a lower one is mined on",
  // Less and a node's restart throws work away; more than an hour is a pool that mines for nobody.
  { minMs: 1_000, maxMs: 3_600_000, fallback: "30s" },
);

/** The network is not known here: the service checks it with chain's scriptOfAddress once the node has said. */
export const poolAddress: Field<string> = text(
  "GOPOOL_POOL_ADDRESS",
  "where the pool's own coinbase pays to",
  {
    takes: "ADDRESS",
    // BIP 173: a bech32 address has at most 90 characters; no other form is longer.
    maxLength: 90,
  },
);

export const poolName: Field<string> = text(
  "GOPOOL_POOL",
  "the pool's name, in topics' keys and in messages",
  {
    takes: "NAME",
    fallback: "gopool",
    maxLength: 32,
    pattern: /^[a-z0-9][a-z0-9-]*$/,
    must: "small letters, digits and dashes",
  },
);

/** The job's version has these bits clear, the gateway lets miners set them: one row, or both would differ. */
export const versionMask: Field<number> = custom(
  "GOPOOL_VERSION_MASK",
  "version bits miners may roll, 8 hex digits",
  {
    takes: "HEX",
    // BIP 320. BIP 323 (draft) adds the lower bits: 1fffffe0.
    fallback: "1fffe000",
    parse(value) {
      // BIP 9: without 001 in the top three bits a version means something else to the network.
      if (!/^[0-9a-f]{8}$/i.test(value) || (parseInt(value, 16) & 0xe000_0000) !== 0) {
        throw new RangeError("must be 8 hex digits that leave the top three bits alone");
      }
      return parseInt(value, 16);
    },
  },
);

/** `auto`: text on a terminal, JSON lines elsewhere. */
export type LogFormat = "auto" | "json" | "text";
export type LogLevel = "debug" | "info" | "warn" | "error";

export const logFormat: Field<LogFormat> = choice(
  "GOPOOL_LOG_FORMAT",
  "auto: text on a terminal, else JSON lines",
  {
    of: ["auto", "json", "text"],
    fallback: "auto",
  },
);

export const logLevel: Field<LogLevel> = choice("GOPOOL_LOG_LEVEL", "least that is logged", {
  of: ["debug", "info", "warn", "error"],
  fallback: "info",
});

/** Where a process tells whether it lives and whether it can work. Loopback unless told otherwise. */
export function healthListen(fallback: string): Field<HostPort> {
  return hostPort("GOPOOL_HEALTH_LISTEN", "where GET /healthz, /readyz and /metrics are answered", {
    fallback,
  });
}

/** What runProcess itself reads: every service spreads these into its schema. */
export const commonRows: { format: Field<LogFormat>; level: Field<LogLevel> } = {
  format: logFormat,
  level: logLevel,
};
