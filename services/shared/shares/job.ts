/**
 * A job as gateway and judge hold it: read and checked once, so that nothing on the way of a share can fail
 * for the job's sake.
 *
 * @module
 */
import {
  assertVariant,
  coinbaseSuffix,
  concat,
  EXTRANONCE1_BYTES,
  EXTRANONCE2_BYTES,
  type OutputRecipe,
  type Sats,
  type Target,
  targetFromBits,
  targetToBytes,
  type VariantRecipe,
} from "@gopool/chain";
import type { CoinbaseOutput, CoinbaseVariant, Job } from "@gopool/proto";

/** Deepest merkle branch: 2^32 transactions, far beyond what 4 MB of block weight can hold (BIP 141). */
export const BRANCH_MAX = 32;
/** Longest coinbase without witness: what 1,000,000 bytes of stripped block leave at most. */
export const COINBASE_MAX_BYTES = 1_000_000;

const HASH_BYTES = 32;
/** OP_RETURN, push of 36, 4 bytes of header, 32 of hash (BIP 141). */
const COMMITMENT_SCRIPT_BYTES = 38;

/** A checked job with what is derived from it. */
export interface PreparedJob {
  readonly job: Job;
  /** 16 lower-case hex digits. */
  readonly id: string;
  readonly height: number;
  readonly networkTarget: Target;
  /** The network target as 32 bytes, big-endian. */
  readonly target32: Uint8Array;
  /** Lowest ntime the network takes, seconds. */
  readonly minNtime: number;
  /** 32 bytes, internal order. */
  readonly previousHash: Uint8Array;
  /** By variant id. */
  readonly variants: ReadonlyMap<number, VariantRecipe>;
}

/**
 * Checks a job as it came from `mining.jobs` and derives what every share of it needs.
 *
 * @throws {RangeError} Naming the job and what is wrong with it.
 */
export function prepareJob(job: Job): PreparedJob {
  const refuse = (what: string): never => {
    throw new RangeError(`Cannot use job ${JSON.stringify(job.id)}: ${what}`);
  };
  if (!/^[0-9a-f]{16}$/.test(job.id)) refuse("its id must be 16 lower-case hex digits");
  if (job.previousHash.length !== HASH_BYTES) refuse("its previous hash must have 32 bytes");
  if (job.coinbasePrefix.length === 0) refuse("it has no coinbase prefix");
  if (job.coinbasePrefix.length > COINBASE_MAX_BYTES) refuse("its coinbase prefix is too long");
  if (job.merkleBranch.length > BRANCH_MAX) refuse(`its branch is deeper than ${BRANCH_MAX}`);
  if (job.merkleBranch.some((hash) => hash.length !== HASH_BYTES)) {
    refuse("every hash of its branch must have 32 bytes");
  }
  const commitment = job.witnessCommitment.length;
  if (commitment !== 0 && commitment !== COMMITMENT_SCRIPT_BYTES) {
    refuse("its witness commitment must have 38 bytes, or none");
  }
  if ((job.version & job.versionMask) !== 0) refuse("its version has bits inside the rolling mask");
  const networkTarget = targetFromBits(job.nbits);
  if (networkTarget <= 0n) refuse("its nbits give no target");
  if (job.variants.length === 0) refuse("it has no coinbase variant");
  const variants = new Map<number, VariantRecipe>();
  for (const variant of job.variants) {
    if (variants.has(variant.id)) refuse(`it has variant ${variant.id} twice`);
    try {
      const recipe = recipeOf(variant);
      assertVariant(recipe);
      variants.set(variant.id, recipe);
    } catch (error) {
      refuse(`its variant ${variant.id}: ${(error as Error).message}`);
    }
  }
  return {
    job,
    id: job.id,
    height: job.height,
    networkTarget,
    target32: targetToBytes(networkTarget),
    minNtime: job.minNtime,
    previousHash: job.previousHash,
    variants,
  };
}

/**
 * What follows the extranonce in the coinbase (no witness), as gateway and judge both build it.
 *
 * @param accountScript scriptPubKey of the session's account; null where none is authorised.
 * @throws {RangeError} The job has no such variant; the variant pays the account and there is none; or its
 *   outputs cannot add up to the coinbase value.
 */
export function variantSuffix(
  prepared: PreparedJob,
  variantId: number,
  accountScript: Uint8Array | null,
): Uint8Array {
  const recipe = prepared.variants.get(variantId);
  if (recipe === undefined) {
    throw new RangeError(`Job ${prepared.id} has no coinbase variant ${variantId}`);
  }
  const { job } = prepared;
  return coinbaseSuffix({
    recipe,
    coinbaseValue: job.coinbaseValue as Sats,
    accountScript,
    witnessCommitment: job.witnessCommitment,
    scriptSigTail: job.scriptSigTail,
    height: job.height,
  });
}

/**
 * The whole coinbase as the txid commits to it (no witness).
 *
 * @throws {RangeError} An extranonce has another length than 4 and 8 bytes.
 */
export function coinbaseOf(
  prepared: PreparedJob,
  suffix: Uint8Array,
  extranonce1: Uint8Array,
  extranonce2: Uint8Array,
): Uint8Array {
  if (extranonce1.length !== EXTRANONCE1_BYTES || extranonce2.length !== EXTRANONCE2_BYTES) {
    throw new RangeError(
      `Cannot build a coinbase with extranonces of ${extranonce1.length} and ${extranonce2.length} bytes: ` +
        `must be ${EXTRANONCE1_BYTES} and ${EXTRANONCE2_BYTES}`,
    );
  }
  return concat(prepared.job.coinbasePrefix, extranonce1, extranonce2, suffix);
}

function recipeOf(variant: CoinbaseVariant): VariantRecipe {
  return {
    id: variant.id,
    name: variant.name,
    outputs: variant.outputs.map(outputOf),
    snapshotId: variant.snapshotId,
  };
}

function outputOf({ amount, payee }: CoinbaseOutput): OutputRecipe {
  return { amount: amountOf(amount), payee: payeeOf(payee) };
}

function amountOf(amount: CoinbaseOutput["amount"]): OutputRecipe["amount"] {
  switch (amount.case) {
    case "sats":
      return { kind: "sats", sats: amount.value as Sats };
    case "feeBasisPoints":
      return { kind: "fee", basisPoints: amount.value };
    case "remainder":
      if (amount.value) return { kind: "remainder" };
  }
  throw new RangeError("an output has no amount");
}

function payeeOf(payee: CoinbaseOutput["payee"]): OutputRecipe["payee"] {
  switch (payee.case) {
    case "script":
      return { kind: "script", script: payee.value };
    case "sessionAccount":
      if (payee.value) return { kind: "account" };
  }
  throw new RangeError("an output pays nobody");
}
