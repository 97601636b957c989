/**
 * The way of a candidate: to the spool first, then to the log, again and again until `block.found` names it; and by
 * the second road to the judges where the log does not have it at once.
 *
 * @module
 */
import { blockCandidates, type Bus } from "@gopool/bus";
import { coinbaseOutputs, type Sats } from "@gopool/chain";
import { type BlockCandidate, BlockCandidateSchema, create, fromBinary } from "@gopool/proto";
import { type Clock, type Logger, type Road, SecondRoad } from "@gopool/runtime";
import type { JobForm } from "./jobs.ts";
import { SPOOL_REPEAT_BATCH, SPOOL_REPEAT_MS } from "./limits.ts";
import { type Spool, type Spooled, SpoolFault } from "./spool.ts";

/** What is known of a share whose hash meets the network target. Bytes are copies: they outlive the batch. */
export interface Hit {
  readonly form: JobForm;
  readonly account: string;
  readonly worker: string;
  readonly session: string;
  readonly extranonce1: Uint8Array;
  readonly extranonce2: Uint8Array;
  /** 80 bytes. */
  readonly header: Uint8Array;
  readonly hash: Uint8Array;
  readonly receivedAtMs: number;
}

export interface CandidatesDeps {
  /** Blocks have their own producer and connection where the bus has such a thing. */
  readonly bus: Bus;
  readonly spool: Spool;
  /** To the judges, beside the bus; null where there is none. */
  readonly road: Road<BlockCandidate> | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: string;
  readonly gateway: string;
}

export class Candidates {
  /** Publishes under way, by candidate. */
  readonly #flying = new Map<string, Promise<void>>();
  readonly #secondRoad: SecondRoad<BlockCandidate>;
  #found = 0;

  constructor(private readonly deps: CandidatesDeps) {
    this.#secondRoad = new SecondRoad({ ...deps, noun: "candidate" });
  }

  /** Candidates since the start. */
  get count(): number {
    return this.#found;
  }

  /** Candidates that a judge had before the log did. */
  get bySecondRoad(): number {
    return this.#secondRoad.taken;
  }

  /** Candidates whose end is not known. */
  get open(): number {
    return this.deps.spool.size;
  }

  /** Takes a hit: when it returns the candidate is on disk, and on its way to the log (see `settled`). */
  take(hit: Hit): void {
    const { spool, log } = this.deps;
    this.#found++;
    const candidate = this.#candidate(hit);
    try {
      const entry = spool.put(candidate);
      if (entry === null) return;
      log.info("candidate", { hash: entry.id, height: candidate.facts!.height });
      this.#publish(entry);
    } catch (error) {
      // A disk that fails must not cost the block: it goes out all the same, from memory.
      log.error("candidate is not safe on disk", { error: error as Error });
      if (error instanceof SpoolFault) this.#publish(error.entry);
    }
  }

  /** The pool knows what became of it. */
  async clear(id: string): Promise<void> {
    this.#secondRoad.end(id);
    if (await this.deps.spool.clear(id)) this.deps.log.info("candidate settled", { hash: id });
  }

  /**
   * Publishes all that is not settled at the start, and again a part of it every SPOOL_REPEAT_MS, each in its turn:
   * none waits behind others that stay.
   */
  async repeat(signal: AbortSignal): Promise<void> {
    for (const entry of this.deps.spool.entries()) this.#publish(entry);
    let turn: Spooled[] = [];
    while (!signal.aborted) {
      await this.deps.clock.sleep(SPOOL_REPEAT_MS, signal);
      if (signal.aborted) return;
      if (turn.length === 0) turn = [...this.deps.spool.entries()];
      for (const entry of turn.splice(0, SPOOL_REPEAT_BATCH)) {
        if (this.deps.spool.has(entry.id)) this.#publish(entry);
      }
    }
  }

  /** Resolves when every publish under way has come back. */
  async settled(): Promise<void> {
    await Promise.all(this.#flying.values());
  }

  /** Nobody is given anything any more: what is open is published again at the next start. */
  async close(): Promise<void> {
    await this.#secondRoad.close();
  }

  #publish(entry: Spooled): void {
    if (this.#flying.has(entry.id)) return;
    const { bus, log } = this.deps;
    const publishing = bus.publish(
      blockCandidates,
      [{ key: entry.hash, value: entry.bytes }],
      { deadlineMs: Infinity },
    );
    this.#secondRoad.watch(
      entry.id,
      () => fromBinary(BlockCandidateSchema, entry.bytes),
      publishing,
    );
    const flight = publishing.then(
      () => {},
      // The next round publishes it again: readers drop what they have.
      (error) => log.warn("candidate not published yet", { hash: entry.id, error: error as Error }),
    ).finally(() => this.#flying.delete(entry.id));
    this.#flying.set(entry.id, flight);
  }

  #candidate(hit: Hit): BlockCandidate {
    const { form } = hit;
    const { job } = form.job;
    return create(BlockCandidateSchema, {
      session: hit.session,
      receivedAtMs: BigInt(hit.receivedAtMs),
      facts: {
        pool: this.deps.pool,
        gateway: this.deps.gateway,
        jobId: job.id,
        variant: form.recipe.id,
        snapshotId: form.recipe.snapshotId,
        account: hit.account,
        worker: hit.worker,
        extranonce1: hit.extranonce1,
        extranonce2: hit.extranonce2,
        header: hit.header,
        hash: hit.hash,
        height: job.height,
        outputs: coinbaseOutputs(form.recipe, job.coinbaseValue as Sats, form.accountScript),
      },
    });
  }
}
