/**
 * The leading jobmanager at work: turns tips and templates into jobs, until its lease is gone.
 *
 * @module
 */
import {
  allowsEarlyEmptyJob,
  displayHash,
  equalBytes,
  type Sats,
  type UnixSeconds,
} from "@gopool/chain";
import type { BestTip, BlockTemplate, Node, Nodes, Tip } from "@gopool/node";
import type { Job, RewardSplit } from "@gopool/proto";
import { type Clock, type Logger, runTogether, type StatusBoard } from "@gopool/runtime";
import { emptyJob, emptyValue, type JobFrame, jobFromTemplate } from "./build.ts";
import type { JobIds } from "./job_ids.ts";
import type { Layouts } from "./layouts.ts";
import { FEE_LOOK_MS, REFRESH_MS, TEMPLATE_RETRY_MS } from "./limits.ts";
import type { Publisher } from "./publisher.ts";
import { type VariantSettings, variantsOf } from "./variants.ts";

export interface LeaderDeps {
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly frame: JobFrame;
  readonly variants: VariantSettings;
  readonly emptyJobs: boolean;
  readonly feesRosePercent: number;
  readonly ids: JobIds;
  readonly layouts: Layouts;
  readonly publisher: Publisher;
  /** The latest reward split that is still fresh. */
  readonly split: () => RewardSplit | undefined;
}

/** A template and when it was had, by the span clock. */
interface Held {
  readonly template: BlockTemplate;
  readonly atMs: number;
}

const PART = "jobmanager/work";

