/**
 * The coinbases a job offers, as recipes. Ids are fixed: a share names its variant by them.
 *
 * @module
 */
import type { OutputRecipe, Sats, VariantRecipe } from "@gopool/chain";
import type { RewardSplit } from "@gopool/proto";
import { SMALL_COINBASE_BYTES, SPLIT_COINBASE_BYTES } from "./limits.ts";

/** Everything to the pool. */
export const VARIANT_POOL = 0;
/** The finder's account takes it all, less the pool's fee. */
export const VARIANT_SOLO = 1;
/** The accounts of the latest reward split. */
export const VARIANT_SPLIT = 2;
/** As many of them as a small coinbase holds, largest first; the pool takes the rest for them. */
export const VARIANT_SPLIT_SMALL = 3;

export interface VariantSettings {
  readonly poolScript: Uint8Array;
  readonly soloFeeBasisPoints: number;
}

const NO_SNAPSHOT = new Uint8Array();
/** Value, length byte and the longest script that is paid to (P2WSH, P2TR: 34 bytes). */
const OUTPUT_BYTES = 8 + 1 + 34;
/** Everything of a coinbase that is not a payout: version to extranonce, sequence, commitment, lock time. */
const FRAME_BYTES = 180;

/** The variants of the next job. `split` is the latest one that is still fresh, if any. */
export function variantsOf(
  { poolScript, soloFeeBasisPoints }: VariantSettings,
  split: RewardSplit | undefined,
  coinbaseValue: Sats,
): VariantRecipe[] {
  const pool: OutputRecipe = {
    amount: { kind: "remainder" },
    payee: { kind: "script", script: poolScript },
  };
  const fee: OutputRecipe[] = soloFeeBasisPoints === 0 ? [] : [{
    amount: { kind: "fee", basisPoints: soloFeeBasisPoints },
    payee: { kind: "script", script: poolScript },
  }];
  const solo: OutputRecipe = { amount: { kind: "remainder" }, payee: { kind: "account" } };
  const variants: VariantRecipe[] = [
    { id: VARIANT_POOL, name: "pool", outputs: [pool], snapshotId: NO_SNAPSHOT },
    { id: VARIANT_SOLO, name: "solo", outputs: [solo, ...fee], snapshotId: NO_SNAPSHOT },
  ];
  if (split === undefined) return variants;
  const paid = fixedOutputs(split);
  const add = (id: number, name: string, bytes: number) => {
    const outputs = fitting(paid, bytes, coinbaseValue);
    if (outputs.length > 0) {
      variants.push({ id, name, outputs: [...outputs, pool], snapshotId: split.snapshotId });
    }
  };
  add(VARIANT_SPLIT, "split", SPLIT_COINBASE_BYTES);
  add(VARIANT_SPLIT_SMALL, "split-small", SMALL_COINBASE_BYTES);
  return variants;
}

/** Outputs of fixed amounts to scripts, largest first; what pays the remainder is the pool's own output. */
function fixedOutputs(split: RewardSplit): OutputRecipe[] {
  const outputs = split.outputs.flatMap(({ amount, payee }) =>
    amount.case === "sats" && payee.case === "script"
      ? [{ sats: amount.value as Sats, script: payee.value }]
      : []
  );
  return outputs
    .toSorted((a, b) => a.sats === b.sats ? 0 : a.sats > b.sats ? -1 : 1)
    .map(({ sats, script }) => ({
      amount: { kind: "sats", sats },
      payee: { kind: "script", script },
    }));
}

/** The first outputs that fit into the coinbase's bytes and its value. */
function fitting(outputs: OutputRecipe[], bytes: number, value: Sats): OutputRecipe[] {
  const room = Math.floor((bytes - FRAME_BYTES) / OUTPUT_BYTES) - 1; // the pool's own
  const kept: OutputRecipe[] = [];
  let left: bigint = value;
  for (const output of outputs.slice(0, Math.max(0, room))) {
    const sats: bigint = output.amount.kind === "sats" ? output.amount.sats : 0n;
    if (sats > left) break; // fees fell since the split was made
    left -= sats;
    kept.push(output);
  }
  return kept;
}
