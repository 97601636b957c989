/**
 * The express lane: a candidate becomes a whole block, byte by byte what the node gave, and goes to `block.solved`.
 * It waits for nothing but its own job and template, and one that waits holds up no other. Where the bus is away it
 * comes, and its block goes, by the second road: job and template are in memory.
 *
 * @module
 */
import { blockCandidates, blockSolved, type Bus, type Message } from "@gopool/bus";
import { displayHash, type Hash, type Network } from "@gopool/chain";
import {
  type BlockCandidate,
  type BlockFacts,
  type BlockSolved,
  BlockSolvedSchema,
  create,
  toBinary,
} from "@gopool/proto";
import {
  type Clock,
  keepFollowing,
  type Logger,
  orGiveUp,
  type Road,
  runTogether,
  SecondRoad,
  type StatusBoard,
} from "@gopool/runtime";
import { assembleCandidate } from "./assemble.ts";
import type { Coinbases } from "./coinbases.ts";
import type { Counts } from "./counts.ts";
import type { KnownJob } from "./job_book.ts";
import { BUILT_MAX, CANDIDATE_HORIZON_MS, CANDIDATE_RETRY_MS, DRAIN_MS } from "./limits.ts";
import type { RecentCandidate } from "./recent_candidates.ts";
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
  /** To the submitters, beside the bus; null where there is none. */
  readonly road: Road<BlockSolved> | null;
}

/** Turns candidates into blocks until `signal` aborts. */
export class BlockBuilder {
  readonly #candidates = new Candidates();
  readonly #secondRoad: SecondRoad<BlockSolved>;
  /** What is being done about candidates now. */
  readonly #solving = new Set<Promise<void>>();
  /** Blocks in memory that the bus has not confirmed. */
  #built = 0;
  #signal: AbortSignal | null = null;

  constructor(private readonly deps: BlocksDeps) {
    this.#secondRoad = new SecondRoad({ ...deps, noun: "block" });
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    try {
      await runTogether(signal, (stop) => this.#read(stop), (stop) => this.#retry(stop));
    } finally {
      this.#signal = null;
      // What is under way has its DRAIN_MS on both roads: without the bus the second one is the only one.
      await Promise.all(this.#solving);
      await this.#secondRoad.close();
    }
  }

  /**
   * Takes a candidate that came by the second road as one that came from the log.
   *
   * @returns Whether it was not known here.
   * @throws {NotWorking} Candidates are not taken now.
   * @throws {Error} It is not the header that its hash says, or too many wait.
   */
  give(candidate: BlockCandidate): boolean {
    if (this.#signal === null || this.#signal.aborted) throw new NotWorking();
    const waiting = this.#candidates.given(candidate, this.deps.clock.now());
    if (waiting === undefined) return false;
    this.#begin(waiting, this.#signal);
    return true;
  }

  /** The newest first, of those before `number`. */
  recent(number: number, count: number): RecentCandidate[] {
    return this.#candidates.recent.before(number, count);
  }

  /** Blocks that a submitter had before the log did. */
  get bySecondRoad(): number {
    return this.#secondRoad.taken;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.deps;
    const sinceMs = clock.now() - CANDIDATE_HORIZON_MS;
    const [solvedFrom] = await bus.offsetAt(blockSolved, sinceMs);
    for await (const { messages } of bus.read(blockSolved, 0, solvedFrom!)) {
      for (const { key } of messages) this.#candidates.solved(displayHash(key as Hash));
    }
    await keepFollowing(this.deps, "shareproc/candidates", signal, (lane) =>
      bus.follow(
        blockCandidates,
        { from: { kind: "time", ms: sinceMs }, batchMax: 16, ...lane },
        async ({ messages }) => {
          await Promise.all(messages.map((message) => this.#take(message, signal)));
        },
      ));
  }

  async #take(message: Message, signal: AbortSignal): Promise<void> {
    const { clock, counts, log } = this.deps;
    let waiting: Waiting | undefined;
    try {
      waiting = this.#candidates.take(message, clock.now());
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
      // Not waited for: one whose block the bus does not take must not keep the others from theirs.
      for (const one of this.#candidates.waiting()) if (!one.busy) this.#begin(one, signal);
    }
  }

  #begin(waiting: Waiting, signal: AbortSignal): void {
    const solving = this.#solve(waiting, signal).finally(() => this.#solving.delete(solving));
    this.#solving.add(solving);
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
        return this.#end(waiting, "given-up", "its job or template never came");
      }
      this.#tell(
        waiting,
        `waits for ${job === undefined ? `job ${facts.jobId}` : `template ${templateId}`}`,
      );
      return false;
    }
    if (this.#built >= BUILT_MAX) {
      this.#tell(waiting, `waits for the bus to take ${BUILT_MAX} blocks before it`);
      return false;
    }
    let block: Uint8Array;
    try {
      block = this.#build(facts, job, template?.transactions ?? []);
    } catch (error) {
      counts.blocksRefused++;
      log.error("a candidate makes no block", { hash, jobId: facts.jobId, error });
      return this.#end(waiting, "refused", (error as Error).message);
    }
    await this.#publish(waiting, block, signal);
    this.#candidates.solved(hash);
    counts.blocksSolved++;
    const { height, worker } = facts;
    log.info("block built", { hash, height, bytes: block.length, worker });
    return true;
  }

  /** It makes no block: nothing is left to do for it. */
  #end(waiting: Waiting, state: "refused" | "given-up", why: string): true {
    this.#candidates.refused(waiting);
    Object.assign(waiting.recent, { state, detail: why });
    return true;
  }

  /**
   * Publishes as long as it takes, and gives it by the second road where it takes too long; at shutdown, what is under
   * way is waited for only so long.
   */
  async #publish(waiting: Waiting, block: Uint8Array, signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.deps;
    const { hash, facts, receivedAtMs, recent } = waiting;
    recent.state = "built";
    recent.detail = "";
    recent.bytes = block.length;
    recent.builtAtMs ||= clock.now();
    const builtAtMs = BigInt(recent.builtAtMs);
    const solved = create(BlockSolvedSchema, { facts, block, receivedAtMs, builtAtMs });
    this.#built++;
    try {
      const published = bus.publish(
        blockSolved,
        [{ key: facts.hash, value: toBinary(BlockSolvedSchema, solved) }],
        { deadlineMs: Infinity },
      );
      this.#secondRoad.watch(hash, () => solved, published);
      const [placed] = await orGiveUp(published, clock, signal, DRAIN_MS);
      recent.state = "solved";
      recent.solvedAtMs = placed!.loggedAtMs;
    } finally {
      this.#built--;
    }
  }

  #tell(waiting: Waiting, what: string): void {
    const { board, log } = this.deps;
    waiting.recent.detail = what;
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

/** Candidates are not taken now: this judge starts or ends. Another one may take it. */
export class NotWorking extends Error {
  override name = "NotWorking";
  constructor() {
    super("this judge takes no candidates now: it starts, or ends");
  }
}

function partOf({ hash }: Waiting): string {
  return `shareproc/block-${hash.slice(-24)}`;
}
