/**
 * jobmanager: turns the node's templates into jobs. Several may run; one leads.
 *
 * @module
 */
import { type Bus, rewardSplit } from "@gopool/bus";
import { type Network, scriptOfAddress } from "@gopool/chain";
import type { Nodes } from "@gopool/node";
import {
  type Clock,
  FatalError,
  type Logger,
  runTogether,
  type Service,
  type StatusBoard,
  troubleOnBoard,
} from "@gopool/runtime";
import { JobCache, type Leadership, runLeader, type State } from "@gopool/state";
import { Attempts } from "./attempts.ts";
import { Composer } from "./composer.ts";
import { JobIds } from "./job_ids.ts";
import { Layouts } from "./layouts.ts";
import { Leader } from "./leader.ts";
import { CACHE_TTL_MS, SPLIT_LOOK_BACK, START_RETRY_MS } from "./limits.ts";
import { type LogEnd, readLogEnd } from "./log_end.ts";
import { Publisher } from "./publisher.ts";
import { Splits } from "./splits.ts";
import { Terms } from "./terms.ts";

export interface JobmanagerSettings {
  readonly pool: string;
  /** Where the pool's own coinbase pays to: an address of the node's network. */
  readonly poolAddress: string;
  readonly coinbaseTag: string;
  readonly emptyJobs: boolean;
  /** 0: never early. */
  readonly feesRosePercent: number;
  readonly soloFeeBasisPoints: number;
  readonly versionMask: number;
}

export interface JobmanagerDeps {
  readonly bus: Bus;
  readonly state: State;
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** This candidate for the lead, different from every other process's. */
  readonly holder: string;
  readonly settings: JobmanagerSettings;
}

/** On the board: what hinders a leader from seeing whether another leads. */
const TERMS = "jobmanager/terms";

export function createJobmanager(deps: JobmanagerDeps): Service {
  return { name: "jobmanager", run: (signal) => run(deps, signal) };
}

async function run(deps: JobmanagerDeps, signal: AbortSignal): Promise<void> {
  const { bus, state, nodes, clock, log, board, holder, settings } = deps;
  const { pool } = settings;
  const network = await nodes.network(signal);
  const poolScript = payable(settings.poolAddress, network);
  const splits = new Splits(pool, clock, log);
  const layouts = new Layouts({ log, board, accountScript: poolScript });
  const cache = new JobCache(state, CACHE_TTL_MS);
  const frame = {
    pool,
    network,
    tag: settings.coinbaseTag,
    versionMask: settings.versionMask,
  };
  const variants = { poolScript, soloFeeBasisPoints: settings.soloFeeBasisPoints };

  let terms: Terms | null = null;

  async function lead(leadership: Leadership, leading: AbortSignal): Promise<void> {
    const start = await startOfTerm(deps, leadership, leading);
    if (start === null) return;
    const { ids, next: from } = start;
    const { term } = ids;
    log.info("leading", { term, network });
    const own = terms = new Terms({
      bus,
      pool,
      term,
      from,
      onTrouble: ({ kind, error }) =>
        kind === "recovered"
          ? board.clear(TERMS)
          : board.set(TERMS, "degraded", `Cannot see who else leads: ${error?.message ?? kind}`),
    });
    try {
      // Whichever ends first ends the other.
      await runTogether(
        leading,
        (stop) => work(start, stop),
        async (stop) => {
          const other = await own.untilDeposed(stop);
          if (other !== null) log.warn("another leads, in a higher term", { term, other });
        },
      );
    } finally {
      terms = null;
      board.clear(TERMS);
    }
  }

  async function work({ ids, previousHash }: StartOfTerm, stop: AbortSignal): Promise<void> {
    const publisher = new Publisher({
      bus,
      clock,
      cache,
      pool,
      newId: () => ids.next(),
      onCacheTrouble: (error) => log.warn("a job could not be cached", { error }),
    });
    const composer = new Composer({ clock, frame, variants, ids, layouts, splits });
    const leader = new Leader({
      nodes,
      clock,
      log,
      board,
      frame,
      composer,
      publisher,
      splits,
      emptyJobs: settings.emptyJobs,
      feesRosePercent: settings.feesRosePercent,
      lastPreviousHash: previousHash,
    });
    try {
      await leader.run(stop);
    } finally {
      // A call to the store ends within a second, whatever it does.
      await publisher.settled();
    }
  }

  const onChange = (leads: boolean, detail: string) => {
    const isWell = detail === (leads ? "leads" : "stands by");
    board.set("jobmanager/lead", isWell ? "ok" : leads ? "degraded" : "down", detail);
  };
  const mayStay = () => terms !== null && terms.isNewest;
  const candidate = { state, clock, name: `jobmanager:${pool}`, holder, onChange, mayStay };
  await runTogether(
    signal,
    (stop) => runLeader(candidate, lead, stop),
    (stop) => keepWatching(nodes, stop),
    (stop) => followSplits(deps, splits, stop),
  );
}

/** Who stands by knows the tip already: taking over costs no look at a node. */
async function keepWatching(nodes: Nodes, signal: AbortSignal): Promise<void> {
  for await (const _ of nodes.watch(signal)) { /* the leader has its own reader */ }
}

async function followSplits(
  { bus, clock, board, log }: JobmanagerDeps,
  splits: Splits,
  signal: AbortSignal,
): Promise<void> {
  const ends = await untilDone({ clock, board, log }, "jobmanager/splits", signal, () => {
    return bus.ends(rewardSplit);
  });
  if (ends === null) return;
  const offsets = ends.map(({ earliest, next }) => Math.max(earliest, next - SPLIT_LOOK_BACK));
  await bus.follow(rewardSplit, {
    from: { kind: "offsets", offsets },
    batchMax: SPLIT_LOOK_BACK,
    signal,
    onTrouble: troubleOnBoard(board, log),
  }, ({ messages }) => {
    for (const { value } of messages) splits.take(value);
    return Promise.resolve();
  });
}

interface StartOfTerm extends Omit<LogEnd, "term"> {
  readonly ids: JobIds;
}

/** The ids of a new term, above every term that the state or the log remembers; null when the lease has gone. */
function startOfTerm(
  deps: JobmanagerDeps,
  leadership: Leadership,
  leading: AbortSignal,
): Promise<StartOfTerm | null> {
  return untilDone(deps, "jobmanager/term", leading, async () => {
    const { term, ...end } = await readLogEnd(deps.bus, deps.settings.pool);
    return { ids: new JobIds(await leadership.nextTerm(term)), ...end };
  });
}

/** What the work gives once bus and state are there for it; null when `signal` aborts before. */
async function untilDone<T>(
  { clock, log, board }: Pick<JobmanagerDeps, "clock" | "log" | "board">,
  part: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | null> {
  const attempts = new Attempts({ log, board, stopping: [part] });
  try {
    while (!signal.aborted) {
      const done = await attempts.of(part, signal, work);
      if (done !== undefined) return done;
      await clock.sleep(START_RETRY_MS, signal);
    }
    return null;
  } finally {
    attempts.end();
  }
}

/** The pool's scriptPubKey. A wrong address can't be mended by trying again. */
function payable(address: string, network: Network): Uint8Array {
  try {
    return scriptOfAddress(address, network);
  } catch (error) {
    throw new FatalError(
      `GOPOOL_POOL_ADDRESS=${address} cannot be paid to: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
