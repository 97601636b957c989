/**
 * What a coinbase paid to others than the pool, by the account that it counts for.
 *
 * @module
 */
import { canonicalAddress, type Network } from "@gopool/chain";
import { accountsOf, ownAccounts, type Tx } from "@gopool/ledger";
import type { Coinbase, CoinbaseOutput } from "@gopool/ledger/blocks";
import type { SnapshotOutput } from "@gopool/ledger/snapshots";

export interface Payment {
  readonly paid: bigint;
  /** Of it, what was owed from before. */
  readonly carried: bigint;
}

export interface Payments {
  /** By id of the account. */
  readonly byAccount: ReadonlyMap<number, Payment>;
  /** What is odd, in sentences. */
  readonly remarks: readonly string[];
}

/**
 * Finds whom each output counts for: the account that the snapshot made it for, else the miner whose address its script
 * is. One whose script has no address counts as taken out by the operator.
 *
 * @param expected What the job's snapshot says; null where outputs rest on none.
 * @param known Addresses that outputs may pay without a remark: the finder, in a coinbase that pays him.
 */
export async function paymentsOf(
  tx: Tx,
  { outputs }: Coinbase,
  expected: readonly SnapshotOutput[] | null,
  known: ReadonlySet<string>,
  network: Network,
): Promise<Payments> {
  const others = outputs.filter(({ isPool }) => !isPool);
  const planned = new Map(expected?.map((output) => [output.script.toHex(), output]));
  // Each planned amount stands in one output, whole: the first to its script.
  const plans = others.map(({ script }) => {
    const plan = planned.get(script.toHex());
    planned.delete(script.toHex());
    return plan;
  });
  const strangers = others.filter((_, i) => plans[i] === undefined);
  const addresses = strangers.flatMap(({ script }) => canonicalAddress(script, network) ?? []);
  const ids = new Map(zip(addresses, await accountsOf(tx, addresses)));
  const own = await ownAccounts(tx);
  const remarks: string[] = [];

  const accountOf = (
    { position, sats, script }: CoinbaseOutput,
    plan: SnapshotOutput | undefined,
  ): { account: number; carried: bigint } => {
    if (plan !== undefined) {
      if (plan.sats !== sats) {
        remarks.push(`Output ${position} pays ${sats} sats, its snapshot says ${plan.sats}`);
      }
      return { account: plan.account, carried: plan.carried < sats ? plan.carried : sats };
    }
    const address = canonicalAddress(script, network);
    if (address === null) {
      remarks.push(
        `Output ${position} pays ${sats} sats to a script without an address: taken from the operator's account`,
      );
      return { account: own.operator, carried: 0n };
    }
    if (!known.has(address)) {
      remarks.push(`Output ${position} pays ${sats} sats to ${address}, as nothing here says`);
    }
    return { account: ids.get(address)!, carried: 0n };
  };

  const byAccount = new Map<number, Payment>();
  for (const [i, output] of others.entries()) {
    const { account, carried } = accountOf(output, plans[i]);
    const before = byAccount.get(account) ?? { paid: 0n, carried: 0n };
    byAccount.set(account, {
      paid: before.paid + output.sats,
      carried: before.carried + carried,
    });
  }
  return { byAccount, remarks };
}

function zip<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  return a.map((one, i) => [one, b[i]!]);
}
