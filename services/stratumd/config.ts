/**
 * The settings of stratumd.
 *
 * @module
 */
import {
  busProblems,
  busRows,
  choice,
  commonRows,
  type Config,
  controlProblems,
  controlRows,
  custom,
  dataDir,
  flag,
  healthListen,
  hostPort,
  integer,
  number,
  poolName,
  roadProblems,
  roadShareproc,
  type Settings,
  stateProblems,
  stateRows,
  text,
  versionMask,
} from "@gopool/config";

export const rows = {
  stratumListen: hostPort("GOPOOL_STRATUM_LISTEN", "where miners connect", {
    // Loopback: who lets miners in from outside says so.
    fallback: "127.0.0.1:3333",
  }),
  // No default: two gateways of one name would lease the same extranonces.
  gateway: text("GOPOOL_STRATUMD_NAME", "this gateway's name, unique among the pool's gateways", {
    takes: "NAME",
    maxLength: 32,
    pattern: /^[a-z0-9][a-z0-9-]*$/,
    must: "small letters, digits and dashes",
  }),
  prefix: custom(
    "GOPOOL_STRATUMD_PREFIX",
    "pins the two bytes all extranonces of this gateway begin with; auto: leased",
    {
      takes: "HEX|auto",
      fallback: "auto",
      parse(value) {
        if (value === "auto") return null;
        if (!/^[0-9a-fA-F]{4}$/.test(value)) throw new SyntaxError("must be 4 hex digits or auto");
        return parseInt(value, 16);
      },
    },
  ),
  sharesPerMinute: number("GOPOOL_STRATUM_SHARES_PER_MINUTE", "share rate aimed at per session", {
    min: 0.1,
    max: 600,
    fallback: 15,
  }),
  startDifficulty: number(
    "GOPOOL_STRATUM_START_DIFFICULTY",
    "first difficulty of a session; 0: by the miner's user agent",
    { min: 0, max: 2 ** 64, fallback: 0 },
  ),
  minDifficulty: number("GOPOOL_STRATUM_MIN_DIFFICULTY", "least difficulty ever given", {
    // 2^-32: every hash is a share.
    min: 2 ** -32,
    max: 2 ** 64,
    fallback: 2 ** -32,
  }),
  variant: text("GOPOOL_STRATUM_VARIANT", "coinbase variant that sessions mine", {
    takes: "NAME",
    fallback: "pool",
    maxLength: 32,
  }),
  versionMask,
  maxSessions: integer("GOPOOL_STRATUM_MAX_SESSIONS", "connections at once", {
    // A prefix numbers 65,536 sessions; the open-files limit of the process must allow them.
    min: 1,
    max: 65_000,
    fallback: 20_000,
  }),
  maxSessionsPerAddress: integer(
    "GOPOOL_STRATUM_MAX_SESSIONS_PER_ADDRESS",
    "connections at once from one network address, over all gateways",
    // A farm behind one NAT is one address.
    { min: 1, max: 65_000, fallback: 5_000 },
  ),
  maxConnectsPerAddress: integer(
    "GOPOOL_STRATUM_MAX_CONNECTS_PER_ADDRESS",
    "new connections a minute from one network address, over all gateways",
    // A farm of the size above that comes back at once, each of it twice; and a flood of bare connections costs 3 % of a core.
    { min: 1, max: 1_000_000, fallback: 10_000 },
  ),
  reusePort: flag(
    "GOPOOL_STRATUM_REUSE_PORT",
    "share the address with other gateways on this machine; off: a taken port is an error",
  ),
  vardiff: choice("GOPOOL_STRATUM_VARDIFF", "off keeps each session at its first difficulty", {
    of: ["on", "off"],
    fallback: "on",
  }),
};

export const schema = {
  ...busRows,
  ...stateRows,
  dataDir,
  poolName,
  ...commonRows,
  ...rows,
  roadShareproc,
  healthListen: healthListen("127.0.0.1:8101"),
  ...controlRows("127.0.0.1:8201"),
};

export type StratumdConfig = Pick<
  Config<typeof schema>,
  "dataDir" | "poolName" | keyof typeof rows
>;

export const settings: Settings<typeof schema> = {
  schema,
  problems: (found, isBad) => [
    ...busProblems(found, isBad),
    ...stateProblems(found),
    ...controlProblems(found),
    ...roadProblems(found),
  ],
};
