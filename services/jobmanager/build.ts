/**
 * A job from a template, or from nothing but a new tip. Pure.
 *
 * @module
 */
import {
  coinbasePrefix,
  commitmentScript,
  equalBytes,
  merkleBranch,
  type Network,
  type Sats,
  scriptSigTail,
  subsidyAt,
  type UnixSeconds,
  type VariantRecipe,
  witnessCommitment,
} from "@gopool/chain";
import type { BlockTemplate, Tip } from "@gopool/node";
import { create, type Job, JobSchema, type Template, TemplateSchema } from "@gopool/proto";
import { prepareJob, variantSuffix } from "@gopool/shares";
import { BASE_VERSION, KNOWN_RULES } from "./limits.ts";
import { toProto } from "./recipe_proto.ts";

/** What every job of this pool carries, whatever its block. */
export interface JobFrame {
  readonly pool: string;
  readonly network: Network;
  readonly tag: string;
  readonly versionMask: number;
}

/** What is one job's own. */
export interface JobParts {
  /** 16 hex digits, never used before. */
  readonly id: string;
  readonly variants: readonly VariantRecipe[];
  /** The leader's clock, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Header time miners begin with; raised to the lowest that the network takes. */
  readonly ntime: UnixSeconds;
}

/** What is the matter with a template: it is not mined on, and the sentence says why. */
export class UnusableTemplate extends Error {
  override name = "UnusableTemplate";
}

/**
 * The job of a template. Its `templateId` and `clean` are the publisher's and the leader's to set.
 *
 * @throws {UnusableTemplate} An unknown rule that must be understood, or a witness commitment that differs from
 *   the node's: the block would be refused.
 */
export function jobFromTemplate(frame: JobFrame, template: BlockTemplate, parts: JobParts): Job {
  checkRules(template.rules);
  return create(JobSchema, {
    ...common(frame, template.height, parts),
    previousHash: template.previousHash,
    version: clearMask(template.version, frame),
    nbits: template.nbits,
    ntime: Math.max(parts.ntime, template.mintime),
    minNtime: template.mintime,
    coinbaseValue: template.coinbaseValue,
    witnessCommitment: commitmentOf(template),
    merkleBranch: merkleBranch(template.transactions.map((tx) => tx.txid)),
  });
}

/** The template's transactions, as they go on their topic before the job that needs them. */
export function templateRecord(pool: string, id: string, template: BlockTemplate): Template {
  return create(TemplateSchema, {
    pool,
    id,
    height: template.height,
    previousHash: template.previousHash,
    transactions: template.transactions.map((tx) => tx.data),
  });
}

/**
 * The job of an empty block on a new tip, for the moment until its template is there. Only where the next nBits
 * are the tip's for certain (chain's allowsEarlyEmptyJob).
 *
 * @param version Of the last template seen.
 */
export function emptyJob(
  frame: JobFrame,
  tip: Tip,
  parts: JobParts,
  version: number = BASE_VERSION,
): Job {
  // Consensus: later than the median time past of the tip.
  const minNtime = tip.medianTime + 1;
  return create(JobSchema, {
    ...common(frame, tip.height + 1, parts),
    previousHash: tip.hash,
    version: clearMask(version, frame),
    nbits: tip.nbits,
    ntime: Math.max(parts.ntime, minNtime),
    minNtime,
    coinbaseValue: emptyValue(frame.network, tip),
    // No transaction has a witness, so none is committed to (BIP 141).
    witnessCommitment: new Uint8Array(),
    merkleBranch: [],
  });
}

/** The coinbase value of an empty block on this tip: no fees. */
export function emptyValue(network: Network, tip: Tip): Sats {
  return subsidyAt(network, tip.height + 1);
}

/**
 * The node's time now, by the span since it gave its template. On test networks with the 20-minute rule it stands
 * still: there the template's nBits are right for its own time, and may not be for a later one.
 */
export function templateTime(
  { network }: JobFrame,
  { curtime, mintime }: BlockTemplate,
  ageMs: number,
): UnixSeconds {
  const bitsHangOnTime = network === "testnet3" || network === "testnet4";
  const elapsed = bitsHangOnTime ? 0 : Math.floor(ageMs / 1000);
  return Math.max(curtime + elapsed, mintime) as UnixSeconds;
}

/**
 * The last look before a job goes out: what every gateway and judge will do with it is done once here, so that
 * none of them meets a job it cannot use.
 *
 * @param accountScript Stands in for a miner's account.
 * @throws {RangeError} Naming the job and what is wrong with it.
 */
export function assertSendable(job: Job, accountScript: Uint8Array): void {
  const prepared = prepareJob(job);
  for (const id of prepared.variants.keys()) variantSuffix(prepared, id, accountScript);
}

/** Gives the job these coinbases. */
export function setVariants(job: Job, variants: readonly VariantRecipe[]): void {
  job.variants = variants.map(toProto);
}

function common(
  { pool, network, tag, versionMask }: JobFrame,
  height: number,
  { id, variants, nowMs }: JobParts,
) {
  return {
    pool,
    id,
    network,
    height,
    coinbasePrefix: coinbasePrefix({ height, jobId: id, tag }),
    scriptSigTail,
    variants: variants.map(toProto),
    versionMask,
    createdAtMs: BigInt(Math.round(nowMs)),
  };
}

/** Firmware submits rolled bits XOR the job's: bits of the job inside the mask would be lost (stratum-wire 2.3). */
function clearMask(version: number, { versionMask }: JobFrame): number {
  return (version & ~versionMask) >>> 0;
}

/** BIP 9: a rule marked `!` changes what a valid block is; one that is not known forbids mining. */
function checkRules(rules: readonly string[]): void {
  const unknown = rules.filter((rule) => rule.startsWith("!") && !KNOWN_RULES.has(rule.slice(1)));
  if (unknown.length > 0) {
    throw new UnusableTemplate(
      `Cannot mine on this template: it demands ${
        unknown.join(", ")
      }, which this pool does not know`,
    );
  }
}

/** Computed from the transactions and held against the node's own: a difference means a block would be lost. */
function commitmentOf({ transactions, witnessCommitment: theirs }: BlockTemplate): Uint8Array {
  if (theirs === null && transactions.every((tx) => equalBytes(tx.txid, tx.wtxid))) {
    return new Uint8Array();
  }
  const ours = witnessCommitment(transactions.map((tx) => tx.wtxid));
  if (theirs !== null && !equalBytes(ours, theirs)) {
    throw new UnusableTemplate(
      "Cannot mine on this template: its witness commitment is not that of its transactions",
    );
  }
  return commitmentScript(ours);
}
