/**
 * Which layouts the node has approved, and which it never will.
 *
 * @module
 */
import { VARIANT_POOL } from "@gopool/chain";
import type { Node } from "@gopool/node";
import type { CoinbaseVariant, Job } from "@gopool/proto";
import type { Logger, StatusBoard } from "@gopool/runtime";
import { checkLayout, layoutKey, type LayoutVerdict } from "./layout.ts";
import { LAYOUTS_MAX } from "./limits.ts";

export interface LayoutsDeps {
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Stands in for a miner's account in the sample block. */
  readonly accountScript: Uint8Array;
}

/** On the board while a check has to be repeated. */
const OPEN = "jobmanager/coinbase-check";
/** On the board while a node cannot check at all. */
const UNCHECKED = "jobmanager/coinbase-unchecked";

export class Layouts {
  readonly #known = new Map<string, "good" | "bad">();

  constructor(private readonly deps: LayoutsDeps) {}

  /** What is known about a variant of the job; undefined while nothing is. Asks nobody. */
  verdict(job: Job, variantId: number): "good" | "bad" | undefined {
    const key = layoutKey(job, variantId);
    const verdict = this.#known.get(key);
    // To the young end: what is in use is never the oldest.
    if (verdict !== undefined && this.#known.delete(key)) this.#known.set(key, verdict);
    return verdict;
  }

  /**
   * Asks the node about each layout of the job that is new. What it could not decide stays unknown; what it
   * refused stands on the board until another layout of that variant is approved.
   *
   * Never throws: a node that is away decides nothing.
   */
  async settle(
    job: Job,
    node: Node,
    transactions: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<void> {
    let open = false;
    for (const variant of job.variants) {
      if (signal.aborted) return;
      const key = layoutKey(job, variant.id);
      if (this.#known.has(key)) continue;
      const verdict = await this.#ask(job, variant, node, transactions, signal);
      if (signal.aborted) return;
      this.#tell(job, variant, node, verdict);
      if (verdict.kind === "undecided") open = true;
      else this.#remember(key, verdict.kind === "bad" ? "bad" : "good");
    }
    if (!open) this.deps.board.clear(OPEN);
  }

  async #ask(
    job: Job,
    { id }: CoinbaseVariant,
    node: Node,
    transactions: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<LayoutVerdict> {
    try {
      return await checkLayout(node, job, id, transactions, this.deps.accountScript, signal);
    } catch (error) {
      return { kind: "undecided", reason: (error as Error).message };
    }
  }

  #tell(job: Job, { id, name }: CoinbaseVariant, node: Node, verdict: LayoutVerdict): void {
    const { log, board } = this.deps;
    // Apart: what the node says of the coinbase of an empty block says nothing of the other.
    const bare = job.witnessCommitment.length === 0 ? "-bare" : "";
    const part = `jobmanager/coinbase-${name}${bare}`;
    if (verdict.kind === "good") {
      board.clear(UNCHECKED);
      board.clear(part);
      return;
    }
    const { kind, reason } = verdict;
    const facts = { jobId: job.id, variant: id, node: node.name, reason };
    const who = `the "${name}" coinbase`;
    switch (kind) {
      case "bad": {
        const ours = id === VARIANT_POOL;
        const rest = ours ? "the last good work goes on" : "jobs go out without it";
        log.error("the node refuses this coinbase: it is never given to miners", facts);
        const sentence = `${node.name} refuses ${who} (${reason}): ${rest}`;
        board.set(part, ours ? "down" : "degraded", sentence);
        break;
      }
      case "unchecked":
        log.warn("the node knows no proposals: coinbases go out unchecked", facts);
        board.set(UNCHECKED, "degraded", `${node.name} cannot check ${who}: ${reason}`);
        break;
      case "undecided":
        log.info("a coinbase could not be checked yet", facts);
        board.set(OPEN, "degraded", `${node.name} could not check ${who} yet: ${reason}`);
        break;
    }
  }

  #remember(key: string, verdict: "good" | "bad"): void {
    if (this.#known.size >= LAYOUTS_MAX) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, verdict);
  }
}
