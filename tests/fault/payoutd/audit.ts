/**
 * The books held against everything that can be known without them: the shares that were judged valid, the blocks that
 * stand on the chain, and the transactions that the chain holds.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { asHash, canonicalAddress, decodeBlock, hashFromDisplay, isCoinbase } from "@gopool/chain";
import type { FreshLedger } from "@gopool/ledger/fixture";
import type { TestChain } from "@gopool/node/fixture";
import { FEE_BASIS_POINTS, WINDOW_THOUSANDTHS } from "./compose.ts";
import type { Feeder } from "./feeder.ts";
import { Reference } from "./reference.ts";

/** For a feeder: whether the books call all of these orphans. */
export function orphanedIn({ ask }: Asking): (hashes: readonly string[]) => Promise<boolean> {
  return async (hashes) => {
    const [row] = await ask<{ left: bigint }>(
      "SELECT count(*) AS left FROM block WHERE encode(hash, 'hex') = ANY($1) AND state <> 'orphaned'",
      [hashes.map((hash) => hashFromDisplay(hash).toHex())],
    );
    return row!.left === 0n;
  };
}

type Asking = Pick<FreshLedger, "ask">;

/** What a run came to. */
export interface Audit {
  readonly shares: number;
  /** Shares by which sums of the books differ from what was judged, below and above it. */
  readonly lost: number;
  readonly doubled: number;
  readonly blocks: number;
  readonly orphaned: number;
  /** Blocks that were credited more than once, each time after a reversal. */
  readonly returned: number;
  readonly payouts: number;
  readonly lines: number;
  /** Confirmations that a reorganisation took back. */
  readonly unconfirmed: number;
  readonly paidSats: bigint;
  readonly letters: number;
}

/** Fails with the first difference. Everything that is due must be paid, and payoutd be at rest. */
export async function audit(
  ledger: Asking,
  chain: TestChain,
  feeder: Feeder,
  poolAddress: string,
): Promise<Audit> {
  const shares = await auditShares(ledger, feeder);
  const blocks = await auditBlocks(ledger, chain, feeder);
  const paid = await paidOnChain(chain, poolAddress);
  const payouts = await auditPayouts(ledger, paid);
  const balances = await ledger.ask<{ name: string; sats: bigint }>(
    `SELECT name, sum(sats)::bigint AS sats FROM balance JOIN account a ON a.id = account_id
     WHERE kind = 'miner' GROUP BY name HAVING sum(sats) <> 0 ORDER BY name`,
  );
  const owed = new Map(blocks.credits);
  for (const { account, sats } of paid) owed.set(account, (owed.get(account) ?? 0n) - sats);
  assertEquals(
    Object.fromEntries(balances.map(({ name, sats }) => [name, sats])),
    Object.fromEntries([...owed].filter(([, sats]) => sats !== 0n).sort()),
    "every balance is what the blocks of the chain credit, less what the chain has paid",
  );
  const letters = await auditLetters(ledger, feeder);
  const { credits: _, ...counts } = blocks;
  return { ...shares, ...counts, ...payouts, letters };
}

export async function auditShares(ledger: Asking, { counted }: Feeder) {
  const rows = await ledger.ask<
    { minute: number; name: string; nbits: number; shares: bigint; work: bigint }
  >(
    `SELECT minute, name, nbits, sum(shares)::bigint AS shares, sum(work) AS work
     FROM slice_minute JOIN account ON id = account_id GROUP BY minute, name, nbits`,
  );
  const [late] = await ledger.ask<{ count: bigint }>("SELECT count(*) FROM late_share");
  assertEquals(late!.count, 0n, "shares that came when their minute was closed");
  const wanted = new Map<string, { shares: number; work: bigint }>();
  for (const { account, loggedAtMs, nbits, work } of counted) {
    const key = `${Math.floor(loggedAtMs / 60_000)}/${account}/${nbits}`;
    const sum = wanted.get(key) ?? { shares: 0, work: 0n };
    wanted.set(key, { shares: sum.shares + 1, work: sum.work + work });
  }
  let lost = 0, doubled = 0;
  const wrong: string[] = [];
  for (const { minute, name, nbits, shares, work } of rows) {
    const key = `${minute}/${name}/${nbits}`;
    const sum = wanted.get(key) ?? { shares: 0, work: 0n };
    wanted.delete(key);
    lost += Math.max(0, sum.shares - Number(shares));
    doubled += Math.max(0, Number(shares) - sum.shares);
    if (sum.work !== work) wrong.push(`${key}: ${shares} shares of ${work}, not ${sum.shares}`);
  }
  for (const { shares } of wanted.values()) lost += shares;
  assertEquals({ lost, doubled, wrong }, { lost: 0, doubled: 0, wrong: [] });
  return { shares: counted.length, lost, doubled };
}

