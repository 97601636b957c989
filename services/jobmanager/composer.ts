/**
 * Jobs that may be sent: with every coinbase that a node has approved, and none that it has not.
 *
 * @module
 */
import { type UnixSeconds, VARIANT_POOL } from "@gopool/chain";
import type { BlockTemplate, Node, Tip } from "@gopool/node";
import type { Job, RewardSplit } from "@gopool/proto";
import type { Clock } from "@gopool/runtime";
import {
  assertSendable,
  emptyJob,
  type JobFrame,
  jobFromTemplate,
  setVariants,
  templateTime,
} from "./build.ts";
import type { JobIds } from "./job_ids.ts";
import type { Layouts } from "./layouts.ts";
import type { Splits } from "./splits.ts";
import {
  coinbaseRoom,
  fixedCoinbaseBytes,
  ownVariants,
  splitVariants,
  type VariantSettings,
} from "./variants.ts";

/** A template, and when it was had of whom. */
export interface Held {
  readonly template: BlockTemplate;
  /** host:port of who gave it. */
  readonly node: string;
  /** Milliseconds since the Unix epoch. */
  readonly hadAtMs: number;
  /** The same moment by the clock of spans. */
  readonly atMs: number;
}

/**
 * Whom to ask about layouts that are new. "nobody": only what is approved goes in. "needed": the node is asked
 * about the coinbases every job has; a new split waits, because miners do. "all": about that too.
 */
export type Asking =
  | { readonly about: "nobody" }
  | { readonly about: "needed" | "all"; readonly node: Node };

export interface Composed {
  readonly job: Job;
  /**
   * The latest split where it has been dealt with: the job pays by it, or the node refuses it. Null where that is
   * still open; undefined where there is none.
   */
  readonly settledSplit: RewardSplit | undefined | null;
}

export interface ComposerDeps {
  readonly clock: Clock;
  readonly frame: JobFrame;
  readonly variants: VariantSettings;
  readonly ids: JobIds;
  readonly layouts: Layouts;
  readonly splits: Splits;
}

export class Composer {
  constructor(private readonly deps: ComposerDeps) {}

  /**
   * The job of a template; null where no coinbase of it is approved.
   *
   * @throws {UnusableTemplate} Nobody may mine on it.
   * @throws {RangeError} The job is one that gateways could not use: a fault of ours, seen before anybody got it.
   */
  async full(
    { template, atMs }: Held,
    asking: Asking,
    signal: AbortSignal,
  ): Promise<Composed | null> {
    const { clock, frame, variants: settings, ids, splits } = this.deps;
    const own = ownVariants(settings);
    const job = jobFromTemplate(frame, template, {
      id: ids.next(),
      variants: own,
      nowMs: clock.now(),
      ntime: templateTime(frame, template, clock.monotonic() - atMs),
    });
    const transactions = template.transactions.map(({ data }) => data);
    const goodOwn = await this.#ownGood(job, asking, transactions, signal);
    if (goodOwn === null) return null;

    const room = {
      value: template.coinbaseValue,
      fixedBytes: fixedCoinbaseBytes(job.coinbasePrefix.length, job.witnessCommitment.length),
      maxBytes: coinbaseRoom(template),
    };
    const latest = splits.latest();
    let settledSplit: RewardSplit | undefined | null = latest;
    let chosen: RewardSplit | undefined;
    for (const split of splits.usable()) {
      const offered = splitVariants(settings, split, room);
      setVariants(job, offered);
      if (asking.about === "all") {
        await this.deps.layouts.settle(job, asking.node, transactions, signal);
      }
      const verdicts = job.variants.map(({ id }) => this.deps.layouts.verdict(job, id));
      if (split === latest && verdicts.includes(undefined)) settledSplit = null;
      if (offered.length === 0 || verdicts.some((verdict) => verdict !== "good")) continue;
      chosen = split;
      splits.approve(split);
      break;
    }
    const paid = chosen === undefined ? [] : splitVariants(settings, chosen, room);
    setVariants(job, [...own.filter(({ id }) => goodOwn.has(id)), ...paid]);
    assertSendable(job, settings.poolScript);
    return { job, settledSplit };
  }

  /**
   * The job of an empty block on a tip; null where its coinbases are not approved. Only where the tip's bits are
   * the next ones.
   *
   * @param held Of any tip: tells the node's time and the version to use.
   */
  async empty(
    tip: Tip,
    held: Held,
    asking: Asking,
    signal: AbortSignal,
  ): Promise<Job | null> {
    const { clock, frame, variants: settings, ids } = this.deps;
    const own = ownVariants(settings);
    // Not templateTime(): these networks' bits hang on no time.
    const elapsed = Math.floor((clock.monotonic() - held.atMs) / 1000);
    const job = emptyJob(frame, tip, {
      id: ids.next(),
      variants: own,
      nowMs: clock.now(),
      ntime: held.template.curtime + elapsed as UnixSeconds,
    }, held.template.version);
    const good = await this.#ownGood(job, asking, [], signal);
    if (good === null) return null;
    setVariants(job, own.filter(({ id }) => good.has(id)));
    assertSendable(job, settings.poolScript);
    return job;
  }

  /** The ids of the approved variants among the pool's own; null where one is undecided, or the pool's is refused. */
  async #ownGood(
    job: Job,
    asking: Asking,
    transactions: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<number> | null> {
    const { layouts } = this.deps;
    if (asking.about !== "nobody") await layouts.settle(job, asking.node, transactions, signal);
    const good = new Set<number>();
    for (const { id } of job.variants) {
      const verdict = layouts.verdict(job, id);
      if (verdict === undefined) return null;
      if (verdict === "good") good.add(id);
    }
    return good.has(VARIANT_POOL) ? good : null;
  }
}
