/**
 * Which layouts the node has approved, and which it never will.
 *
 * @module
 */
import type { Node } from "@gopool/node";
import type { CoinbaseVariant, Job } from "@gopool/proto";
import type { Logger, StatusBoard } from "@gopool/runtime";
import { checkLayout, layoutKey, type LayoutVerdict } from "./layout.ts";
import { LAYOUTS_MAX } from "./limits.ts";
import { VARIANT_POOL } from "./variants.ts";

export interface LayoutsDeps {
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Stands in for a miner's account in the sample block. */
  readonly accountScript: Uint8Array;
}

const CHECK = "jobmanager/coinbase-check";

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
    for (const variant of job.variants) {
      if (signal.aborted) return;
      const key = layoutKey(job, variant.id);
      if (this.#known.has(key)) continue;
      const verdict = await this.#ask(job, variant, node, transactions, signal);
      if (signal.aborted) return;
      this.#tell(job, variant, node, verdict);
      if (verdict.kind === "undecided") continue;
      this.#remember(key, verdict.kind === "bad" ? "bad" : "good");
    }
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
      board.clear(CHECK);
      board.clear(part);
      return;
    }
    const { reason } = verdict;
    const facts = { jobId: job.id, variant: id, node: node.name, reason };
    if (verdict.kind === "bad") {
      log.error("the node refuses this coinbase: it is never given to miners", facts);
      const ours = id === VARIANT_POOL;
      const rest = ours ? "the last good work goes on" : "jobs go out without this one";
      board.set(
        part,
        ours ? "down" : "degraded",
        `${node.name} refuses the "${name}" coinbase (${reason}): ${rest}`,
      );
      return;
    }
    const unchecked = verdict.kind === "unchecked";
    log.warn(unchecked ? "the node knows no proposals" : "a coinbase could not be checked", facts);
    const words = unchecked
      ? `${node.name} cannot check coinbases, they go out unchecked: ${reason}`
      : `The "${name}" coinbase could not be checked by ${node.name}: ${reason}`;
    board.set(CHECK, "degraded", words);
  }

  #remember(key: string, verdict: "good" | "bad"): void {
    if (this.#known.size >= LAYOUTS_MAX) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, verdict);
  }
}