/** States and credits of blocks; what each account has earned by those that stand. */
async function auditBlocks(ledger: Asking, { node }: TestChain, feeder: Feeder) {
  const rows = await ledger.ask<{ hash: string; state: string; epoch: number }>(
    `SELECT encode(hash, 'hex') AS hash, state, epoch FROM block`,
  );
  const inBooks = new Map(rows.map((row) => [row.hash, row]));
  // Of all its transfers, whatever they are called.
  const left = await ledger.ask<{ hash: string; name: string; sats: bigint }>(
    `SELECT encode(block_hash, 'hex') AS hash, name, sum(sats)::bigint AS sats
     FROM entry JOIN transfer t ON t.id = transfer_id JOIN account a ON a.id = account_id
     WHERE block_hash IS NOT NULL AND a.kind = 'miner' GROUP BY 1, 2 HAVING sum(sats) <> 0`,
  );
  const found = new Map<string, Record<string, bigint>>();
  for (const { hash, name, sats } of left) {
    found.set(hash, { ...found.get(hash), [name]: sats });
  }
  const reference = new Reference(feeder.counted);
  const credits = new Map<string, bigint>();
  let orphaned = 0, fees = 0n;
  for (const block of feeder.announced) {
    const hash = hashFromDisplay(block.hash).toHex();
    const stands = ((await node.confirmations(hashFromDisplay(block.hash))) ?? 0) > 0;
    const state = inBooks.get(hash)?.state;
    assertEquals(state, stands ? "mature" : "orphaned", `the state of block ${block.hash}`);
    if (!stands) orphaned++;
    // One that is not (any more) on the chain moved nothing, or took it back; a coinbase that paid its finder left nothing.
    const due = stands && !block.solo
      ? reference.split(block, BigInt(WINDOW_THOUSANDTHS), BigInt(FEE_BASIS_POINTS))
      : { fee: 0n, credits: new Map<string, bigint>() };
    assertEquals(
      found.get(hash) ?? {},
      Object.fromEntries([...due.credits].filter(([, sats]) => sats > 0n)),
      `what is left of the credits of block ${block.hash}`,
    );
    fees += due.fee;
    for (const [account, sats] of due.credits) {
      credits.set(account, (credits.get(account) ?? 0n) + sats);
    }
  }
  const known = new Set(feeder.announced.map(({ hash }) => hashFromDisplay(hash).toHex()));
  const strange = [...found.keys()].filter((hash) => !known.has(hash));
  assertEquals(strange, [], "blocks that credit somebody, and were not announced");
  assertEquals(
    rows.filter(({ hash, state }) => !known.has(hash) && state !== "found").length,
    0,
    "blocks that no node knows, and that are more than found",
  );
  assertEquals(rows.length - known.size, feeder.happened.unknownBlocks);
  const [fee] = await ledger.ask<{ sats: bigint | null }>(
    `SELECT sum(sats)::bigint AS sats FROM balance JOIN account a ON a.id = account_id WHERE kind = 'fee'`,
  );
  assertEquals(fee!.sats ?? 0n, fees, "the pool's fee");
  const returned = rows.filter(({ epoch }) => epoch > 0).length;
  return { blocks: feeder.announced.length, orphaned, returned, credits };
}

interface Paid {
  readonly txid: string;
  readonly account: string;
  readonly sats: bigint;
}

/** Outputs of the best chain's transactions that are no coinbases, but for what goes back to the pool. */
export async function paidOnChain({ sim, node }: TestChain, poolAddress: string): Promise<Paid[]> {
  const paid: Paid[] = [];
  for (let height = 0; height <= sim.height; height++) {
    const raw = await node.block(asHash((await node.hashAt(height))!));
    for (const transaction of decodeBlock(raw!).transactions) {
      if (isCoinbase(transaction)) continue;
      const txid = transaction.txid.toHex();
      for (const { sats, script } of transaction.outputs) {
        const account = canonicalAddress(script, "regtest")!;
        if (account !== poolAddress) paid.push({ txid, account, sats });
      }
    }
  }
  return paid;
}

/** Each debit stands on the chain exactly once, and nothing else was paid. */
export async function auditPayouts(ledger: Asking, paid: readonly Paid[]) {
  const lines = await ledger.ask<{ txid: string; account: string; sats: bigint; state: string }>(
    `SELECT encode(t.txid, 'hex') AS txid, a.name AS account, l.gross_sats - l.fee_sats AS sats, p.state
     FROM payout_line l JOIN payout p ON p.id = l.payout_id JOIN account a ON a.id = l.account_id
       LEFT JOIN payout_tx t ON t.payout_id = p.id AND t.attempt = p.confirmed_attempt
     WHERE p.state <> 'cancelled'`,
  );
  assertEquals(lines.filter(({ state }) => state !== "confirmed"), [], "payouts that are not done");
  const said = ({ txid, account, sats }: Paid) => `${txid} ${account} ${sats}`;
  assertEquals(paid.map(said).sort(), lines.map(said).sort(), "debits, as the chain has them");
  const [counts] = await ledger.ask<{ payouts: bigint; unconfirmed: bigint }>(
    `SELECT (SELECT count(*) FROM payout WHERE state = 'confirmed') AS payouts,
       (SELECT count(*) FROM transfer WHERE kind = 'payout_unconfirmed') AS unconfirmed`,
  );
  return {
    payouts: Number(counts!.payouts),
    unconfirmed: Number(counts!.unconfirmed),
    lines: lines.length,
    paidSats: lines.reduce((sum, { sats }) => sum + sats, 0n),
  };
}

export async function auditLetters(ledger: Asking, { lies }: Feeder): Promise<number> {
  const rows = await ledger.ask<{ topic: string; count: bigint; reasons: bigint }>(
    `SELECT topic, count(*) AS count, count(*) FILTER (WHERE reason <> '') AS reasons
     FROM dead_letter GROUP BY topic ORDER BY topic`,
  );
  const wanted = [
    { topic: "block.found", count: BigInt(lies.found), reasons: BigInt(lies.found) },
    { topic: "share.valid", count: BigInt(lies.valid), reasons: BigInt(lies.valid) },
  ];
  assertEquals(rows, wanted.filter(({ count }) => count > 0n), "dead letters");
  return lies.found + lies.valid;
}
