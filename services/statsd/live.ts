/**
 * What the pool does now, told each second on stats.live by whoever leads; and what it looked like at the end of each
 * minute, into the store.
 *
 * A leader begins by reading the last ten minutes of the share topics, and says nothing before it has: figures of a part
 * would be wrong ones.
 *
 * @module
 */
import {
  blockFound,
  type Bus,
  decode,
  encodeRecord,
  type Message,
  miningJobs,
  statsLive,
} from "@gopool/bus";
import { asHash, difficultyFromBits, displayHash } from "@gopool/chain";
import { BlockOutcome, type MessageInitShape, type StatsLiveSchema } from "@gopool/proto";
import {
  type Clock,
  keepFollowing,
  type Logger,
  runTogether,
  type StatusBoard,
} from "@gopool/runtime";
import type { Figures, Series } from "@gopool/series";
import { MalformedShare, StatisticsReader } from "@gopool/shares";
import {
  FIGURES_WAITING_MAX,
  LIVE_ACTIVE_MAX,
  LIVE_BATCH_MAX,
  LIVE_DEADLINE_MS,
  LIVE_EVERY_MS,
  LIVE_SWEEP,
  LIVE_WINDOW_MS,
  MINUTE_MS,
} from "./limits.ts";
import { type LiveAccount, LiveRings, told } from "./live_ring.ts";
import { difficultyOf, sharesOf } from "./part.ts";
import { type Source, SOURCES } from "./sources.ts";

export interface LiveDeps {
  readonly bus: Bus;
  readonly series: Pick<Series, "writeFigures">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly pool: string;
  /** The end of the newest minute that stays as it is; 0: not known. */
  readonly settledMs: () => number;
}

const PART = "statsd/live";

export class Live {
  readonly rings = new LiveRings();
  /** Records that were told. */
  told = 0;
  #height = 0;
  #networkDifficulty = 0;
  #lastBlock: { readonly atMs: number; readonly hash: Uint8Array } | null = null;
  /** Highest source offset seen, by log and partition of each topic: what is published again is not seen again. */
  readonly #seen = new Map<string, number>();
  readonly #reader = new StatisticsReader();
  readonly #ready = new Set<string>();
  readonly #figures: Figures[] = [];

  constructor(private readonly deps: LiveDeps) {}

  /** Follows the topics, and tells each second once all of them are read. Ends with `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    await runTogether(
      signal,
      ...SOURCES.map((source) => (stop: AbortSignal) => this.#followShares(source, stop)),
      (stop) => this.#followJobs(stop),
      (stop) => this.#followBlocks(stop),
      (stop) => this.#tell(stop),
      (stop) => this.#keepWritingFigures(stop),
    );
  }

  /** The record of this moment. Whom it names is told. */
  record(): MessageInitShape<typeof StatsLiveSchema> {
    const { clock, pool, settledMs } = this.deps;
    const nowMs = clock.now();
    const active = [...this.rings.takeActive()]
      .sort((a, b) => b.workSince - a.workSince || b.rejects - a.rejects);
    const named = active.slice(0, LIVE_ACTIVE_MAX).map((account) =>
      this.#accountLive(account, nowMs)
    );
    for (const account of active) told(account);
    const now = this.rings.pool(nowMs);
    return {
      pool,
      atMs: BigInt(nowMs),
      hashrate: now.hashrate,
      standardError: now.standardError,
      workers: now.workers,
      accounts: now.accounts,
      sharesPerSecond: now.sharesPerSecond,
      rejectsPerSecond: now.rejectsPerSecond,
      height: this.#height,
      networkDifficulty: this.#networkDifficulty,
      active: named,
      leftOut: active.length - named.length,
      lastBlock: this.#lastBlock?.hash ?? new Uint8Array(),
      settledUntilMs: BigInt(settledMs()),
    };
  }

