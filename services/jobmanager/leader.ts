/**
 * The leading jobmanager at work: turns tips and templates into jobs, until its lease is gone.
 *
 * Three loops side by side. A new tip is chased: an empty job at once where that is safe, then the full one. A
 * look every few seconds fetches a fresh template and publishes early when fees rose or the split changed. The
 * refresh asks nobody: it makes a job of the last template every 30 s, whatever the nodes do meanwhile.
 *
 * @module
 */
import { allowsEarlyEmptyJob, displayHash, equalBytes } from "@gopool/chain";
import type { BestTip, BlockTemplate, Node, Nodes, Tip } from "@gopool/node";
import type { Job, RewardSplit } from "@gopool/proto";
import { type Clock, type Logger, orGiveUp, runTogether, type StatusBoard } from "@gopool/runtime";
import { Attempts } from "./attempts.ts";
import type { JobFrame } from "./build.ts";
import type { Asking, Composed, Composer, Held } from "./composer.ts";
import {
  DRAIN_MS,
  LOOK_MS,
  REFRESH_MS,
  TEMPLATE_OLD_MS,
  TEMPLATE_RETRY,
  TICK_MS,
} from "./limits.ts";
import type { Publisher } from "./publisher.ts";
import type { Splits } from "./splits.ts";

export interface LeaderDeps {
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly frame: JobFrame;
  readonly composer: Composer;
  readonly publisher: Publisher;
  readonly splits: Splits;
  readonly emptyJobs: boolean;
  /** 0: never early. */
  readonly feesRosePercent: number;
  /** Of the last job in the log, whoever made it. */
  readonly lastPreviousHash: Uint8Array | undefined;
}

/** The last job that this leader has sent. */
interface Sent {
  readonly value: bigint;
  /** By the clock of spans. */
  readonly atMs: number;
  readonly settledSplit: RewardSplit | undefined | null;
}

const WORK = "jobmanager/work";
const TEMPLATE = "jobmanager/template";
const JOB = "jobmanager/job";

