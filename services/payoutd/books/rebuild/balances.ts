/** Balances afresh: what was computed of blocks and minutes, what was paid out, and what operators posted. @module */
import type { Tx } from "@gopool/ledger";
import type { Block } from "@gopool/ledger/blocks";
import type { Differences } from "./differences.ts";
import type { Split } from "./split.ts";

/** Both balances of an account. */
interface Both {
  immature: bigint;
  mature: bigint;
}

/** Sums by account as they are found: as many as there are accounts, however many blocks there were. */
export class Balances {
  readonly #sums = new Map<string, Both>();

  add(account: string, bucket: keyof Both, sats: bigint): void {
    let both = this.#sums.get(account);
    if (both === undefined) this.#sums.set(account, both = { immature: 0n, mature: 0n });
    both[bucket] += sats;
  }

  /** What a block brought, and what its coinbase paid, if it is booked. */
  addBlock({ booked, matured }: Pick<Block, "booked" | "matured">, split: Split): void {
    if (!booked) return;
    const bucket = matured ? "mature" : "immature";
    let value = split.fee + split.donation, paid = 0n;
    this.add("fee", bucket, split.fee);
    this.add("donation", bucket, split.donation);
    for (const [account, one] of split.got) {
      this.add(account, bucket, one.sats - (one.paid - one.carried));
      this.add(account, "mature", -one.carried);
      value += one.sats;
      paid += one.paid;
    }
    this.add(matured ? "wallet" : "rewards", bucket, paid - value);
  }

  /** Adds what was paid out and what operators posted, and compares. @returns How many accounts were compared. */
  async compare(tx: Tx, differences: Differences): Promise<number> {
    const add: Add = (account, bucket, sats) => this.add(account, bucket, sats);
    await addPayouts(tx, add);
    await addByHand(tx, add);
    return await compare(tx, this.#sums, differences);
  }
}

type Add = (account: string, bucket: keyof Both, sats: bigint) => void;

/** Of payments: the debits as their lines say, and where they went by the state they are in. */
async function addPayouts(tx: Tx, add: Add): Promise<void> {
  const rows = await tx.query<{ account: string; sats: bigint }>(
    `SELECT CASE WHEN kind = 'miner' THEN name ELSE kind END AS account, sum(sats) AS sats FROM (
       SELECT l.account_id, -l.gross_sats AS sats FROM payout_line l JOIN payout p ON p.id = l.payout_id
         WHERE p.state <> 'cancelled'
       UNION ALL SELECT a.id, p.gross_sats FROM payout p JOIN account a ON a.kind = 'transit'
         WHERE p.state NOT IN ('confirmed', 'cancelled')
       UNION ALL SELECT a.id, p.gross_sats - p.fee_share_sats + t.fee_sats FROM payout p
         JOIN payout_tx t ON t.payout_id = p.id AND t.attempt = p.confirmed_attempt
         JOIN account a ON a.kind = 'wallet'
       UNION ALL SELECT a.id, p.fee_share_sats - t.fee_sats FROM payout p
         JOIN payout_tx t ON t.payout_id = p.id AND t.attempt = p.confirmed_attempt
         JOIN account a ON a.kind = 'network_fee'
     ) m JOIN account ON account.id = account_id GROUP BY 1`,
  );
  for (const { account, sats } of rows) add(account, "mature", sats);
}

/** What operators posted stands in the books alone; so do coins that they had given up, and that came after all. */
async function addByHand(tx: Tx, add: Add): Promise<void> {
  const rows = await tx.query<{ account: string; bucket: number; sats: bigint }>(
    `SELECT CASE WHEN a.kind = 'miner' THEN a.name ELSE a.kind END AS account, e.bucket, sum(e.sats) AS sats
     FROM transfer t JOIN entry e ON e.transfer_id = t.id JOIN account a ON a.id = e.account_id
     WHERE t.adjustment_id IS NOT NULL OR t.kind = 'coin_found' GROUP BY 1, 2`,
  );
  for (const { account, bucket, sats } of rows) {
    add(account, bucket === 0 ? "immature" : "mature", sats);
  }
}

async function compare(
  tx: Tx,
  sums: ReadonlyMap<string, Both>,
  differences: Differences,
): Promise<number> {
  const rows = await tx.query<{ account: string; bucket: number; sats: bigint }>(
    `SELECT CASE WHEN kind = 'miner' THEN name ELSE kind END AS account, bucket, sats
     FROM balance JOIN account ON id = account_id`,
  );
  const theirs = new Map<string, Both>();
  for (const { account, bucket, sats } of rows) {
    const both = theirs.get(account) ?? { immature: 0n, mature: 0n };
    both[bucket === 0 ? "immature" : "mature"] = sats;
    theirs.set(account, both);
  }
  const accounts = new Set([...sums.keys(), ...theirs.keys()]);
  for (const account of accounts) {
    for (const bucket of ["immature", "mature"] as const) {
      const ours = sums.get(account)?.[bucket] ?? 0n;
      const found = theirs.get(account)?.[bucket] ?? 0n;
      if (ours === found) continue;
      differences.add(
        "balance",
        `${account}: its ${bucket} balance is computed as ${ours} sats, the ledger has ${found}`,
      );
    }
  }
  return accounts.size;
}
