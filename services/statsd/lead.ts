/**
 * What one statsd of a pool does for all: tells how the pool is, rolls hours up, reckons efforts, takes away what is old.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import {
  type Clock,
  type Logger,
  runTogether,
  type Service,
  type StatusBoard,
  supervise,
  type SuperviseDeps,
} from "@gopool/runtime";
import type { Series } from "@gopool/series";
import { runLeader, type State } from "@gopool/state";
import { reckonEfforts } from "./efforts.ts";
import { CHORES_EVERY_MS, PRUNE_EVERY_MS } from "./limits.ts";
import { Live } from "./live.ts";
import type { Rolling } from "./rollups.ts";
import type { Settling } from "./settled.ts";

export interface LeadDeps extends SuperviseDeps {
  readonly bus: Bus;
  readonly state: State;
  readonly series: Series;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly pool: string;
  readonly holder: string;
  readonly rolling: Rolling;
  readonly settling: () => Settling | null;
}

/** Stands as a candidate, and leads while it is the one. */
export interface Lead extends Service {
  readonly isLeading: boolean;
  /** As far as this process knows, which is while it leads. 0: not known. */
  readonly settledMs: number;
  /** Null while it does not lead. */
  readonly live: Live | null;
}

const PART = "statsd/lead";

export function createLead(deps: LeadDeps): Lead {
  const { state, clock, board, pool, holder } = deps;
  const now = { isLeading: false, settledMs: 0, live: null as Live | null };
  return {
    name: PART,
    get isLeading() {
      return now.isLeading;
    },
    get settledMs() {
      return now.settledMs;
    },
    get live() {
      return now.live;
    },
    async run(signal) {
      const onChange = (leads: boolean, detail: string) => {
        now.isLeading = leads;
        board.set(PART, "ok", leads ? "tells how the pool is" : detail);
      };
      const candidate = { state, clock, name: `statsd-live:${pool}`, holder, onChange };
      try {
        await runLeader(candidate, async (_, leading) => {
          const settledMs = () => now.settledMs;
          const live: Service = {
            name: "statsd/live",
            async run(stop) {
              // What it followed before a fault is read again.
              now.live = new Live({ ...deps, settledMs });
              await now.live.run(stop);
            },
          };
          const chores = {
            name: "statsd/chores",
            run: (stop: AbortSignal) => doChores(deps, now, stop),
          };
          await runTogether(leading, ...[live, chores].map((part) => supervise(part, deps).run));
        }, signal);
      } finally {
        now.isLeading = false;
        now.live = null;
      }
    },
  };
}

async function doChores(
  deps: LeadDeps,
  now: { settledMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { clock, series, rolling, settling } = deps;
  const chores = [
    everyTime("rolled up", async () => {
      // One hour at a time: others want the store, too.
      while (!signal.aborted && now.settledMs > 0 && await rolling.next(now.settledMs));
    }),
    oncePer(() => now.settledMs, "reckoned", async () => {
      if (now.settledMs > 0) await reckonEfforts(series, now.settledMs);
    }),
    oncePer(
      () => Math.floor(clock.monotonic() / PRUNE_EVERY_MS),
      "taken away",
      () => series.prune(clock.now()),
    ),
  ];
  while (!signal.aborted) {
    await tried(deps, "settled", async () => {
      now.settledMs = Math.max(now.settledMs, await settling()?.everywhere() ?? 0);
    });
    for (const chore of chores) if (!signal.aborted) await chore(deps);
    await clock.sleep(CHORES_EVERY_MS, signal);
  }
}

type Chore = (deps: LeadDeps) => Promise<void>;

function everyTime(what: string, work: () => Promise<void>): Chore {
  return async (deps) => void await tried(deps, what, work);
}

/** Done again only when `turn` has another value than when it last went well. */
function oncePer(turn: () => number, what: string, work: () => Promise<void>): Chore {
  let done: number | null = null;
  return async (deps) => {
    const mine = turn();
    if (mine !== done && await tried(deps, what, work)) done = mine;
  };
}

/** A store that is away is no fault of the leader's: it is asked again at the next look. */
async function tried(
  { board, log }: LeadDeps,
  what: string,
  work: () => Promise<void>,
): Promise<boolean> {
  const part = `statsd/${what}`;
  try {
    await work();
    board.clear(part);
    return true;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    board.set(part, "degraded", `Nothing is ${what}: ${words}`);
    log.debug("a chore has to wait", { what, error });
    return false;
  }
}
