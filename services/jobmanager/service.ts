/**
 * jobmanager: turns the node's templates into jobs. Several may run; one leads.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import { type Network, scriptOfAddress } from "@gopool/chain";
import type { Nodes } from "@gopool/node";
import {
  type Clock,
  FatalError,
  type Logger,
  type Metrics,
  noMetrics,
  runTogether,
  type Service,
  type StatusBoard,
} from "@gopool/runtime";
import { JobCache, type Leadership, runLeader, type State } from "@gopool/state";
import { Composer } from "./composer.ts";
import { Desk } from "./desk.ts";
import { followJobs, followSplits, untilDone } from "./follow.ts";
import type { JobTiming } from "./job_book.ts";
import { JobIds } from "./job_ids.ts";
import { Layouts } from "./layouts.ts";
import { Leader } from "./leader.ts";
import { noteLeader } from "./leader_note.ts";
import { CACHE_TTL_MS } from "./limits.ts";
import { jobmanagerMetrics } from "./metrics.ts";
import { type LogEnd, readLogEnd } from "./log_end.ts";
import { Publisher } from "./publisher.ts";
import { Sender } from "./sender.ts";
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
  /** Told of each job that was published, how long it took. */
  readonly observe?: (timing: JobTiming) => void;
  readonly metrics?: Metrics;
}

export interface Jobmanager extends Service {
  /** What it answers to operators and counts. */
  readonly desk: Desk;
}

/** On the board: what hinders a leader from seeing whether another leads. */
const TERMS = "jobmanager/terms";

export function createJobmanager(deps: JobmanagerDeps): Jobmanager {
  const { metrics = noMetrics, clock } = deps;
  const measure = jobmanagerMetrics({ metrics, clock, desk: (): Desk => desk });
  const observe = (timing: JobTiming) => {
    measure(timing);
    deps.observe?.(timing);
  };
  const desk = new Desk({ ...deps, pool: deps.settings.pool, observe });
  return { name: "jobmanager", desk, run: (signal) => run(deps, desk, signal) };
}

async function run(deps: JobmanagerDeps, desk: Desk, signal: AbortSignal): Promise<void> {
  const { bus, state, nodes, clock, log, board, holder, settings } = deps;
  const { pool } = settings;
  const network = await nodes.network(signal);
  const poolScript = payable(settings.poolAddress, network);
  const splits = new Splits(pool, clock, log);
  const layouts = new Layouts({ clock, log, board, accountScript: poolScript });
  desk.ground = { layouts, accountScript: poolScript };
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
    // Beside the work: no job waits for it.
    const noted = noteLeader(state, pool, { holder, term });
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
      await noted;
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
    const sender = new Sender({
      nodes,
      clock,
      log,
      board,
      publisher,
      book: desk.book,
      lastPreviousHash: previousHash,
    });
    const leader = new Leader({
      nodes,
      clock,
      log,
      board,
      frame,
      composer,
      publisher,
      sender,
      counters: desk.counters,
      splits,
      emptyJobs: settings.emptyJobs,
      feesRosePercent: settings.feesRosePercent,
    });
    try {
      await desk.during({ leader, term: ids.term, signal: stop }, () => leader.run(stop));
    } finally {
      // A call to the store ends within a second, whatever it does.
      await publisher.settled();
    }
  }

  const onChange = (leads: boolean, detail: string) => {
    desk.says(leads, detail);
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
    (stop) => followJobs(deps, { pool, accountScript: poolScript, book: desk.book }, stop),
  );
}

/** Who stands by knows the tip already: taking over costs no look at a node. */
async function keepWatching(nodes: Nodes, signal: AbortSignal): Promise<void> {
  for await (const _ of nodes.watch(signal)) { /* the leader has its own reader */ }
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
