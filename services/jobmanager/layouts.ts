/**
 * Which layouts the node has approved, which it never will, and what it said of each.
 *
 * @module
 */
import { VARIANT_POOL } from "@gopool/chain";
import type { Node } from "@gopool/node";
import type { CoinbaseVariant, Job } from "@gopool/proto";
import type { Clock, Logger, StatusBoard } from "@gopool/runtime";
import { checkLayout, layoutKey, type LayoutVerdict } from "./layout.ts";
import { LAYOUTS_MAX } from "./limits.ts";

export interface LayoutsDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Stands in for a miner's account in the sample block. */
  readonly accountScript: Uint8Array;
}

/** What a node said of a layout when it was last asked. */
export interface AskedLayout {
  /** Rises by one with each question. */
  readonly number: number;
  /** See layoutKey(): it has the outputs' shape, which thousands of objects would be too many to keep. */
  readonly key: string;
  /** The job whose sample block was shown. */
  readonly jobId: string;
  readonly height: number;
  readonly variantId: number;
  readonly variant: string;
  readonly snapshotId: Uint8Array;
  readonly prefixBytes: number;
  /** Whether it commits to witnesses. */
  readonly commits: boolean;
  readonly verdict: LayoutVerdict;
  /** host:port */
  readonly node: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** On the board while a check has to be repeated. */
const OPEN = "jobmanager/coinbase-check";
/** On the board while a node cannot check at all. */
const UNCHECKED = "jobmanager/coinbase-unchecked";

export class Layouts {
  /** By key; what is in use stands at the young end. */
  readonly #asked = new Map<string, AskedLayout>();
  #count = 0;

  constructor(private readonly deps: LayoutsDeps) {}

  /** What is known about a variant of the job; undefined while nothing is. Asks nobody. */
  verdict(job: Job, variantId: number): "good" | "bad" | undefined {
    const key = layoutKey(job, variantId);
    const asked = this.#asked.get(key);
    // To the young end: what is in use is never the oldest.
    if (asked !== undefined && this.#asked.delete(key)) this.#asked.set(key, asked);
    return asked && settled(asked.verdict);
  }

  /** What was last said of a variant of the job; undefined where nobody was asked. */
  of(job: Job, variantId: number): AskedLayout | undefined {
    return this.#asked.get(layoutKey(job, variantId));
  }

  /** All that is remembered, the last asked first. */
  all(): readonly AskedLayout[] {
    return [...this.#asked.values()].sort((a, b) => b.number - a.number);
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
      const before = this.#asked.get(key);
      if (before !== undefined && settled(before.verdict) !== undefined) continue;
      const verdict = await this.#ask(job, variant, node, transactions, signal);
      if (signal.aborted) return;
      this.#tell(job, variant, node, verdict);
      this.#remember(key, job, variant, verdict, node.name);
      if (verdict.kind === "undecided") open = true;
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

  #remember(
    key: string,
    { id: jobId, height, coinbasePrefix, witnessCommitment }: Job,
    { id: variantId, name: variant, snapshotId }: CoinbaseVariant,
    verdict: LayoutVerdict,
    node: string,
  ): void {
    if (!this.#asked.delete(key) && this.#asked.size >= LAYOUTS_MAX) {
      this.#asked.delete(this.#asked.keys().next().value!);
    }
    this.#asked.set(key, {
      number: ++this.#count,
      key,
      jobId,
      height,
      variantId,
      variant,
      snapshotId,
      prefixBytes: coinbasePrefix.length,
      commits: witnessCommitment.length > 0,
      verdict,
      node,
      atMs: this.deps.clock.now(),
    });
  }
}

/** What follows from a verdict; undefined where it has to be asked for again. */
function settled({ kind }: LayoutVerdict): "good" | "bad" | undefined {
  if (kind === "undecided") return undefined;
  return kind === "bad" ? "bad" : "good";
}
