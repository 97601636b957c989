/**
 * Coinbases in the words of the control plane: what each output pays, and what a node said of the layout. Pure.
 *
 * @module
 */
import {
  canonicalAddress,
  coinbaseOutputs,
  EXTRANONCE1_BYTES,
  EXTRANONCE2_BYTES,
  type Network,
  type Output,
  type OutputRecipe,
  type Sats,
  toHex,
} from "@gopool/chain";
import type { Job } from "@gopool/proto";
import {
  AmountRule,
  type CoinbaseLayoutSchema,
  type ExplainedOutputSchema,
  type ExplainedVariantSchema,
  type MessageInitShape,
  ProposalResult,
} from "@gopool/proto/control";
import { prepareJob, variantSuffix } from "@gopool/shares";
import { layoutKey, type LayoutVerdict, type OutputShape, outputsIn } from "./layout.ts";
import type { AskedLayout, Layouts } from "./layouts.ts";

const RULES = {
  sats: AmountRule.FIXED,
  remainder: AmountRule.REMAINDER,
  fee: AmountRule.FEE,
} as const satisfies Record<OutputRecipe["amount"]["kind"], AmountRule>;

const SHAPE_RULES = {
  sats: AmountRule.FIXED,
  remainder: AmountRule.REMAINDER,
  feeBasisPoints: AmountRule.FEE,
} as const satisfies Record<OutputShape["amount"], AmountRule>;

const RESULTS = {
  good: ProposalResult.GOOD,
  bad: ProposalResult.BAD,
  undecided: ProposalResult.UNDECIDED,
  unchecked: ProposalResult.UNCHECKED,
} as const satisfies Record<LayoutVerdict["kind"], ProposalResult>;

/** @param job One that gateways can use. @param accountScript Stands in for a miner's account. */
export function explainVariants(
  job: Job,
  layouts: Layouts,
  accountScript: Uint8Array,
): MessageInitShape<typeof ExplainedVariantSchema>[] {
  const prepared = prepareJob(job);
  const network = job.network as Network;
  return [...prepared.variants.values()].map((recipe) => {
    const outputs = coinbaseOutputs(recipe, job.coinbaseValue as Sats, accountScript);
    const suffix = variantSuffix(prepared, recipe.id, accountScript);
    const asked = layouts.of(job, recipe.id);
    return {
      id: recipe.id,
      name: recipe.name,
      snapshotId: toHex(recipe.snapshotId),
      outputs: recipe.outputs.map((output, i) => explainOutput(output, outputs[i]!, network)),
      coinbaseBytes: job.coinbasePrefix.length + EXTRANONCE1_BYTES + EXTRANONCE2_BYTES +
        suffix.length,
      proposal: asked === undefined ? ProposalResult.UNSPECIFIED : resultOf(asked.verdict),
    };
  });
}

function explainOutput(
  { amount, payee }: OutputRecipe,
  { sats }: Output,
  network: Network,
): MessageInitShape<typeof ExplainedOutputSchema> {
  const script = payee.kind === "script" ? payee.script : null;
  return {
    amountSats: sats,
    rule: RULES[amount.kind],
    feeBasisPoints: amount.kind === "fee" ? amount.basisPoints : 0,
    sessionAccount: script === null,
    address: script === null ? "" : canonicalAddress(script, network) ?? "",
    script: script === null ? "" : toHex(script),
  };
}

/** @param current The job that is out. */
export function explainLayout(
  asked: AskedLayout,
  current: Job | null,
): MessageInitShape<typeof CoinbaseLayoutSchema> {
  const { key, verdict, variantId } = asked;
  return {
    variantId,
    variant: asked.variant,
    snapshotId: toHex(asked.snapshotId),
    prefixBytes: asked.prefixBytes,
    commits: asked.commits,
    outputs: outputsIn(key).map(({ amount, scriptBytes }) => ({
      rule: SHAPE_RULES[amount],
      scriptBytes: scriptBytes ?? 0,
    })),
    result: resultOf(verdict),
    reason: verdict.kind === "good" ? "" : verdict.reason,
    node: asked.node,
    askedAtMs: msOf(asked.atMs),
    jobId: asked.jobId,
    height: asked.height,
    inUse: current?.variants.some(({ id }) => id === variantId && layoutKey(current, id) === key) ??
      false,
  };
}

export function resultOf({ kind }: LayoutVerdict): ProposalResult {
  return RESULTS[kind];
}

/** Milliseconds since the Unix epoch as messages have them; 0 for what never was. */
export function msOf(ms: number | null | undefined): bigint {
  return BigInt(Math.round(ms ?? 0));
}