  #accountLive(account: LiveAccount, nowMs: number) {
    const { shares, rejects, difficulty } = account;
    return {
      account: account.account,
      shares,
      rejects,
      difficulty,
      ...this.rings.of(account, nowMs),
    };
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { clock, bus, log, board, pool } = this.deps;
    // Every reader has to be through with what was there.
    const readers = SOURCES.length + 2;
    let minuteMs = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS;
    while (!signal.aborted) {
      await clock.sleep(LIVE_EVERY_MS, signal);
      if (signal.aborted) return;
      const thisMinuteMs = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS;
      const isOver = thisMinuteMs > minuteMs;
      if (this.#ready.size === readers) {
        try {
          const record = encodeRecord(statsLive, this.record(), { key: pool });
          await bus.publish(statsLive, [record], { deadlineMs: LIVE_DEADLINE_MS });
          this.told++;
          board.clear(PART);
        } catch (error) {
          // The next record says more than this one would have.
          const words = error instanceof Error ? error.message : String(error);
          board.set(PART, "degraded", `Nothing is told on ${statsLive.name}: ${words}`);
          log.debug("live figures were not told", { error });
        }
        if (isOver) this.#noteFigures(thisMinuteMs - MINUTE_MS);
      }
      minuteMs = thisMinuteMs;
      this.rings.sweep(clock.now(), LIVE_SWEEP);
    }
  }

  #noteFigures(minuteMs: number): void {
    const { hashrate, accounts, workers } = this.rings.pool(this.deps.clock.now());
    const height = this.#height;
    const networkDifficulty = this.#networkDifficulty;
    this.#figures.push({ minuteMs, hashrate, accounts, workers, height, networkDifficulty });
    if (this.#figures.length > FIGURES_WAITING_MAX) this.#figures.shift();
  }

  /** By itself: a store that takes its time to answer holds up nothing that is told. */
  async #keepWritingFigures(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#writeFigures();
      await this.deps.clock.sleep(LIVE_EVERY_MS, signal);
    }
  }

  /** The oldest that waits; a store that is away is asked again a second later. */
  async #writeFigures(): Promise<void> {
    const [oldest] = this.#figures;
    if (oldest === undefined) return;
    try {
      await this.deps.series.writeFigures(oldest);
      // Unless it had to make room meanwhile.
      if (this.#figures[0] === oldest) this.#figures.shift();
    } catch (error) {
      this.deps.log.debug("figures of a minute were not written, will be again", { error });
    }
  }

  async #followShares(source: Source, signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.deps;
    const { topic, status } = source;
    const isValid = status === "valid";
    await this.#follow(topic.name, signal, async (lane) => {
      const partitions = await bus.partitions(topic);
      const through = new Set<number>();
      await bus.follow(topic, {
        ...lane,
        from: { kind: "time", ms: clock.now() - LIVE_WINDOW_MS },
        batchMax: LIVE_BATCH_MAX,
        caughtUp(partition) {
          through.add(partition);
          if (through.size === partitions) lane.caughtUp();
        },
      }, ({ messages }) => {
        const nowMs = clock.now();
        for (const { value } of messages) this.#share(status, isValid, value, nowMs);
        return Promise.resolve();
      });
    });
  }

  #share(status: string, isValid: boolean, value: Uint8Array, nowMs: number): void {
    let share;
    try {
      share = this.#reader.read(value);
    } catch (error) {
      // Told by who counts it.
      if (error instanceof MalformedShare) return;
      throw error;
    }
    if (share.mark || share.isNote || share.pool !== this.deps.pool) return;
    const shares = sharesOf(share);
    if (shares === 0 || !this.#isNew(status, share)) return;
    const { account, worker, loggedAtMs } = share;
    const work = isValid ? share.work : 0;
    const difficulty = difficultyOf(share);
    this.rings.add({ account, worker, isValid, shares, work, difficulty, loggedAtMs }, nowMs);
  }

  #isNew(
    status: string,
    share: {
      readonly logId: string;
      readonly sourcePartition: number;
      readonly sourceOffset: number;
    },
  ): boolean {
    const place = `${status}/${share.sourcePartition}/${share.logId}`;
    const highest = this.#seen.get(place);
    if (highest !== undefined && share.sourceOffset <= highest) return false;
    this.#seen.set(place, share.sourceOffset);
    return true;
  }

  async #followJobs(signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.deps;
    const take = ({ value }: Message) => {
      const job = decode(miningJobs, value);
      if (job.pool !== this.deps.pool) return;
      this.#height = job.height;
      this.#networkDifficulty = difficultyFromBits(job.nbits);
    };
    await this.#follow(miningJobs.name, signal, async (lane) => {
      const from = { kind: "time", ms: clock.now() - LIVE_WINDOW_MS } as const;
      // While no node is to be had there may be none in the window.
      const last = await bus.last(miningJobs, 0);
      if (last !== null) this.#orPass(miningJobs.name, last, take);
      await bus.follow(miningJobs, { ...lane, from, batchMax: LIVE_BATCH_MAX }, ({ messages }) => {
        for (const message of messages) this.#orPass(miningJobs.name, message, take);
        return Promise.resolve();
      });
    });
  }

  async #followBlocks(signal: AbortSignal): Promise<void> {
    const { bus } = this.deps;
    const take = ({ value, loggedAtMs }: Message) => {
      const { facts, outcome } = decode(blockFound, value);
      if (facts?.pool !== this.deps.pool || outcome !== BlockOutcome.ACCEPTED) return;
      const hash = asHash(facts.hash);
      const atMs = Number(facts.foundAtMs) || loggedAtMs;
      if (this.#lastBlock !== null && atMs < this.#lastBlock.atMs) return;
      this.deps.log.debug("the newest block", { hash: displayHash(hash) });
      this.#lastBlock = { atMs, hash };
    };
    await this.#follow(blockFound.name, signal, (lane) =>
      bus.follow(
        blockFound,
        // Few enough to be read from their beginning.
        { ...lane, from: { kind: "earliest" }, batchMax: LIVE_BATCH_MAX },
        ({ messages }) => {
          for (const message of messages) this.#orPass(blockFound.name, message, take);
          return Promise.resolve();
        },
      ));
  }

  #orPass(topic: string, message: Message, take: (message: Message) => void): void {
    try {
      take(message);
    } catch (error) {
      this.deps.log.warn("a record cannot be read", { topic, offset: message.offset, error });
    }
  }

  #follow(
    name: string,
    signal: AbortSignal,
    follow: Parameters<typeof keepFollowing>[3],
  ): Promise<void> {
    return keepFollowing(this.deps, `${PART} on ${name}`, signal, follow, () => {
      this.#ready.add(name);
    });
  }
}
