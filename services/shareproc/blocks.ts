/**
 * The express lane: a candidate becomes a whole block, byte by byte what the node gave, and goes to `block.solved`.
 * It waits for nothing but its own job and template, and one that waits holds up no other.
 *
 * @module
 */
import { blockCandidates, blockSolved, type Bus, type Message } from "@gopool/bus";
import { displayHash, type Hash, type Network } from "@gopool/chain";
import {
  BlockCandidateSchema,
  type BlockFacts,
  BlockSolvedSchema,
  create,
  fromBinary,
  toBinary,
} from "@gopool/proto";
import type { Clock, Logger, StatusBoard } from "@gopool/runtime";
import { assembleCandidate } from "./assemble.ts";
import type { Coinbases } from "./coinbases.ts";
import type { Counts } from "./counts.ts";
import type { KnownJob } from "./job_book.ts";
import { CANDIDATE_HORIZON_MS, CANDIDATE_RETRY_MS, SOLVED_MAX } from "./limits.ts";
import type { TemplateShelf } from "./template_shelf.ts";

export interface BlocksDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly jobs: { get(id: string): KnownJob | undefined };
  readonly templates: TemplateShelf;
  readonly coinbases: Coinbases;
  readonly counts: Counts;
}

interface Waiting {
  readonly facts: BlockFacts;
  readonly key: Uint8Array;
  told: boolean;
}

/** Turns candidates into blocks until `signal` aborts. */
export class BlockBuilder {
  /** Hashes that stand on block.solved, or that can make no block. */
  readonly #done = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(private readonly deps: BlocksDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.deps;
    const sinceMs = clock.now() - CANDIDATE_HORIZON_MS;
    const [solvedFrom] = await bus.offsetAt(blockSolved, sinceMs);
    for await (const { messages } of bus.read(blockSolved, 0, solvedFrom!)) {
      for (const { key } of messages) this.#remember(displayHash(key as Hash));
    }
    const following = bus.follow(blockCandidates, {
      from: { kind: "time", ms: sinceMs },
      batchMax: 16,
      signal,
    }, async ({ messages }) => {
      for (const message of messages) await this.#take(message, signal);
    });
    await Promise.all([following, this.#retry(signal)]);
  }

  async #take(message: Message, signal: AbortSignal): Promise<void> {
    try {
      const { facts } = fromBinary(BlockCandidateSchema, message.value);
      if (facts === undefined) throw new Error("it carries no facts");
      const hash = displayHash(facts.hash as Hash);
      if (this.#done.has(hash) || this.#waiting.has(hash)) return;
      // T is the log time of the first record: the spool's repeats come later and change nothing.
      facts.foundAtMs = BigInt(message.loggedAtMs);
      this.#waiting.set(hash, { facts, key: facts.hash, told: false });
      await this.#solve(hash, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.deps.counts.blocksRefused++;
      this.deps.log.error("a block candidate cannot be read", { offset: message.offset, error });
    }
  }

  async #retry(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.deps.clock.sleep(CANDIDATE_RETRY_MS, signal);
      for (const hash of [...this.#waiting.keys()]) {
        if (!signal.aborted) await this.#solve(hash, signal);
      }
    }
  }

  /** Builds and publishes one block, or leaves it waiting for its job or template. */
  async #solve(hash: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(hash);
    if (waiting === undefined) return;
    const { bus, log, counts, board } = this.deps;
    const { facts } = waiting;
    const part = `shareproc/block-${hash.slice(0, 24)}`;
    try {
      const job = this.deps.jobs.get(facts.jobId);
      const templateId = job?.prepared.job.templateId ?? "";
      const template = templateId === "" ? undefined : await this.deps.templates.get(templateId);
      if (job === undefined || (templateId !== "" && template === undefined)) {
        if (!waiting.told) log.warn("a candidate waits", { hash, jobId: facts.jobId, templateId });
        waiting.told = true;
        board.set(
          part,
          "degraded",
          `Block ${hash} waits for ${
            job === undefined ? `job ${facts.jobId}` : `template ${templateId}`
          }`,
        );
        return;
      }
      const block = this.#build(facts, job, template?.transactions ?? []);
      const value = toBinary(BlockSolvedSchema, create(BlockSolvedSchema, { facts, block }));
      await bus.publish(blockSolved, [{ key: waiting.key, value }], { deadlineMs: Infinity });
      counts.blocksSolved++;
      log.info("block built", {
        hash,
        height: facts.height,
        bytes: block.length,
        worker: facts.worker,
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CandidateRefused)) {
        log.error("a block could not be published yet", { hash, error });
        return; // stays waiting: tried again
      }
      counts.blocksRefused++;
      log.error("a candidate makes no block", { hash, error });
    }
    board.clear(part);
    this.#waiting.delete(hash);
    this.#remember(hash);
  }

  #remember(hash: string): void {
    if (this.#done.size >= SOLVED_MAX) this.#done.delete(this.#done.values().next().value!);
    this.#done.add(hash);
  }

  /** @throws {CandidateRefused} The candidate does not fit its job: no node would take it. */
  #build(facts: BlockFacts, job: KnownJob, transactions: readonly Uint8Array[]): Uint8Array {
    const { prepared } = job;
    try {
      const script = facts.account === ""
        ? null
        : this.deps.coinbases.script(prepared.job.network as Network, facts.account);
      const { block, outputs } = assembleCandidate(facts, prepared, script, transactions);
      facts.outputs = outputs.map((o) => ({ $typeName: "gopool.v1.TxOutput", ...o }));
      facts.height = prepared.job.height;
      facts.snapshotId = prepared.variants.get(facts.variant)!.snapshotId;
      return block;
    } catch (error) {
      throw new CandidateRefused(`Candidate for job ${facts.jobId}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

class CandidateRefused extends Error {
  override name = "CandidateRefused";
}
