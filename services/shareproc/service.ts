/**
 * shareproc: judges every submitted share a second time and passes on those that count; puts blocks together.
 *
 * @module
 */
import { type Bus, shareSubmissions } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import type { BlockCandidate, BlockSolved } from "@gopool/proto";
import { REPEAT_HORIZON_MS, ShareChecker } from "@gopool/shares";
import {
  aborted,
  type Clock,
  keepFollowing,
  type Logger,
  type Metrics,
  noMetrics,
  orGiveUp,
  type Road,
  runTogether,
  type Service,
  type StatusBoard,
  troubleOnBoard,
} from "@gopool/runtime";
import { BlockBuilder, NotWorking } from "./blocks.ts";
import { rebuild } from "./chain_of_valid.ts";
import { Coinbases } from "./coinbases.ts";
import type { ShareprocContext } from "./context.ts";
import { Counts } from "./counts.ts";
import { JobBook } from "./job_book.ts";
import { workBytes } from "./judge_run.ts";
import { BATCH_MAX, DRAIN_MS, TARGETS_MAX } from "./limits.ts";
import { keepMarks } from "./marks.ts";
import { shareprocMetrics } from "./metrics.ts";
import { PartitionJudge } from "./partition.ts";
import { pastOf } from "./past.ts";
import type { RecentCandidate } from "./recent_candidates.ts";
import { TemplateShelf } from "./template_shelf.ts";
import { partitionPart } from "./waiting.ts";

export interface ShareprocDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly pool: string;
  /** Joined to the bus's own log id; see the setting of this name. */
  readonly logEpoch: string | undefined;
  /** The second road of blocks, to the submitters; without one they have the bus alone. */
  readonly road?: Road<BlockSolved>;
  readonly metrics?: Metrics;
}

export interface Shareproc extends Service {
  readonly counts: Counts;
  /** What it holds now; null while it does not run. */
  view(): ShareprocView | null;
  /**
   * Takes a candidate that came by the second road as one that came from the log.
   *
   * @returns Whether it was not known here.
   * @throws {NotWorking} It takes none now.
   * @throws {Error} It is not the header that its hash says, or too many wait.
   */
  give(candidate: BlockCandidate): boolean;
}

/** A judge at work, for people who ask. */
export interface ShareprocView {
  /** The partitions it has, in no order. */
  partitions(): Iterable<
    Pick<PartitionJudge, "partition" | "next" | "head" | "loggedAtMs" | "remembered">
  >;
  /** Its last candidates, the newest first, of those before `number`. */
  candidates(number: number, count: number): readonly RecentCandidate[];
  /** Jobs that shares can be judged by. */
  readonly jobs: number;
  /** Templates in memory: what a block needs while the bus is away. */
  readonly templates: number;
  /** Coinbases registered with the checker. */
  readonly coinbases: number;
  /** Blocks that a submitter had before the log did. */
  readonly blocksBySecondRoad: number;
}

/** The consumer group that shares the partitions of share.submissions. */
export const GROUP = "shareproc";

export function createShareproc(deps: ShareprocDeps): Shareproc {
  const counts = new Counts();
  let life: Life | null = null;
  const view = () => life?.view ?? null;
  shareprocMetrics({ metrics: deps.metrics ?? noMetrics, board: deps.board, counts, view });
  return {
    name: "shareproc",
    counts,
    async run(signal) {
      try {
        await run(deps, counts, signal, (begun) => life = begun);
      } finally {
        life = null;
      }
    },
    view,
    give(candidate) {
      if (life === null) throw new NotWorking();
      return life.builder.give(candidate);
    },
  };
}

/** What one run has, from when it can be asked. */
interface Life {
  readonly view: ShareprocView;
  readonly builder: BlockBuilder;
}

async function run(
  deps: ShareprocDeps,
  counts: Counts,
  signal: AbortSignal,
  begun: (life: Life) => void,
): Promise<void> {
  const { bus, clock, log, board, pool } = deps;
  const busLogId = await bus.logId();
  const logId = deps.logEpoch === undefined ? busLogId : `${busLogId}.${deps.logEpoch}`;
  const checker = new ShareChecker();
  const coinbases = new Coinbases(checker);
  const book = new JobBook(bus, pool, {
    dropped: (job) => coinbases.drop(job),
    malformed: (id, error) => log.error("a job cannot be used", { id, error }),
  });
  const templates = new TemplateShelf(bus, (offset, error) => {
    log.error("a template cannot be read", { offset, error });
  });
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
      find: (id, ms) => book.find(id, ms),
      arrival: () => book.arrival(),
      needsBack: (partition, ms) => book.needs(partition, ms - REPEAT_HORIZON_MS),
    },
    pastOf: (partition, from, stop) => pastOf(bus, logId, partition, from, book, stop),
  };

  async function assigned(partition: number, stop: AbortSignal): Promise<undefined> {
    board.set(partitionPart(partition), "degraded", "Reading what was judged before");
    try {
      const start = await rebuild(bus, logId, partition, GROUP, stop);
      if (start.sinceMs !== undefined) {
        await book.cover(partition, start.sinceMs - REPEAT_HORIZON_MS);
      }
      judges.set(partition, new PartitionJudge(context, partition, start));
      log.info("partition taken", { partition, head: start.head, remembered: start.memory.size });
    } catch (error) {
      // Tried again, or taken away before it was given: nobody will call revoked for it.
      book.needs(partition, undefined);
      throw error;
    } finally {
      board.clear(partitionPart(partition));
    }
  }

  async function revoked(partition: number): Promise<void> {
    const judge = judges.get(partition);
    judges.delete(partition);
    book.needs(partition, undefined);
    board.clear(partitionPart(partition));
    await letGo(judge?.end());
  }

  /**
   * At the end of the process a publish in hand is waited for no longer than DRAIN_MS: its batch comes again. Where a
   * partition only goes to another member, all is waited for: nothing of this one's may follow what that one writes.
   */
  async function letGo(work: Promise<void> | undefined): Promise<void> {
    if (work !== undefined) await orGiveUp(work, clock, signal, DRAIN_MS);
  }

  const road = deps.road ?? null;
  const parts = { bus, clock, log, board, jobs: book, templates, coinbases, counts, road };
  const builder = new BlockBuilder(parts);
  begun({
    builder,
    view: {
      partitions: () => judges.values(),
      candidates: (number, count) => builder.recent(number, count),
      get jobs() {
        return book.size;
      },
      get templates() {
        return templates.held;
      },
      get coinbases() {
        return coinbases.count;
      },
      get blocksBySecondRoad() {
        return builder.bySecondRoad;
      },
    },
  });

  const ready = Promise.withResolvers<void>();
  const lanes = { clock, log, board };
  await runTogether(
    signal,
    (stop) =>
      keepFollowing(lanes, "shareproc/jobs", stop, (lane) => book.follow(lane), ready.resolve),
    (stop) => keepFollowing(lanes, "shareproc/templates", stop, (lane) => templates.follow(lane)),
    async (stop) => {
      await untilReady(ready.promise, stop);
      const options = {
        group: GROUP,
        batchMax: BATCH_MAX,
        signal: stop,
        assigned,
        revoked,
        onTrouble: troubleOnBoard(board, log),
      };
      await bus.consume(shareSubmissions, options, async (batch, handling) => {
        await letGo(judges.get(batch.partition)!.handle(batch, handling));
      });
    },
    async (stop) => {
      await untilReady(ready.promise, stop);
      await builder.run(stop);
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
