/**
 * What a load run on Kafka may be told.
 *
 * @module
 */
import { choice, type Config, custom, integer, optional } from "@gopool/config";

export const schema = {
  bus: optional(custom("GOPOOL_BUS_URL", "a running broker; absent: the run starts its own", {
    takes: "kafka://HOST:PORT",
    parse(text) {
      const address = /^kafka:\/\/([^/?]+)\/?$/.exec(text)?.[1];
      if (address === undefined) throw new SyntaxError("must be of the form kafka://HOST:PORT");
      return address;
    },
  })),
  part: choice("GOPOOL_LOAD_PART", "what is measured", {
    of: ["all", "speed", "latency"],
    fallback: "all",
  }),
  rounds: integer("GOPOOL_LOAD_ROUNDS", "times that each contender has its turn", {
    min: 1,
    max: 100,
    fallback: 5,
  }),
  seconds: integer("GOPOOL_LOAD_SECONDS", "length of one burst", { min: 1, max: 60, fallback: 4 }),
  miners: integer("GOPOOL_LOAD_MINERS", "miners at once", { min: 1, max: 19_000, fallback: 200 }),
  outstanding: integer("GOPOOL_LOAD_OUTSTANDING", "shares of a miner under way, in saturation", {
    min: 1,
    max: 256,
    fallback: 8,
  }),
  rate: integer(
    "GOPOOL_LOAD_RATE",
    "shares a second of the bursts at a fixed rate, and beside the latencies",
    {
      min: 1,
      max: 100_000,
      fallback: 1_000,
    },
  ),
  samples: integer("GOPOOL_LOAD_SAMPLES", "latencies taken of each kind (of 2 MB blocks a third)", {
    min: 10,
    max: 10_000,
    fallback: 400,
  }),
  v8: optional(
    custom("GOPOOL_LOAD_FLAGS", "flags of the runtime for every process measured: a profiler's", {
      takes: "--FLAG,…",
      parse: (text) => text,
    }),
  ),
};

export type Options = Config<typeof schema>;
