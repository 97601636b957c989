/**
 * Jobs and templates in the words of the control plane. Pure.
 *
 * @module
 */
import {
  asHash,
  difficultyFromBits,
  displayHash,
  type Network,
  type Sats,
  subsidyAt,
} from "@gopool/chain";
import type { Telling } from "@gopool/node";
import {
  type ExplainedJobSchema,
  type ExplainedTemplateSchema,
  JobCause as ToldCause,
  type MessageInitShape,
  TellingWay as ToldWay,
  type TipTellingSchema,
} from "@gopool/proto/control";
import type { Held } from "./composer.ts";
import { explainVariants, msOf } from "./explain_variants.ts";
import { type BookedJob, factsOf, type JobCause } from "./job_book.ts";
import { termOf } from "./job_ids.ts";
import type { Layouts } from "./layouts.ts";

const CAUSES: Readonly<Record<JobCause, ToldCause>> = {
  "new-tip": ToldCause.NEW_TIP,
  "fees-rose": ToldCause.FEES_ROSE,
  "new-split": ToldCause.NEW_SPLIT,
  "interval": ToldCause.INTERVAL,
  "asked": ToldCause.ASKED,
  "new-leader": ToldCause.NEW_LEADER,
};

const WAYS = {
  "zmq": ToldWay.ZMQ,
  "long-poll": ToldWay.LONG_POLL,
  "poll": ToldWay.POLL,
} as const;

export interface ExplainDeps {
  /** Who told of the job's tip, the first first. */
  readonly tellings: readonly Telling[];
  readonly layouts: Layouts;
  /** Stands in for a miner's account. */
  readonly accountScript: Uint8Array;
}

/** @param booked A job that gateways can use (build.ts assertSendable()). */
export function explainJob(
  booked: BookedJob,
  { tellings, layouts, accountScript }: ExplainDeps,
): MessageInitShape<typeof ExplainedJobSchema> {
  const { job, loggedAtMs, own } = booked;
  const subsidy = subsidyAt(job.network as Network, job.height);
  const { template } = own ?? { template: null };
  // An empty block's numbers are known whoever made it.
  const isEmpty = job.templateId === "" && job.coinbaseValue === (subsidy as bigint);
  return {
    id: job.id,
    term: termOf(job.id),
    pool: job.pool,
    network: job.network,
    height: job.height,
    previousHash: displayHash(asHash(job.previousHash)),
    coinbaseValueSats: job.coinbaseValue,
    subsidySats: subsidy,
    feesSats: feesOf(job.coinbaseValue, subsidy),
    ...(template === null ? isEmpty ? NO_TRANSACTIONS : {} : {
      transactions: template.transactions,
      weight: template.weight,
      ...(template.sigops === null ? {} : { sigops: template.sigops }),
    }),
    version: hex8(job.version),
    versionMask: hex8(job.versionMask),
    bits: hex8(job.nbits),
    difficulty: difficultyFromBits(job.nbits),
    timeSeconds: job.ntime,
    minTimeSeconds: job.minNtime,
    empty: job.templateId === "",
    clean: job.clean,
    cause: own === null ? ToldCause.UNSPECIFIED : CAUSES[own.cause],
    templateId: job.templateId,
    templateNode: template?.node ?? "",
    variants: explainVariants(job, layouts, accountScript),
    tellings: tellings.map(explainTelling),
    tipAtMs: msOf(tellings[0]?.atMs),
    ...(template === null ? {} : { templateAtMs: msOf(template.atMs) }),
    madeAtMs: own === null ? job.createdAtMs : msOf(own.madeAtMs),
    loggedAtMs: msOf(loggedAtMs),
    ...(own?.publishedAtMs == null ? {} : { publishedAtMs: msOf(own.publishedAtMs) }),
    ...(own?.tipToMadeMs == null ? {} : { tipToMadeMs: own.tipToMadeMs }),
    ...(own?.madeToPublishedMs == null ? {} : { madeToPublishedMs: own.madeToPublishedMs }),
  };
}

const NO_TRANSACTIONS = { transactions: 0, weight: 0, sigops: 0 };

export function explainTelling(
  { node, way, atMs }: Telling,
): MessageInitShape<typeof TipTellingSchema> {
  return { node, way: wayOf(way), atMs: msOf(atMs) };
}

export function wayOf(way: Telling["way"]): ToldWay {
  return way === null ? ToldWay.UNSPECIFIED : WAYS[way];
}

export function explainTemplate(
  { template, node, hadAtMs }: Held,
  network: Network,
): MessageInitShape<typeof ExplainedTemplateSchema> {
  const { height, coinbaseValue, weightLimit } = template;
  const { transactions, weight, sigops } = factsOf(template, node, hadAtMs);
  return {
    node,
    atMs: msOf(hadAtMs),
    height,
    previousHash: displayHash(template.previousHash),
    coinbaseValueSats: coinbaseValue,
    feesSats: feesOf(coinbaseValue, subsidyAt(network, height)),
    transactions,
    weight,
    weightLimit,
    ...(sigops === null ? {} : { sigops }),
    bits: hex8(template.nbits),
    timeSeconds: template.curtime,
    minTimeSeconds: template.mintime,
    rules: [...template.rules],
    longPoll: template.longPollId !== null,
  };
}

/** A node may leave less than the subsidy (a signet's own rules): that is no fee below zero. */
function feesOf(value: bigint, subsidy: Sats): bigint {
  return value > subsidy ? value - subsidy : 0n;
}

function hex8(n: number): string {
  return (n >>> 0).toString(16).padStart(8, "0");
}
