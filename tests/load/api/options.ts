/**
 * What a run of the public API may be told.
 *
 * @module
 */
import { choice, type Config, integer, optional, text } from "@gopool/config";

export const schema = {
  mode: choice("GOPOOL_LOAD_API_MODE", "what is measured", {
    of: ["all", "answers", "stratum"],
    fallback: "all",
  }),
  miners: integer("GOPOOL_LOAD_API_MINERS", "miners in the stores", {
    min: 100,
    max: 100_000,
    fallback: 10_000,
  }),
  blocks: integer("GOPOOL_LOAD_API_BLOCKS", "blocks in the books, each split over all miners", {
    min: 1,
    max: 1_000,
    fallback: 20,
  }),
  minutes: integer("GOPOOL_LOAD_API_MINUTES", "last minutes in which every miner has shares", {
    min: 10,
    max: 1_440,
    fallback: 60,
  }),
  asked: integer("GOPOOL_LOAD_API_ASKED", "miners that are asked for, each with a week behind it", {
    min: 1,
    max: 1_000,
    fallback: 100,
  }),
  seconds: integer("GOPOOL_LOAD_API_SECONDS", "time measured of each way", {
    min: 1,
    max: 60,
    fallback: 6,
  }),
  connections: integer("GOPOOL_LOAD_API_CONNECTIONS", "connections that ask at once", {
    min: 1,
    max: 2_000,
    fallback: 32,
  }),
  rate: integer("GOPOOL_LOAD_API_RATE", "requests a second in the open loop of kept answers", {
    min: 1,
    max: 100_000,
    fallback: 3_000,
  }),
  beside: integer("GOPOOL_LOAD_API_BESIDE", "requests a second beside the shares", {
    min: 1,
    max: 100_000,
    fallback: 500,
  }),
  flags: optional(
    text("GOPOOL_LOAD_API_FLAGS", "the server's process gets them: a profiler's", {
      takes: "--FLAG,…",
    }),
  ),
};

export type Options = Config<typeof schema>;
