/**
 * Who the next coinbase pays, and how much. Pure.
 *
 * @module
 */

/** What is known of an account when a coinbase's outputs are chosen. */
export interface Claimant {
  /** Id in the ledger. */
  readonly account: number;
  readonly address: string;
  /** Where it is paid. */
  readonly script: Uint8Array;
  /** Its share of the divided value, whole satoshi. */
  readonly credit: bigint;
  /** Mature balance: below zero where more was paid than was owed. */
  readonly balance: bigint;
  /** From here on its balance is paid by payouts, and no coinbase carries it. */
  readonly threshold: bigint;
}

export interface OutputBounds {
  /** Smaller outputs are left out: their amount stays owed. */
  readonly minSats: bigint;
  readonly maxOutputs: number;
}

export interface ChosenOutput {
  readonly account: number;
  readonly script: Uint8Array;
  readonly sats: bigint;
  readonly carried: bigint;
}

/**
 * Outputs, largest first (equal ones by address). An output is the account's share, more by a small balance that is
 * owed from before, less by what it owes. Of accounts that are paid to one script only the first is paid here, so that
 * what a coinbase paid can be told by its scripts; the others stay owed.
 */
export function chooseOutputs(
  claimants: readonly Claimant[],
  { minSats, maxOutputs }: OutputBounds,
): ChosenOutput[] {
  const chosen = claimants.flatMap((claimant) => {
    const { credit, balance, threshold } = claimant;
    const carried = balance > 0n && balance < threshold ? balance : 0n;
    const sats = credit + carried + (balance < 0n ? balance : 0n);
    return sats >= minSats && sats > 0n ? [{ ...claimant, sats, carried }] : [];
  }).toSorted((a, b) =>
    a.sats === b.sats ? (a.address < b.address ? -1 : 1) : a.sats > b.sats ? -1 : 1
  );
  const scripts = new Set<string>();
  const outputs: ChosenOutput[] = [];
  for (const { account, script, sats, carried } of chosen) {
    if (outputs.length === maxOutputs) break;
    const key = script.join();
    if (scripts.has(key)) continue;
    scripts.add(key);
    outputs.push({ account, script, sats, carried });
  }
  return outputs;
}
