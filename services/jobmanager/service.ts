/**
 * jobmanager: turns the node's templates into jobs. Several may run; one leads.
 *
 * @module
 */
import { type Bus, miningJobs, rewardSplit } from "@gopool/bus";
import { type Network, scriptOfAddress } from "@gopool/chain";
import type { Nodes } from "@gopool/node";
import { fromBinary, JobSchema, type RewardSplit, RewardSplitSchema } from "@gopool/proto";
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
import { JobIds, termOf } from "./job_ids.ts";
import { Layouts } from "./layouts.ts";
import { Leader } from "./leader.ts";
import { CACHE_TTL_MS } from "./limits.ts";
import { Publisher } from "./publisher.ts";

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

export function createJobmanager(deps: JobmanagerDeps): Service {
  return { name: "jobmanager", run: (signal) => run(deps, signal) };
}

async function run(deps: JobmanagerDeps, signal: AbortSignal): Promise<void> {
  const { bus, state, nodes, clock, log, board, holder, settings } = deps;
  const network = await nodes.network(signal);
  const poolScript = payable(settings.poolAddress, network);
  const splits = new LatestSplit(settings.pool, clock);
  const layouts = new Layouts({ log, board, accountScript: poolScript });
  const cache = new JobCache(state, CACHE_TTL_MS);

  async function lead(leadership: Leadership, leading: AbortSignal): Promise<void> {
    const ids = new JobIds(await leadership.nextTerm(await lastTerm(bus)));
    log.info("leading", { term: ids.term, network });
    const publisher = new Publisher({
      bus,
      cache: {
        putJob: (id, value) => cache.put("job", id, value),
        putTemplate: (id, value) => cache.put("template", id, value),
      },
      pool: settings.pool,
      newId: () => ids.next(),
      onCacheTrouble: (error) => log.warn("a job could not be cached", { error }),
    });
    const frame = {
      pool: settings.pool,
      network,
      tag: settings.coinbaseTag,
      versionMask: settings.versionMask,
    };
    const variants = { poolScript, soloFeeBasisPoints: settings.soloFeeBasisPoints };
    await new Leader({
      nodes,
      clock,
      log,
      board,
      frame,
      variants,
      emptyJobs: settings.emptyJobs,
      feesRosePercent: settings.feesRosePercent,
      ids,
      layouts,
      publisher,
      split: () => splits.fresh(),
    }).run(leading);
  }

  const onChange = (leads: boolean, detail: string) => {
    board.set("jobmanager/lead", leads || detail === "stands by" ? "ok" : "degraded", detail);
  };
  const candidate = { state, clock, name: `jobmanager:${settings.pool}`, holder, onChange };
  await runTogether(
    signal,
    (stop) => runLeader(candidate, lead, stop),
    (stop) =>
      bus.follow(rewardSplit, {
        from: { kind: "earliest" },
        batchMax: 100,
        signal: stop,
        onTrouble: troubleOnBoard(board, log),
      }, ({ messages }) => {
        for (const { value } of messages) splits.take(value);
        return Promise.resolve();
      }),
  );
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

/** The term of the last job in the log: what a store that forgot its own number is corrected by. */
async function lastTerm(bus: Bus): Promise<number> {
  const last = await bus.last(miningJobs, 0);
  return last === null ? 0 : termOf(fromBinary(JobSchema, last.value).id);
}

/** The latest record of reward.split wins, as long as it has not expired. */
class LatestSplit {
  #latest: RewardSplit | undefined;

  constructor(private readonly pool: string, private readonly clock: Clock) {}

  take(value: Uint8Array): void {
    const split = fromBinary(RewardSplitSchema, value);
    if (split.pool === this.pool) this.#latest = split;
  }

  fresh(): RewardSplit | undefined {
    const latest = this.#latest;
    return latest !== undefined && latest.expiresAtMs > this.clock.now() ? latest : undefined;
  }
}
