/**
 * What a load run may be told.
 *
 * @module
 */
import { choice, type Config, custom, integer, optional } from "@gopool/config";

/** Open files of a process are limited to 20,000 on common systems. */
const CONNECTIONS_MAX = 19_000;

export const schema = {
  subject: choice("GOPOOL_LOAD_SUBJECT", "what is put under load", {
    of: ["all", "reference", "stratumd", "poold"],
    fallback: "all",
  }),
  mode: choice("GOPOOL_LOAD_MODE", "in which way", {
    of: ["all", "saturation", "open-loop", "control", "idle"],
    fallback: "all",
  }),
  connections: custom("GOPOOL_LOAD_CONNECTIONS", "miners at once, for saturation", {
    takes: "NUMBER,…",
    fallback: "100,200,1000,10000",
    parse(text) {
      const counts = text.split(",").map(Number);
      if (!counts.every((n) => Number.isInteger(n) && n >= 1 && n <= CONNECTIONS_MAX)) {
        throw new RangeError(`must be whole numbers from 1 to ${CONNECTIONS_MAX}`);
      }
      return counts;
    },
  }),
  outstanding: integer("GOPOOL_LOAD_OUTSTANDING", "shares of a miner under way, in saturation", {
    min: 1,
    max: 256,
    fallback: 1,
  }),
  seconds: integer("GOPOOL_LOAD_SECONDS", "time measured per saturation", {
    min: 1,
    max: 60,
    fallback: 3,
  }),
  rate: integer("GOPOOL_LOAD_RATE", "shares a second in the open loop", {
    min: 1,
    max: 100_000,
    fallback: 2_000,
  }),
  rateConnections: integer("GOPOOL_LOAD_RATE_CONNECTIONS", "miners in the open loop", {
    min: 1,
    max: CONNECTIONS_MAX,
    fallback: 5_000,
  }),
  calls: integer("GOPOOL_LOAD_CALLS", "unary control calls a second beside the open loop", {
    min: 1,
    max: 10_000,
    fallback: 100,
  }),
  idleConnections: integer("GOPOOL_LOAD_IDLE_CONNECTIONS", "miners that wait for jobs only", {
    min: 1,
    max: CONNECTIONS_MAX,
    fallback: 10_000,
  }),
  v8: optional(
    custom("GOPOOL_LOAD_V8_FLAGS", "the server's process gets them: a profiler's, say", {
      takes: "--FLAG,…",
      parse: (text) => text,
    }),
  ),
};

export type Options = Config<typeof schema>;
