/**
 * Who is due: which balances are paid now, which wait, and which cannot be paid although they should. Pure.
 *
 * @module
 */
import { canonicalAddress, type Network } from "@gopool/chain";
import type { Aside, DueBalance } from "@gopool/ledger/payouts";
import type { Payee } from "./deps.ts";
import { dustLimit } from "./fees.ts";
import type { DueLine } from "./plan.ts";

export interface Eligible {
  /** In the order of the balances. */
  readonly lines: readonly DueLine[];
  /** Due, and not payable: one of these never holds up the others. */
  readonly asides: readonly Aside[];
}

export function eligible(
  balances: readonly DueBalance[],
  payees: ReadonlyMap<string, Payee | string>,
  leftOut: ReadonlySet<number>,
  rules: { readonly network: Network; readonly thresholdSats: bigint },
): Eligible {
  const lines: DueLine[] = [];
  const asides: Aside[] = [];
  for (const balance of balances) {
    const { account, name, sats } = balance;
    if (leftOut.has(account)) continue;
    const payee = payees.get(name);
    if (payee === undefined || typeof payee === "string") {
      // Nobody can say what its own threshold would be.
      if (sats < rules.thresholdSats) continue;
      asides.push({ account, reason: payee ?? "nobody knows where to pay it" });
      continue;
    }
    const { script, threshold } = payee;
    if (sats < threshold) continue;
    const why = whyNotPayable(script, sats, rules.network);
    if (why === null) lines.push({ ...balance, script });
    else asides.push({ account, reason: why });
  }
  return { lines, asides };
}

function whyNotPayable(script: Uint8Array, sats: bigint, network: Network): string | null {
  if (canonicalAddress(script, network) === null) {
    return "its payout script is none of an address: nodes would not relay the payment";
  }
  if (isOfFutureVersion(script)) {
    return "its address is of a witness version without rules yet: anybody could spend what is paid there, " +
      "and some nodes do not relay it";
  }
  const least = dustLimit(script);
  return sats < least
    ? `its ${sats} sats are dust: nodes relay ${least} and more to its script`
    : null;
}

const OP_1 = 0x51;
const OP_16 = 0x60;
const TAPROOT_SCRIPT_BYTES = 34;

/** A witness program other than those of version 0 and taproot (BIP 141, BIP 341). One of them would hold up a batch. */
function isOfFutureVersion(script: Uint8Array): boolean {
  const version = script[0]!;
  return version >= OP_1 && version <= OP_16 &&
    !(version === OP_1 && script.length === TAPROOT_SCRIPT_BYTES);
}
