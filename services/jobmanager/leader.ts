/**
 * The leading jobmanager at work: turns tips and templates into jobs, until its lease is gone.
 *
 * Three loops side by side. A new tip is chased: an empty job at once where that is safe, then the full one. A
 * look every few seconds fetches a fresh template and publishes early when fees rose or the split changed. The
 * refresh asks nobody: it makes a job of the last template every 30 s, whatever the nodes do meanwhile.
 *
 * @module
 */
import { allowsEarlyEmptyJob, displayHash } from "@gopool/chain";
import type { BestTip, BlockTemplate, Node, Nodes, Tip } from "@gopool/node";
import { type Clock, type Logger, runTogether, type StatusBoard } from "@gopool/runtime";
import { Attempts } from "./attempts.ts";
import type { JobFrame } from "./build.ts";
import type { Asking, Composer, Held } from "./composer.ts";
import type { JobCause } from "./job_book.ts";
import { ASKED_PAUSE_MS, LOOK_MS, REFRESH_MS, TEMPLATE_RETRY, TICK_MS } from "./limits.ts";
import type { Publisher } from "./publisher.ts";
import { type Sender, WORK } from "./sender.ts";
import type { Splits } from "./splits.ts";

export interface LeaderDeps {
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly frame: JobFrame;
  readonly composer: Composer;
  readonly publisher: Publisher;
  readonly sender: Sender;
  readonly counters: TemplateCounters;
  readonly splits: Splits;
  readonly emptyJobs: boolean;
  /** 0: never early. */
  readonly feesRosePercent: number;
}

/** Counted over all terms of the process. */
export interface TemplateCounters {
  templates: number;
  failedTemplates: number;
}

/** What came of asking for a job at once; `sentence` says what to do where none went out. */
export type Asked =
  | { readonly kind: "sent"; readonly id: string }
  | { readonly kind: "not-sent" | "too-soon"; readonly sentence: string };

const TEMPLATE = "jobmanager/template";
const JOB = "jobmanager/job";

export class Leader {
  readonly #attempts: Attempts;
  /** The newest template, of whatever tip. */
  #held: Held | undefined;
  #asked: Promise<Asked> | null = null;
  #askedMs = -Infinity;

  constructor(private readonly deps: LeaderDeps) {
    // Without a template there is the one before; without a publish there is no job.
    this.#attempts = new Attempts({ ...deps, stopping: [JOB] });
  }

  /** The newest template that this leader has had. */
  get held(): Held | undefined {
    return this.#held;
  }

