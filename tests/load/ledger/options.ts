/**
 * What a run of the ledger may be told.
 *
 * @module
 */
import { type Config, integer } from "@gopool/config";

export const schema = {
  minutes: integer("GOPOOL_LOAD_LEDGER_MINUTES", "how long the pool lives, by its own clock", {
    min: 5,
    max: 1_440,
    fallback: 60,
  }),
  pace: integer("GOPOOL_LOAD_LEDGER_PACE", "minutes that pass in one of ours", {
    // Settling must come between blocks: beyond this the machine is the limit.
    min: 1,
    max: 60,
    fallback: 40,
  }),
  seed: integer("GOPOOL_LOAD_LEDGER_SEED", "of what happens on the chain", {
    min: 0,
    max: 1_000_000,
    fallback: 1,
  }),
};

export type Options = Config<typeof schema>;
