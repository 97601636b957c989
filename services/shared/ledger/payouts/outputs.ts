/**
 * The transaction of an attempt, as it follows from the ledger: inputs and outputs in the order of BIP 69, so that it
 * tells nothing about which output is change, and is the same whenever it is worked out.
 *
 * @module
 */
import { reversed } from "@gopool/chain";
import type { Attempt, Payout, PayoutCoin } from "./types.ts";

export interface PaidOutput {
  readonly sats: bigint;
  readonly script: Uint8Array;
  /** Goes back to the pool. */
  readonly change: boolean;
}

/** The coins in the order in which the transaction spends them: by txid as it is displayed, then by index. */
export function inputsOf({ inputs }: Pick<Attempt, "inputs">): PayoutCoin[] {
  return inputs.toSorted((a, b) =>
    compareBytes(reversed(a.txid), reversed(b.txid)) || a.vout - b.vout
  );
}

/** The outputs in their order: by amount, then by script; of two that are equal the change comes last. */
export function outputsOf(
  { lines, changeScript }: Pick<Payout, "lines" | "changeScript">,
  { changeSats }: Pick<Attempt, "changeSats">,
): PaidOutput[] {
  const outputs = lines.map(({ script, grossSats, feeSats }) => ({
    sats: grossSats - feeSats,
    script,
    change: false,
  }));
  if (changeSats > 0n) outputs.push({ sats: changeSats, script: changeScript, change: true });
  return outputs.toSorted((a, b) =>
    a.sats < b.sats ? -1 : a.sats > b.sats ? 1 : compareBytes(a.script, b.script)
  );
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}
