/**
 * shareproc: judges every submitted share a second time and passes on those that count; puts blocks together.
 *
 * @module
 */
import { type Bus, shareSubmissions } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import { REPEAT_HORIZON_MS, ShareChecker } from "@gopool/shares";
import {
  aborted,
  type Clock,
  type Logger,
  runTogether,
  type Service,
  type StatusBoard,
  troubleOnBoard,
} from "@gopool/runtime";
import { BlockBuilder } from "./blocks.ts";
import { rebuild } from "./chain_of_valid.ts";
import { Coinbases } from "./coinbases.ts";
import type { ShareprocContext } from "./context.ts";
import { Counts } from "./counts.ts";
import { JobBook } from "./job_book.ts";
import { workBytes } from "./judge_run.ts";
import { BATCH_MAX, CANDIDATE_HORIZON_MS, TARGETS_MAX, TEMPLATE_HORIZON_MS } from "./limits.ts";
import { keepMarks } from "./marks.ts";
import { PartitionJudge } from "./partition.ts";
import { pastOf } from "./past.ts";
import { TemplateShelf } from "./template_shelf.ts";

export interface ShareprocDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly pool: string;
  /** Joined to the bus's own log id; see the setting of this name. */
  readonly logEpoch: string | undefined;
}

export interface Shareproc extends Service {
  readonly counts: Counts;
}

/** The consumer group that shares the partitions of share.submissions. */
export const GROUP = "shareproc";

export function createShareproc(deps: ShareprocDeps): Shareproc {
  const counts = new Counts();
  return { name: "shareproc", counts, run: (signal) => run(deps, counts, signal) };
}

async function run(deps: ShareprocDeps, counts: Counts, signal: AbortSignal): Promise<void> {
  const { bus, clock, log, board, pool } = deps;
  const busLogId = await bus.logId();
  const logId = deps.logEpoch === undefined ? busLogId : `${busLogId}.${deps.logEpoch}`;
  const checker = new ShareChecker();
  const coinbases = new Coinbases(checker);
  const book = new JobBook(bus, pool, (job) => coinbases.drop(job), (id, error) => {
    log.error("a job cannot be read", { id, error });
  });
  const templates = new TemplateShelf(bus);
  const judges = new Map<number, PartitionJudge>();

  const context: ShareprocContext = {
    bus,
    clock,
    log,
    board,
    checker,
    coinbases,
    counts,
    logId,
    workBytes: remembered(workBytes),
    jobs: {
      get: (id) => book.get(id),
      has: (id) => book.get(id) !== undefined,
      isAbsent: (id, ms) => book.isAbsent(id, ms),
      arrival: () => book.arrival(),
      needsBack: (partition, ms) => book.needs(partition, ms - REPEAT_HORIZON_MS),
    },
    pastOf: (partition, from) => pastOf(bus, logId, partition, from, book),
  };

  async function assigned(partition: number): Promise<undefined> {
    board.set(`shareproc/partition-${partition}`, "degraded", "Reading what was judged before");
    const start = await rebuild(bus, logId, partition, GROUP);
    await book.cover(partition, (start.firstLoggedAtMs ?? clock.now()) - REPEAT_HORIZON_MS);
    judges.set(partition, new PartitionJudge(context, partition, start));
    board.clear(`shareproc/partition-${partition}`);
    log.info("partition taken", { partition, head: start.head, remembered: start.memory.size });
  }

  function revoked(partition: number): Promise<void> {
    judges.delete(partition);
    book.needs(partition, undefined);
    return Promise.resolve();
  }

  const ready = { jobs: Promise.withResolvers<void>(), templates: Promise.withResolvers<void>() };
  const since = clock.now() - CANDIDATE_HORIZON_MS - REPEAT_HORIZON_MS;
  await runTogether(
    signal,
    (stop) => book.follow(since, stop, ready.jobs.resolve),
    (stop) => templates.follow(clock.now() - TEMPLATE_HORIZON_MS, stop, ready.templates.resolve),
    async (stop) => {
      await untilReady(ready.jobs.promise, stop);
      const options = {
        group: GROUP,
        batchMax: BATCH_MAX,
        signal: stop,
        assigned,
        revoked,
        onTrouble: troubleOnBoard(board, log),
      };
      await bus.consume(shareSubmissions, options, async (batch, handling) => {
        await judges.get(batch.partition)!.handle(batch, handling);
      });
    },
    async (stop) => {
      await untilReady(ready.jobs.promise, stop);
      const parts = { bus, clock, log, board, jobs: book, templates, coinbases, counts };
      await new BlockBuilder(parts).run(stop);
    },
    (stop) => keepMarks({ bus, clock, log, logId, partitions: () => judges.values() }, stop),
  );
}

/** Resolves with `ready`, or when `signal` aborts. */
async function untilReady(ready: Promise<void>, signal: AbortSignal): Promise<void> {
  await Promise.race([ready, aborted(signal)]);
}

/** The same work for the same target: thousands of shares share one. */
function remembered(work: (target: Uint8Array) => Uint8Array): (target: Uint8Array) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (target) => {
    const key = toHex(target);
    let bytes = known.get(key);
    if (bytes === undefined) {
      if (known.size >= TARGETS_MAX) known.clear();
      known.set(key, bytes = work(target));
    }
    return bytes;
  };
}
