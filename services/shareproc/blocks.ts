/**
 * The express lane: a candidate becomes a whole block, byte by byte what the node gave, and goes to `block.solved`.
 * It waits for nothing but its own job and template, and one that waits holds up no other.
 *
 * @module
 */
import { blockCandidates, blockSolved, type Bus, type Message } from "@gopool/bus";
import { displayHash, type Hash, type Network } from "@gopool/chain";
import { type BlockFacts, BlockSolvedSchema, create, toBinary } from "@gopool/proto";
import {
  type Clock,
  keepFollowing,
  type Logger,
  orGiveUp,
  runTogether,
  type StatusBoard,
} from "@gopool/runtime";
import { assembleCandidate } from "./assemble.ts";
import type { Coinbases } from "./coinbases.ts";
import type { Counts } from "./counts.ts";
import type { KnownJob } from "./job_book.ts";
import { CANDIDATE_HORIZON_MS, CANDIDATE_RETRY_MS, DRAIN_MS } from "./limits.ts";
import type { TemplateShelf } from "./template_shelf.ts";
import { Candidates, type Waiting } from "./waiting_candidates.ts";

export interface BlocksDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly jobs: { get(id: string): KnownJob | undefined };
  readonly templates: Pick<TemplateShelf, "get">;
  readonly coinbases: Coinbases;
  readonly counts: Counts;
}

/** Turns candidates into blocks until `signal` aborts. */
export class BlockBuilder {
  readonly #candidates = new Candidates();

  constructor(private readonly deps: BlocksDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.deps;
    const sinceMs = clock.now() - CANDIDATE_HORIZON_MS;
    const [solvedFrom] = await bus.offsetAt(blockSolved, sinceMs);
    for await (const { messages } of bus.read(blockSolved, 0, solvedFrom!)) {
      for (const { key } of messages) this.#candidates.solved(displayHash(key as Hash));
    }
    await runTogether(
      signal,
      (stop) =>
        keepFollowing(this.deps, "shareproc/candidates", stop, (lane) =>
          bus.follow(
            blockCandidates,
            { from: { kind: "time", ms: sinceMs }, batchMax: 16, ...lane },
            async ({ messages }) => {
              await Promise.all(messages.map((message) => this.#take(message, stop)));
            },
          )),
      (stop) => this.#retry(stop),
    );
  }

  async #take(message: Message, signal: AbortSignal): Promise<void> {
    const { counts, log } = this.deps;
    let waiting: Waiting | undefined;
    try {
      waiting = this.#candidates.take(message);
    } catch (error) {
      counts.blocksRefused++;
      log.error("a block candidate cannot be taken", { offset: message.offset, error });
    }
    if (waiting !== undefined) await this.#solve(waiting, signal);
  }

  async #retry(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.deps.clock.sleep(CANDIDATE_RETRY_MS, signal);
      if (signal.aborted) return;
      await Promise.all(this.#candidates.waiting().map((one) => this.#solve(one, signal)));
    }
  }

  /** Builds and publishes one block, or leaves it waiting for its job or template. */
  async #solve(waiting: Waiting, signal: AbortSignal): Promise<void> {
    if (waiting.busy) return;
    waiting.busy = true;
    try {
      if (await this.#isDone(waiting, signal)) {
        this.deps.board.clear(partOf(waiting));
        this.#candidates.drop(waiting);
      }
    } catch (error) {
      if (signal.aborted) return; // it comes again at the next start
      const { message } = error as Error;
      this.#tell(waiting, `could not be published yet: ${message}`);
    } finally {
      waiting.busy = false;
    }
  }

  /** Whether nothing is left to do for it. */
  async #isDone(waiting: Waiting, signal: AbortSignal): Promise<boolean> {
    const { facts, hash } = waiting;
    const { clock, counts, log, jobs, templates } = this.deps;
    if (this.#candidates.isSolved(hash)) return true;
    const job = jobs.get(facts.jobId);
    const templateId = job?.prepared.job.templateId ?? "";
    const template = templateId === "" ? undefined : await templates.get(templateId);
    if (job === undefined || (templateId !== "" && template === undefined)) {
      if (clock.now() - waiting.sinceMs > CANDIDATE_HORIZON_MS) {
        counts.blocksRefused++;
        log.error("a candidate is given up: its job or template never came", { hash });
        this.#candidates.refused(waiting);
        return true;
      }
      this.#tell(
        waiting,
        `waits for ${job === undefined ? `job ${facts.jobId}` : `template ${templateId}`}`,
      );
      return false;
    }
    let block: Uint8Array;
    try {
      block = this.#build(facts, job, template?.transactions ?? []);
    } catch (error) {
      counts.blocksRefused++;
      log.error("a candidate makes no block", { hash, jobId: facts.jobId, error });
      this.#candidates.refused(waiting);
      return true;
    }
    await this.#publish(facts, block, signal);
    this.#candidates.solved(hash);
    counts.blocksSolved++;
    const { height, worker } = facts;
    log.info("block built", { hash, height, bytes: block.length, worker });
    return true;
  }

  /** Publishes as long as it takes; at shutdown, what is under way is waited for only so long. */
  async #publish(facts: BlockFacts, block: Uint8Array, signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.deps;
    const value = toBinary(BlockSolvedSchema, create(BlockSolvedSchema, { facts, block }));
    const published = bus.publish(blockSolved, [{ key: facts.hash, value }], {
      deadlineMs: Infinity,
    });
    await orGiveUp(published, clock, signal, DRAIN_MS);
  }

  #tell(waiting: Waiting, what: string): void {
    const { board, log } = this.deps;
    if (waiting.told === what) return;
    waiting.told = what;
    log.warn(`a candidate ${what}`, { hash: waiting.hash, jobId: waiting.facts.jobId });
    board.set(partOf(waiting), "degraded", `Block ${waiting.hash} ${what}`);
  }

  /** @throws {Error} The candidate does not fit its job: no node would take it. */
  #build(facts: BlockFacts, job: KnownJob, transactions: readonly Uint8Array[]): Uint8Array {
    const { prepared } = job;
    const script = facts.account === ""
      ? null
      : this.deps.coinbases.script(prepared.job.network as Network, facts.account);
    const { block, outputs } = assembleCandidate(facts, prepared, script, transactions);
    facts.outputs = outputs.map((o) => ({ $typeName: "gopool.v1.TxOutput", ...o }));
    facts.height = prepared.job.height;
    facts.snapshotId = prepared.variants.get(facts.variant)!.snapshotId;
    return block;
  }
}

function partOf({ hash }: Waiting): string {
  return `shareproc/block-${hash.slice(-24)}`;
}
