/**
 * What the pool is to reach (on two cores of its own, one for the server), beside what this run measured.
 *
 * @module
 */
import { figure } from "./report.ts";

interface Goal {
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** By the name under which a run notes its figure. */
const GOALS: Readonly<Record<string, Goal>> = {
  "stratumd/saturation/200/true": {
    what: "shares/s answered after they were durable, one stratumd, 200 miners",
    atLeast: 30_000,
  },
  "poold/saturation/200/valid": {
    what: "shares/s all the way to share.valid, all in one process, 200 miners",
    atLeast: 12_000,
  },
  "stratumd/open-loop/p99": { what: "ms, p99 of an answer in the open loop", atMost: 50 },
  "stratumd/control/p99": {
    what: "ms, p99 of an answer in the open loop with 100 control calls a second",
    atMost: 50,
  },
  "api/pool/rate": { what: "kept answers a second about the pool, one core", atLeast: 3_000 },
  "api/miners/rate": { what: "kept answers a second about miners, one core", atLeast: 3_000 },
  "api/pool/p99": { what: "ms, p99 of kept answers about the pool at a fixed rate", atMost: 50 },
  "api/miners/p99": { what: "ms, p99 of kept answers about miners at a fixed rate", atMost: 50 },
  "api/miner/computed": { what: "ms, p99 of a miner that nobody asked for", atMost: 100 },
  "api/miner/page": {
    what: "ms, p99 of all that a miner's page asks for, none of it kept",
    atMost: 100,
  },
  "api/stratum/with": {
    what: "ms, p99 of an answer to a miner while the API is asked in the same process",
    atMost: 50,
  },
  "stratumd/idle/memory": { what: "kB of memory an idle session", atMost: 12 },
  "stratumd/idle/job": { what: "ms until the last miner has a job", atMost: 200 },
};

/** A goal missed is told, and no failure: on a machine that others use it says little. */
export function printGoals(figures: ReadonlyMap<string, number>): void {
  for (const [name, { what, atLeast, atMost }] of Object.entries(GOALS)) {
    const found = figures.get(name);
    if (found === undefined) continue;
    const isMet = found >= (atLeast ?? -Infinity) && found <= (atMost ?? Infinity);
    const goal = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    console.log(`${isMet ? "met   " : "missed"} ${figure(found)} ${what}; the goal is ${goal}`);
  }
}