  /** Makes jobs until `signal` aborts. Outages of nodes and bus are waited out, visibly. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await runTogether(
        signal,
        (stop) => this.#onTips(stop),
        (stop) => this.#look(stop),
        (stop) => this.#refresh(stop),
      );
    } finally {
      await this.#asked;
      await this.deps.publisher.settled();
      this.#attempts.end();
      this.deps.sender.end();
    }
  }

  /**
   * A fresh template and a job of it, at once: for somebody who cannot wait. Who asks while one is under way gets what
   * comes of that one. Never rejects.
   *
   * @param signal The leader's own: who asked may go, the job still goes out.
   */
  ask(signal: AbortSignal): Promise<Asked> {
    const { clock } = this.deps;
    const waitMs = this.#askedMs + ASKED_PAUSE_MS - clock.monotonic();
    if (this.#asked !== null) return this.#asked;
    if (waitMs > 0) {
      const sentence = `A job was asked for a moment ago: wait ${Math.ceil(waitMs)} ms`;
      return Promise.resolve({ kind: "too-soon", sentence });
    }
    this.#askedMs = clock.monotonic();
    return this.#asked = this.#askedFor(signal)
      .catch((error): Asked => ({
        kind: "not-sent",
        sentence: signal.aborted ? "This jobmanager has lost the lead" : (error as Error).message,
      }))
      .finally(() => this.#asked = null);
  }

  async #onTips(signal: AbortSignal): Promise<void> {
    let chase = new AbortController();
    let chasing: Promise<void> = Promise.resolve();
    try {
      for await (const best of this.deps.nodes.watch(signal)) {
        chase.abort(); // a template for the old tip is of no use any more
        await chasing;
        chase = new AbortController();
        const cause = this.deps.sender.onTip(best.tip);
        const { hash, height } = best.tip;
        this.deps.log.info("new tip", { hash: displayHash(hash), height, node: best.node.name });
        chasing = this.#chase(best, cause, AbortSignal.any([signal, chase.signal]));
      }
    } finally {
      chase.abort();
      await chasing;
    }
  }

  /** Everything that a new tip asks for. */
  async #chase(
    { tip, node }: BestTip,
    cause: JobCause,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#attempts.of(JOB, signal, () => this.#sendEmpty(cause, signal));
    let pauseMs: number = TEMPLATE_RETRY.firstMs;
    while (!signal.aborted) {
      const asked = this.deps.nodes.best() ?? node;
      const held = await this.#attempts.of(TEMPLATE, signal, () => this.#fetch(asked, signal));
      if (held !== undefined && this.deps.sender.isOnTip(held.template.previousHash)) {
        const asking = { about: "needed", node: asked } as const;
        const done = await this.#attempts.of(
          JOB,
          signal,
          () => this.#full(held, asking, cause, signal),
        );
        if (done === true) return await this.#rehearseEmpty(tip, held, asked, signal);
        if (done === false) this.#sayNoCoinbase(signal);
      }
      await this.deps.clock.sleep(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, TEMPLATE_RETRY.lastMs);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock, nodes, feesRosePercent, splits, sender } = this.deps;
    let lookedMs = -Infinity;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      const sent = sender.sent;
      if (signal.aborted || sent === undefined) continue;
      const nowMs = clock.monotonic();
      const isChanged = () => splits.latest() !== sent.settledSplit;
      const isWanted = feesRosePercent > 0 || isChanged() ||
        nowMs - sent.atMs >= REFRESH_MS - LOOK_MS;
      if (!isWanted || nowMs - lookedMs < LOOK_MS) continue;
      lookedMs = nowMs;
      const node = nodes.best();
      if (node === null) {
        this.#attempts.fail(TEMPLATE, "No node is healthy and at the tip that is worked on");
        continue;
      }
      const held = await this.#attempts.of(TEMPLATE, signal, () => this.#fetch(node, signal));
      // Of another tip: its own chase makes that job.
      if (held === undefined || !sender.isOnTip(held.template.previousHash)) continue;
      const rose = this.#feesRose(held.template);
      if (!rose && !isChanged()) continue;
      await this.#attempts.of(JOB, signal, async () => {
        const composed = await this.deps.composer.full(held, { about: "all", node }, signal);
        const isReason = rose || (composed !== null && composed.settledSplit === splits.latest());
        if (composed === null || !isReason) return;
        await sender.full(composed, held, rose ? "fees-rose" : "new-split", signal);
      });
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { clock, board, sender } = this.deps;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      const sent = sender.sent;
      if (signal.aborted || sent === undefined) continue;
      if (clock.monotonic() - sent.atMs < REFRESH_MS) continue;
      const done = await this.#attempts.of(JOB, signal, () => this.#again(signal));
      if (done === true || signal.aborted || sender.sent !== sent) continue;
      const seconds = Math.round((clock.monotonic() - sent.atMs) / 1000);
      board.set(WORK, "down", `No new job for ${seconds} s: miners will think the pool dead`);
    }
  }

  /** Another job on the present tip out of what is there: asks no node, so that none can hold it up. */
  async #again(signal: AbortSignal): Promise<boolean> {
    for (const held of new Set([this.#held, this.deps.sender.worked])) {
      if (held === undefined || !this.deps.sender.isOnTip(held.template.previousHash)) continue;
      if (await this.#full(held, { about: "nobody" }, "interval", signal)) return true;
    }
    return await this.#sendEmpty("interval", signal);
  }

  async #askedFor(signal: AbortSignal): Promise<Asked> {
    const { nodes, composer, sender } = this.deps;
    const not = (sentence: string): Asked => ({ kind: "not-sent", sentence });
    const node = nodes.best();
    if (node === null) return not("No node is healthy and at the tip that is worked on");
    const held = await this.#fetch(node, signal);
    const moved = "The tip moved meanwhile: a job on the new one comes by itself";
    if (!sender.isOnTip(held.template.previousHash)) return not(moved);
    const composed = await composer.full(held, { about: "all", node }, signal);
    if (composed === null) return not(`${node.name} has not approved the pool's coinbase`);
    const isSent = await sender.full(composed, held, "asked", signal);
    return isSent ? { kind: "sent", id: composed.job.id } : not(moved);
  }

  async #fetch(node: Node, signal: AbortSignal): Promise<Held> {
    const { clock, counters, sender } = this.deps;
    let template: BlockTemplate;
    try {
      template = await node.template({ signal });
    } catch (error) {
      if (!signal.aborted) counters.failedTemplates++;
      throw error;
    }
    counters.templates++;
    const held = { template, node: node.name, hadAtMs: clock.now(), atMs: clock.monotonic() };
    if (sender.isOnTip(template.previousHash)) this.#held = held;
    return held;
  }

  /** @returns Whether a job went out; false where its coinbase is not approved, or the tip has moved. */
  async #full(
    held: Held,
    asking: Asking,
    cause: JobCause,
    signal: AbortSignal,
  ): Promise<boolean> {
    const composed = await this.deps.composer.full(held, asking, signal);
    return composed !== null && await this.deps.sender.full(composed, held, cause, signal);
  }

  /** An empty block's job on the present tip, where that is safe and its coinbase was rehearsed. */
  async #sendEmpty(cause: JobCause, signal: AbortSignal): Promise<boolean> {
    const { sender, composer } = this.deps;
    const { tip } = sender;
    const held = this.#held;
    if (tip === undefined || held === undefined || !this.#allowsEmpty(tip)) return false;
    const job = await composer.empty(tip, held, { about: "nobody" }, signal);
    return job !== null && await sender.empty(job, held, cause, signal);
  }

  /** Asks the node about the coinbase of an empty block before one is needed in a hurry. */
  async #rehearseEmpty(tip: Tip, held: Held, node: Node, signal: AbortSignal): Promise<void> {
    // A chain whose bits have just changed: the rehearsal would be refused for them.
    if (!this.#allowsEmpty(tip) || held.template.nbits !== tip.nbits) return;
    await this.deps.composer.empty(tip, held, { about: "needed", node }, signal);
  }

  #sayNoCoinbase(signal: AbortSignal): void {
    if (signal.aborted) return;
    this.deps.board.set(WORK, "down", "No node has approved the pool's coinbase for this block");
  }

  #feesRose({ coinbaseValue }: BlockTemplate): boolean {
    const { feesRosePercent } = this.deps;
    const before = this.deps.sender.sent?.value ?? 0n;
    return feesRosePercent > 0 && coinbaseValue > before &&
      coinbaseValue * 100n >= before * BigInt(100 + feesRosePercent);
  }

  #allowsEmpty({ height, nbits }: Tip): boolean {
    return this.deps.emptyJobs && allowsEarlyEmptyJob(this.deps.frame.network, height + 1, nbits);
  }
}
