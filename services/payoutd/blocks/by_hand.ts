/**
 * The way out for a block that cannot be split: an operator has it booked as its coinbase paid.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import { ownAccounts, type Tx } from "@gopool/ledger";
import { type Block, blockOf, coinbaseOf, settleBlock } from "@gopool/ledger/blocks";
import { paymentsOf } from "./payments.ts";

export interface ByHand {
  readonly operator: string;
  readonly reason: string;
  readonly atMs: number;
}

/**
 * Splits a block without shares or snapshot: whom its coinbase paid was owed just that, and the pool's part goes to
 * "unclaimed", from where an operator may move it. In a money transaction; noted as an adjustment.
 *
 * @returns Null, or why not, as a sentence.
 */
export async function settleAsPaid(
  tx: Tx,
  hash: Uint8Array,
  network: Network,
  { operator, reason, atMs }: ByHand,
): Promise<string | null> {
  const block = await blockOf(tx, hash, { lock: true });
  const why = whyNot(block);
  if (why !== null) return why;
  const coinbase = (await coinbaseOf(tx, block!))!;
  const { byAccount } = await paymentsOf(tx, coinbase, null, new Set(), network);
  const [adjustment] = await tx.query<{ id: bigint }>(
    `INSERT INTO adjustment (kind, operator, reason, detail, at_ms)
     VALUES ('settle_as_paid', $1, $2, jsonb_build_object('block', encode($3::bytea, 'hex')), $4) RETURNING id`,
    [operator, reason, hash, atMs],
  );
  const rates = { weight: 0n, feeBasisPoints: 0, donationBasisPoints: 0 };
  const paid = [...byAccount].map(([account, payment]) => ({
    ...rates,
    ...payment,
    account,
    sats: payment.paid,
  }));
  const rest = paid.reduce((left, { sats }) => left - sats, block!.value!);
  const { unclaimed } = await ownAccounts(tx);
  const kept = { ...rates, account: unclaimed, sats: rest, paid: 0n, carried: 0n };
  await settleBlock(tx, hash, {
    scheme: "operator",
    credits: rest > 0n ? [...paid, kept] : paid,
    fee: 0n,
    donation: 0n,
    basis: { adjustment: String(adjustment!.id) },
    remarks: [`Booked as its coinbase paid, by ${operator}: ${reason}`],
  }, atMs);
  return null;
}

function whyNot(block: Block | null): string | null {
  if (block === null) return "The ledger knows no such block";
  if (block.scheme !== null) return `It is split already, by ${block.scheme}`;
  return block.coinbaseTxid === null || block.state === "found" || block.state === "orphaned"
    ? "It is not on the chain, as far as the ledger knows"
    : null;
}
