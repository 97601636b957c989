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
import { toProto } from "./recipe_proto.ts";
import { BASE_VERSION, KNOWN_RULES } from "./limits.ts";

/** What every job of this pool carries, whatever its block. */
export interface JobFrame {
  readonly pool: string;
  readonly network: Network;
  readonly tag: string;
  readonly versionMask: number;
}

/** What is the matter with a template: it is not mined on, and the sentence says why. */
export class UnusableTemplate extends Error {
  override name = "UnusableTemplate";
}

/**
 * The job of a template.
 *
 * @throws {UnusableTemplate} An unknown rule that must be understood, or a witness commitment that differs from
 *   the node's: the block would be refused.
 */
export function jobFromTemplate(
  frame: JobFrame,
  template: BlockTemplate,
  id: string,
  templateId: string,
  variants: readonly VariantRecipe[],
  nowMs: number,
  ntime: UnixSeconds,
): Job {
  checkRules(template.rules);
  return create(JobSchema, {
    ...common(frame, id, template.height, variants, nowMs),
    templateId: template.transactions.length === 0 ? "" : templateId,
    previousHash: template.previousHash,
    version: (template.version & ~frame.versionMask) >>> 0,
    nbits: template.nbits,
    ntime,
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
 */
export function emptyJob(
  frame: JobFrame,
  tip: Tip,
  id: string,
  variants: readonly VariantRecipe[],
  nowMs: number,
  version: number = BASE_VERSION,
): Job {
  const minNtime = (tip.medianTime + 1) as UnixSeconds;
  return create(JobSchema, {
    ...common(frame, id, tip.height + 1, variants, nowMs),
    templateId: "",
    previousHash: tip.hash,
    version: (version & ~frame.versionMask) >>> 0,
    nbits: tip.nbits,
    ntime: Math.max(minNtime, Math.floor(nowMs / 1000)),
    minNtime,
    coinbaseValue: emptyValue(frame.network, tip),
    // No transaction has a witness, so none is committed to (BIP 141).
    witnessCommitment: new Uint8Array(),
    merkleBranch: [],
  });
}

/** The coinbase value of an empty block on this tip. */
export function emptyValue(network: Network, tip: Tip): Sats {
  return subsidyAt(network, tip.height + 1);
}

function common(
  { pool, network, tag, versionMask }: JobFrame,
  id: string,
  height: number,
  variants: readonly VariantRecipe[],
  nowMs: number,
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
