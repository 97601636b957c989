/**
 * Which layouts the node has approved, and which it never will: the pool's own is needed, others are left out
 * where they are bad.
 *
 * @module
 */
import type { VariantRecipe } from "@gopool/chain";
import { type Node, NodeRefused } from "@gopool/node";
import type { Job } from "@gopool/proto";
import type { Logger, StatusBoard } from "@gopool/runtime";
import { checkLayout, layoutKey } from "./layout.ts";
import { VARIANT_POOL } from "./variants.ts";

export interface LayoutsDeps {
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Stands in for a miner's account in the sample block. */
  readonly accountScript: Uint8Array;
}

/** Layouts remembered: a split every block for a day, and room. The oldest is asked about again. */
const LAYOUTS_MAX = 1_000;

export class Layouts {
  readonly #known = new Map<string, "good" | "bad">();

  constructor(private readonly deps: LayoutsDeps) {}

  /** Whether every layout of the job has been approved. */
  approved(job: Job): boolean {
    return job.variants.every(({ id }) => this.#known.get(layoutKey(job, id)) === "good");
  }

  /**
   * Asks the node about each layout of the job that is new, and drops from the job those that are bad.
   *
   * @returns false when the pool's own coinbase is bad or nothing could be decided: the job must not go out.
   */
  async approve(
    job: Job,
    node: Node,
    transactions: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<boolean> {
    for (const { id, name } of [...job.variants]) {
      const key = layoutKey(job, id);
      if (!this.#known.has(key)) {
        const verdict = await this.#ask(job, id, node, transactions, signal);
        if (verdict === "undecided") return false;
        this.#remember(key, verdict);
      }
      if (this.#known.get(key) === "good") continue;
      if (id === VARIANT_POOL) return false;
      job.variants = job.variants.filter((variant) => variant.id !== id);
      this.deps.board.set(
        `jobmanager/coinbase-${name}`,
        "degraded",
        `The node refuses the "${name}" coinbase: jobs go out without it`,
      );
    }
    return true;
  }

  async #ask(
    job: Job,
    id: VariantRecipe["id"],
    node: Node,
    transactions: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<"good" | "bad" | "undecided"> {
    const { log, board, accountScript } = this.deps;
    const part = "jobmanager/coinbase-check";
    try {
      const verdict = await checkLayout(node, job, id, transactions, accountScript, signal);
      if (verdict.kind === "good") {
        board.clear(part);
        return "good";
      }
      const facts = { jobId: job.id, variant: id, node: node.name, reason: verdict.reason };
      if (verdict.kind === "undecided") {
        log.info("the tip moved while a coinbase was checked", facts);
        return "undecided";
      }
      log.error("the node refuses this coinbase: it is never given to miners", facts);
      board.set(part, "down", `${node.name} refuses coinbase variant ${id}: ${verdict.reason}`);
      return "bad";
    } catch (error) {
      if (signal.aborted) return "undecided";
      log.warn("a coinbase could not be checked", { jobId: job.id, variant: id, error });
      board.set(part, "degraded", `Coinbase variant ${id} could not be checked by ${node.name}`);
      // A node that knows no proposals is no reason not to mine; one that is away is asked again.
      return error instanceof NodeRefused ? "good" : "undecided";
    }
  }

  #remember(key: string, verdict: "good" | "bad"): void {
    if (this.#known.size >= LAYOUTS_MAX) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, verdict);
  }
}