export class Leader {
  readonly #attempts: Attempts;
  #tip: Tip | undefined;
  /** The newest template, of whatever tip. */
  #held: Held | undefined;
  /** The one that the last full job was made of. */
  #worked: Held | undefined;
  #sent: Sent | undefined;
  #sentPreviousHash: Uint8Array | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: LeaderDeps) {
    // Without a template there is the one before; without a publish there is no job.
    this.#attempts = new Attempts({ ...deps, stopping: [JOB] });
    this.#sentPreviousHash = deps.lastPreviousHash;
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
      await this.deps.publisher.settled();
      this.#attempts.end();
      this.deps.board.clear(WORK);
    }
  }

  async #onTips(signal: AbortSignal): Promise<void> {
    let chase = new AbortController();
    let chasing: Promise<void> = Promise.resolve();
    try {
      for await (const best of this.deps.nodes.watch(signal)) {
        chase.abort(); // a template for the old tip is of no use any more
        await chasing;
        chase = new AbortController();
        this.#tip = best.tip;
        const { hash, height } = best.tip;
        this.deps.log.info("new tip", { hash: displayHash(hash), height, node: best.node.name });
        chasing = this.#chase(best, AbortSignal.any([signal, chase.signal]));
      }
    } finally {
      chase.abort();
      await chasing;
    }
  }

  /** Everything that a new tip asks for. */
  async #chase({ tip, node }: BestTip, signal: AbortSignal): Promise<void> {
    await this.#attempts.of(JOB, signal, () => this.#publishEmpty(signal));
    let pauseMs: number = TEMPLATE_RETRY.firstMs;
    while (!signal.aborted) {
      const asked = this.deps.nodes.best() ?? node;
      const held = await this.#attempts.of(TEMPLATE, signal, () => this.#fetch(asked, signal));
      if (held !== undefined && this.#isOnTip(held.template.previousHash)) {
        const asking = { about: "needed", node: asked } as const;
        const done = await this.#attempts.of(JOB, signal, () => this.#full(held, asking, signal));
        if (done === true) return await this.#rehearseEmpty(tip, held, asked, signal);
        if (done === false) this.#sayNoCoinbase(signal);
      }
      await this.deps.clock.sleep(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, TEMPLATE_RETRY.lastMs);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock, nodes, feesRosePercent, splits } = this.deps;
    let lookedMs = -Infinity;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      const sent = this.#sent;
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
      if (held === undefined || !this.#isOnTip(held.template.previousHash)) continue;
      const rose = this.#feesRose(held.template);
      if (!rose && !isChanged()) continue;
      await this.#attempts.of(JOB, signal, async () => {
        const composed = await this.deps.composer.full(held, { about: "all", node }, signal);
        const isReason = rose || (composed !== null && composed.settledSplit === splits.latest());
        if (composed !== null && isReason) await this.#publish(composed, held, signal);
      });
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { clock, board } = this.deps;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      const sent = this.#sent;
      if (signal.aborted || sent === undefined) continue;
      if (clock.monotonic() - sent.atMs < REFRESH_MS) continue;
      const done = await this.#attempts.of(JOB, signal, () => this.#again(signal));
      if (done === true || signal.aborted || this.#sent !== sent) continue;
      const seconds = Math.round((clock.monotonic() - sent.atMs) / 1000);
      board.set(WORK, "down", `No new job for ${seconds} s: miners will think the pool dead`);
    }
  }

  /** Another job on the present tip out of what is there: asks no node, so that none can hold it up. */
  async #again(signal: AbortSignal): Promise<boolean> {
    for (const held of new Set([this.#held, this.#worked])) {
      if (held === undefined || !this.#isOnTip(held.template.previousHash)) continue;
      if (await this.#full(held, { about: "nobody" }, signal)) return true;
    }
    return await this.#publishEmpty(signal);
  }

  async #fetch(node: Node, signal: AbortSignal): Promise<Held> {
    const template = await node.template({ signal });
    const held = { template, atMs: this.deps.clock.monotonic() };
    if (this.#isOnTip(template.previousHash)) this.#held = held;
    return held;
  }

  /** @returns Whether a job went out; false where its coinbase is not approved, or the tip has moved. */
  async #full(held: Held, asking: Asking, signal: AbortSignal): Promise<boolean> {
    const composed = await this.deps.composer.full(held, asking, signal);
    return composed !== null && await this.#publish(composed, held, signal);
  }

  /** An empty block's job on the present tip, where that is safe and its coinbase was rehearsed. */
  async #publishEmpty(signal: AbortSignal): Promise<boolean> {
    const tip = this.#tip;
    const held = this.#held;
    if (tip === undefined || held === undefined || !this.#allowsEmpty(tip)) return false;
    const job = await this.deps.composer.empty(tip, held, { about: "nobody" }, signal);
    if (job === null) return false;
    const settledSplit = this.#sent?.settledSplit;
    return await this.#inTurn(async () => {
      // The full job may have been sooner: after it, an empty block would only lose its fees.
      if (this.#worked !== undefined && this.#isOnTip(this.#worked.template.previousHash)) {
        return false;
      }
      return await this.#send({ job, settledSplit }, held, signal);
    });
  }

  /** Asks the node about the coinbase of an empty block before one is needed in a hurry. */
  async #rehearseEmpty(tip: Tip, held: Held, node: Node, signal: AbortSignal): Promise<void> {
    // A chain whose bits have just changed: the rehearsal would be refused for them.
    if (!this.#allowsEmpty(tip) || held.template.nbits !== tip.nbits) return;
    await this.deps.composer.empty(tip, held, { about: "needed", node }, signal);
  }

  #publish(composed: Composed, held: Held, signal: AbortSignal): Promise<boolean> {
    const { job } = composed;
    return this.#inTurn(async () => {
      if (signal.aborted || !this.#isOnTip(job.previousHash)) return false;
      // First the transactions, then the job: so a block can always be built from the log.
      const { publisher, clock } = this.deps;
      const stored = publisher.template(held.template);
      job.templateId = await orGiveUp(stored, clock, signal, DRAIN_MS);
      if (!await this.#send(composed, held, signal)) return false;
      this.#worked = held;
      return true;
    });
  }

  async #send({ job, settledSplit }: Composed, held: Held, signal: AbortSignal): Promise<boolean> {
    const { publisher, clock, log } = this.deps;
    // The lease may have gone, or the tip, while the template was on its way.
    if (signal.aborted || !this.#isOnTip(job.previousHash)) return false;
    const last = this.#sentPreviousHash;
    job.clean = last === undefined || !equalBytes(last, job.previousHash);
    await orGiveUp(publisher.job(job), clock, signal, DRAIN_MS);
    this.#sentPreviousHash = job.previousHash;
    const atMs = clock.monotonic();
    this.#sent = { value: job.coinbaseValue, atMs, settledSplit };
    const { id, height, clean, templateId } = job;
    log.debug("job", { id, height, clean, template: templateId });
    this.#sayWork(job, held, atMs);
    return true;
  }

  #sayWork({ height, templateId }: Job, { template, atMs }: Held, nowMs: number): void {
    const count = templateId === "" ? 0 : template.transactions.length;
    const isOld = nowMs - atMs >= TEMPLATE_OLD_MS;
    const age = `, from a template ${
      Math.round((nowMs - atMs) / 1000)
    } s old: no node gives a new one`;
    const sentence = `Height ${height}, ${count} transactions${isOld ? age : ""}`;
    this.deps.board.set(WORK, isOld ? "degraded" : "ok", sentence);
  }

  #sayNoCoinbase(signal: AbortSignal): void {
    if (signal.aborted) return;
    this.deps.board.set(WORK, "down", "No node has approved the pool's coinbase for this block");
  }

  /** Jobs go out one after another. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  #feesRose({ coinbaseValue }: BlockTemplate): boolean {
    const { feesRosePercent } = this.deps;
    const before = this.#sent?.value ?? 0n;
    return feesRosePercent > 0 && coinbaseValue > before &&
      coinbaseValue * 100n >= before * BigInt(100 + feesRosePercent);
  }

  #allowsEmpty({ height, nbits }: Tip): boolean {
    return this.deps.emptyJobs && allowsEarlyEmptyJob(this.deps.frame.network, height + 1, nbits);
  }

  #isOnTip(previousHash: Uint8Array): boolean {
    return this.#tip !== undefined && equalBytes(previousHash, this.#tip.hash);
  }
}
