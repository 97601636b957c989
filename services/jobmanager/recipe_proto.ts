/**
 * A recipe as it travels in a job.
 *
 * @module
 */
import type { OutputRecipe, VariantRecipe } from "@gopool/chain";
import {
  type CoinbaseOutput,
  CoinbaseOutputSchema,
  type CoinbaseVariant,
  CoinbaseVariantSchema,
  create,
} from "@gopool/proto";

/** The proto form; shares/job.ts reads it back. */
export function toProto({ id, name, outputs, snapshotId }: VariantRecipe): CoinbaseVariant {
  return create(CoinbaseVariantSchema, { id, name, snapshotId, outputs: outputs.map(output) });
}

function output({ amount, payee }: OutputRecipe): CoinbaseOutput {
  const out = create(CoinbaseOutputSchema);
  if (amount.kind === "sats") out.amount = { case: "sats", value: amount.sats };
  else if (amount.kind === "remainder") out.amount = { case: "remainder", value: true };
  else out.amount = { case: "feeBasisPoints", value: amount.basisPoints };
  out.payee = payee.kind === "account"
    ? { case: "sessionAccount", value: true }
    : { case: "script", value: payee.script };
  return out;
}
