/**
 * Who a coinbase pays, as a recipe: a variant changes only what follows the extranonce, and everybody who knows
 * the recipe, the coinbase's value and the session's account builds the same bytes.
 *
 * @module
 */
import { MAX_SUPPLY_SATS, type Sats, sats } from "./units.ts";

/** One output of a variant: an amount for a payee. */
export interface OutputRecipe {
  readonly amount:
    | { readonly kind: "sats"; readonly sats: Sats }
    /** What the other outputs leave. Exactly one output of a variant has it. */
    | { readonly kind: "remainder" }
    /** floor(coinbase value * basisPoints / 10000). */
    | { readonly kind: "fee"; readonly basisPoints: number };
  readonly payee:
    | { readonly kind: "script"; readonly script: Uint8Array }
    /** The scriptPubKey of the session's account, as in SOLO. */
    | { readonly kind: "account" };
}

export interface VariantRecipe {
  /** Unique within a job; an unsigned 32-bit integer. */
  readonly id: number;
  /** For people: "pool", "small", "solo", "split". */
  readonly name: string;
  readonly outputs: readonly OutputRecipe[];
  /** The ledger's snapshot that fixed amounts rest on; empty where they rest on none. */
  readonly snapshotId: Uint8Array;
}

// The ids are fixed: shares and blocks name their variant by them.

/** Everything to the pool: the one variant that every job has. */
export const VARIANT_POOL = 0;
/** The finder's account takes it all, less the pool's fee. */
export const VARIANT_SOLO = 1;
/** The accounts of the latest reward split. */
export const VARIANT_SPLIT = 2;
/** As many of them as a small coinbase holds, largest first; the pool takes the rest for them. */
export const VARIANT_SMALL = 3;

/** An output as it stands in a coinbase. */
export interface Output {
  readonly sats: Sats;
  readonly script: Uint8Array;
}

export const BASIS_POINTS = 10_000;
/**
 * Most outputs of a variant. 1,000 outputs of usual length make a coinbase of 43 kB, more than twice what the roomiest
 * firmware takes (16 kB), while a job's message stays small.
 */
export const OUTPUTS_MAX = 1_000;
/** Longest script an output may have. No address needs more than 42 bytes; the rest is room for bare multisig. */
export const SCRIPT_MAX_BYTES = 520;

/**
 * Checks what can be checked without a coinbase's value.
 *
 * @throws {RangeError} In a sentence: a malformed id, no or too many outputs, not exactly one remainder, fees
 * beyond the whole, fixed amounts beyond all bitcoins, an empty or overlong script.
 */
export function assertVariant(recipe: VariantRecipe): void {
  const refuse = (why: string): never => {
    throw new RangeError(`Cannot use coinbase variant ${recipe.id} ("${recipe.name}"): ${why}`);
  };
  const { id, outputs } = recipe;
  if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff) refuse("its id must be a uint32");
  if (outputs.length === 0) refuse("must have an output");
  if (outputs.length > OUTPUTS_MAX) {
    refuse(`must have at most ${OUTPUTS_MAX} outputs, has ${outputs.length}`);
  }
  let remainders = 0, basisPoints = 0, fixed = 0n;
  for (const { amount, payee } of outputs) {
    switch (amount.kind) {
      case "remainder":
        remainders++;
        break;
      case "fee":
        if (
          !Number.isInteger(amount.basisPoints) || amount.basisPoints < 0 ||
          amount.basisPoints > BASIS_POINTS
        ) {
          refuse(
            `a fee must be a whole number of 0 to 10000 basis points, is ${amount.basisPoints}`,
          );
        }
        basisPoints += amount.basisPoints;
        break;
      case "sats":
        if (amount.sats < 0n) refuse(`an amount must be >= 0 sats, is ${amount.sats}`);
        fixed += amount.sats;
        break;
    }
    if (payee.kind === "script") {
      const { length } = payee.script;
      // An empty script can be spent by anybody.
      if (length === 0) refuse("an output's script is empty");
      if (length > SCRIPT_MAX_BYTES) {
        refuse(`an output's script must have at most ${SCRIPT_MAX_BYTES} bytes, has ${length}`);
      }
    }
  }
  if (remainders !== 1) refuse(`exactly one output must take the remainder, ${remainders} do`);
  if (basisPoints > BASIS_POINTS) {
    refuse(`its fees must add up to at most 10000 basis points, they are ${basisPoints}`);
  }
  if (fixed > MAX_SUPPLY_SATS) {
    refuse(`its fixed amounts are ${fixed} sats: more than there will be`);
  }
}

/** Whether a session needs an account before it can be given this variant's work. */
export function paysAccount(recipe: VariantRecipe): boolean {
  return recipe.outputs.some(({ payee }) => payee.kind === "account");
}

/**
 * The outputs of a coinbase worth `coinbaseValue`, in the recipe's order; they add up to it exactly.
 *
 * @param accountScript The session's account; null where it has none.
 * @throws {RangeError} The recipe is malformed, asks for more than there is, or pays an account that is missing.
 */
export function coinbaseOutputs(
  recipe: VariantRecipe,
  coinbaseValue: Sats,
  accountScript: Uint8Array | null,
): Output[] {
  assertVariant(recipe);
  let left: bigint = sats(coinbaseValue);
  const amounts = recipe.outputs.map(({ amount }) => {
    if (amount.kind === "remainder") return null;
    const part = amount.kind === "sats"
      ? amount.sats
      : coinbaseValue * BigInt(amount.basisPoints) / BigInt(BASIS_POINTS);
    left -= part;
    return part;
  });
  if (left < 0n) {
    throw new RangeError(
      `Cannot build coinbase variant ${recipe.id} ("${recipe.name}"): its outputs ask for ` +
        `${-left} sats more than the ${coinbaseValue} there are`,
    );
  }
  return recipe.outputs.map(({ payee }, i) => ({
    sats: sats(amounts[i] ?? left),
    script: payee.kind === "script" ? payee.script : requireAccount(recipe, accountScript),
  }));
}

function requireAccount(recipe: VariantRecipe, script: Uint8Array | null): Uint8Array {
  if (script === null || script.length === 0) {
    throw new RangeError(
      `Cannot build coinbase variant ${recipe.id} ("${recipe.name}"): it pays the session's ` +
        "account, and there is none",
    );
  }
  return script;
}
