/**
 * What the gateway reads: jobs, and what became of blocks.
 *
 * @module
 */
import { blockFound, type Bus, type ConsumeTrouble, decode, miningJobs } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import type { Clock, Logger, StatusBoard } from "@gopool/runtime";
import { JOB_MAX_LIFE_MS } from "@gopool/shares";
import type { Candidates } from "./candidates.ts";
import type { Gateway } from "./gateway.ts";
import type { GatewayJob, JobTable } from "./jobs.ts";
import type { Spool } from "./spool.ts";

/** Outcomes are read from this long before the oldest spooled candidate: clocks of two machines differ. */
const FOUND_LOOKBACK_MS = 3_600_000;

/** Messages of one batch: a start reads some forty jobs. */
const BATCH_MAX = 100;

export interface FeedsDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly jobs: JobTable;
  readonly gateway: Gateway;
  readonly candidates: Candidates;
  readonly spool: Spool;
  /** Told of each job that was sent to the sessions. */
  readonly onSent: (job: GatewayJob) => void;
}

export class Feeds {
  readonly #first = Promise.withResolvers<void>();
  #caughtUp = false;

  constructor(private readonly deps: FeedsDeps) {}

  /** Resolves when the past is read and there is a job. */
  get firstJob(): Promise<void> {
    return this.#first.promise;
  }

  /** Follows `mining.jobs` from JOB_MAX_LIFE back: shares for older jobs are refused whatever they are. */
  async jobs(signal: AbortSignal): Promise<void> {
    const { bus, clock, jobs } = this.deps;
    await bus.follow(miningJobs, {
      from: { kind: "time", ms: clock.now() - JOB_MAX_LIFE_MS },
      batchMax: BATCH_MAX,
      signal,
      caughtUp: () => {
        this.#caughtUp = true;
        if (jobs.current !== null) this.#first.resolve();
      },
      onTrouble: (trouble) => this.#tell("jobs", trouble),
    }, (batch) => {
      for (const { value, loggedAtMs } of batch.messages) this.#takeJob(value, loggedAtMs);
      return Promise.resolve();
    });
  }

  /** Follows `block.found` from before the oldest candidate whose end is not known. */
  async found(signal: AbortSignal): Promise<void> {
    const { bus, clock, log, spool, candidates } = this.deps;
    const since = Math.min(clock.now(), spool.oldestMs() ?? Infinity) - FOUND_LOOKBACK_MS;
    await bus.follow(blockFound, {
      from: { kind: "time", ms: since },
      batchMax: BATCH_MAX,
      signal,
      onTrouble: (trouble) => this.#tell("blocks", trouble),
    }, async (batch) => {
      for (const { value } of batch.messages) {
        let facts;
        try {
          ({ facts } = decode(blockFound, value));
        } catch (error) {
          // One record that nobody can read must not hold up those behind it.
          log.error("a block's outcome cannot be read", { error: error as Error });
        }
        if (facts !== undefined) await candidates.clear(displayHash(facts.hash as Hash));
      }
    });
  }

  #takeJob(value: Uint8Array, loggedAtMs: number): void {
    const { jobs, clock, log, gateway, onSent } = this.deps;
    let job;
    try {
      job = jobs.take(decode(miningJobs, value), loggedAtMs, clock.now());
    } catch (error) {
      log.error("a job cannot be used", { error: error as Error });
      return;
    }
    if (typeof job === "string") {
      if (job === "lower-term") log.warn("a job of a deposed leader was ignored");
      return;
    }
    if (!this.#caughtUp) return;
    gateway.send(job);
    onSent(job);
    this.#first.resolve();
  }

  #tell(part: "jobs" | "blocks", trouble: ConsumeTrouble): void {
    const { board } = this.deps;
    const key = `stratumd/${part}`;
    if (trouble.kind === "recovered") {
      board.set(key, "ok", "reading");
      return;
    }
    // Without the bus there is no new work, and no share that could be stored. Candidates wait in the spool.
    const health = part === "jobs" || trouble.kind === "fault" ? "down" : "degraded";
    board.set(key, health, trouble.error?.message ?? trouble.kind);
  }
}