export class Leader {
  #tip: Tip | undefined;
  #held: Held | undefined;
  /** Of the last job that went out. */
  #last:
    | { readonly previousHash: Uint8Array; readonly value: bigint; readonly atMs: number }
    | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: LeaderDeps) {}

  /** Makes jobs until `signal` aborts. Outages of nodes and bus are waited out, visibly. */
  run(signal: AbortSignal): Promise<void> {
    return runTogether(signal, (stop) => this.#onTips(stop), (stop) => this.#refresh(stop));
  }

  async #onTips(signal: AbortSignal): Promise<void> {
    let chase = new AbortController();
    let chasing: Promise<void> = Promise.resolve();
    for await (const best of this.deps.nodes.watch(signal)) {
      chase.abort(); // a template for the old tip is of no use any more
      await chasing;
      chase = new AbortController();
      this.#tip = best.tip;
      const { hash, height } = best.tip;
      this.deps.log.info("new tip", { hash: displayHash(hash), height, node: best.node.name });
      chasing = this.#chase(best, AbortSignal.any([signal, chase.signal]));
    }
    chase.abort();
    await chasing;
  }

  /** Everything that a new tip asks for: an empty job at once where it is safe, then the full one. */
  async #chase({ tip, node }: BestTip, signal: AbortSignal): Promise<void> {
    if (
      this.deps.emptyJobs && allowsEarlyEmptyJob(this.deps.frame.network, tip.height + 1, tip.nbits)
    ) {
      await this.#attempt("empty job", () => this.#inTurn(() => this.#publishEmpty(tip)));
    }
    while (!signal.aborted) {
      const done = await this.#attempt("job", async () => {
        const asked = this.deps.nodes.best() ?? node;
        const template = await asked.template({ signal });
        if (!equalBytes(template.previousHash, tip.hash)) return false;
        this.#held = { template, atMs: this.deps.clock.monotonic() };
        return await this.#inTurn(() => this.#publishFull(asked, signal));
      });
      if (done === true) return;
      await this.deps.clock.sleep(TEMPLATE_RETRY_MS, signal);
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { clock, nodes } = this.deps;
    let looked = clock.monotonic();
    while (!signal.aborted) {
      await clock.sleep(Math.min(FEE_LOOK_MS, REFRESH_MS) / 5, signal);
      if (signal.aborted || this.#last === undefined) continue;
      const now = clock.monotonic();
      const due = now - this.#last.atMs >= REFRESH_MS;
      if (!due && (this.deps.feesRosePercent === 0 || now - looked < FEE_LOOK_MS)) continue;
      looked = now;
      const node = nodes.best();
      const fresh = node !== null && await this.#attempt("refresh", async () => {
        const template = await node.template({ signal });
        // Another tip: its own chase makes that job.
        if (this.#tip === undefined || !equalBytes(template.previousHash, this.#tip.hash)) {
          return true;
        }
        if (!due && !this.#feesRose(template)) return true;
        this.#held = { template, atMs: now };
        return await this.#inTurn(() => this.#publishFull(node, signal));
      });
      // Nodes away: miners still get a new job, from the last template.
      if (due && fresh !== true && this.#heldIsCurrent()) {
        await this.#attempt(
          "job from the last template",
          () => this.#inTurn(() => this.#publishFull(node, signal)),
        );
      }
    }
  }

  /** Jobs go out one after another. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #publishEmpty(tip: Tip): Promise<void> {
    const { frame, ids, clock, layouts } = this.deps;
    const value = emptyValue(frame.network, tip);
    const variants = variantsOf(this.deps.variants, undefined, value);
    const job = emptyJob(
      frame,
      tip,
      ids.next(),
      variants,
      clock.now(),
      this.#held?.template.version,
    );
    // Its layout is rehearsed with the full job's; until then a full job is worth waiting for.
    if (!layouts.approved(job)) return;
    await this.#send(job);
  }

  /** @returns false when the job could not go out and should be tried again. */
  async #publishFull(node: Node | null, signal: AbortSignal): Promise<boolean> {
    const { frame, ids, clock, layouts, publisher, board, split } = this.deps;
    const { template, atMs } = this.#held!;
    const variants = variantsOf(this.deps.variants, split(), template.coinbaseValue);
    const elapsed = Math.floor((clock.monotonic() - atMs) / 1000);
    const ntime = Math.max(template.curtime + elapsed, template.mintime) as UnixSeconds;
    const id = ids.next();
    const job = jobFromTemplate(frame, template, id, "", variants, clock.now(), ntime);
    if (!layouts.approved(job)) {
      if (node === null) return false;
      const data = template.transactions.map((tx) => tx.data);
      if (!await layouts.approve(job, node, data, signal)) {
        board.set(PART, "down", "No coinbase of this pool has been approved by a node yet");
        return false;
      }
    }
    job.templateId = await publisher.template(template);
    await this.#send(job);
    board.set(PART, "ok", `Height ${job.height}, ${template.transactions.length} transactions`);
    if (node !== null && this.deps.emptyJobs) await this.#rehearseEmpty(node, signal);
    return true;
  }

  async #send(job: Job): Promise<void> {
    const { publisher, clock, log } = this.deps;
    job.clean = this.#last === undefined || !equalBytes(this.#last.previousHash, job.previousHash);
    await publisher.job(job);
    this.#last = {
      previousHash: job.previousHash,
      value: job.coinbaseValue,
      atMs: clock.monotonic(),
    };
    log.debug("job", {
      id: job.id,
      height: job.height,
      clean: job.clean,
      template: job.templateId,
    });
  }

  /** Asks the node about the coinbase of an empty block before one is needed in a hurry. */
  async #rehearseEmpty(node: Node, signal: AbortSignal): Promise<void> {
    const { frame, ids, clock, layouts } = this.deps;
    const tip = this.#tip;
    if (tip === undefined || !allowsEarlyEmptyJob(frame.network, tip.height + 1, tip.nbits)) return;
    // A chain whose bits have just changed: the rehearsal would be refused for them.
    if (this.#held?.template.nbits !== tip.nbits) return;
    const variants = variantsOf(this.deps.variants, undefined, emptyValue(frame.network, tip));
    const job = emptyJob(
      frame,
      tip,
      ids.next(),
      variants,
      clock.now(),
      this.#held?.template.version,
    );
    if (!layouts.approved(job)) await layouts.approve(job, node, [], signal);
  }

  #feesRose({ coinbaseValue }: BlockTemplate): boolean {
    const before = this.#last?.value ?? 0n;
    const wanted = before + before * BigInt(this.deps.feesRosePercent) / 100n;
    return coinbaseValue > before && (coinbaseValue as Sats) >= wanted;
  }

  #heldIsCurrent(): boolean {
    return this.#held !== undefined && this.#tip !== undefined &&
      equalBytes(this.#held.template.previousHash, this.#tip.hash);
  }

  /** Does one thing that nodes or the bus may refuse; what went wrong stands on the board until it works again. */
  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const part = `${PART}: ${what}`;
    try {
      const result = await work();
      this.deps.board.clear(part);
      return result;
    } catch (error) {
      this.deps.board.set(part, "degraded", (error as Error).message);
      this.deps.log.warn(`cannot make a ${what} now`, { error });
      return undefined;
    }
  }
}
