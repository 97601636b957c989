/**
 * Books of thousands of miners: blocks that are split over all of them, their work in the window, payouts.
 *
 * @module
 */
import { canonicalAddress } from "@gopool/chain";
import {
  accountsOf,
  addPayout,
  openFees,
  openLedger,
  openLog,
  openSchedule,
  type Tx,
} from "@gopool/ledger";
import { closeThrough, minuteOf } from "@gopool/ledger/shares";
import { noteTerms } from "@gopool/ledger/terms";
import { systemClock } from "@gopool/runtime";

const SATS = 312_500_000n;
const NBITS = 0x1702f128;
/** Work of a slice, some 50 petahashes a second for a minute. */
const WORK = 3_000_000_000_000_000_000n;
/** Miners that a payout pays. */
const PAID = 500;
const PAYOUTS = 10;

/** Everybody's script: P2WPKH of a number. */
function scriptOf(n: number): Uint8Array {
  const bytes = new Uint8Array(22);
  bytes.set([0x00, 0x14]);
  new DataView(bytes.buffer).setUint32(2, n);
  return bytes;
}

export function addressOf(n: number): string {
  return canonicalAddress(scriptOf(n), "regtest")!;
}

export interface BooksStory {
  readonly accounts: readonly string[];
  /** The oldest first. */
  readonly blocksAtMs: readonly number[];
}

/** Migrates an empty database and fills it. */
export async function fillBooks(url: string, story: BooksStory): Promise<void> {
  const book = { pool: "gopool", network: "regtest", migrate: true };
  await using ledger = await openLedger(url, { clock: systemClock, ...book, statementMs: 120_000 });
  await ledger.transaction((tx) => fill(tx, story), { money: true });
  await ledger.transaction((tx) => tx.query("ANALYZE"));
}

async function fill(tx: Tx, { accounts, blocksAtMs }: BooksStory): Promise<void> {
  const nowMs = systemClock.now();
  await openSchedule(tx, { scheme: "pplns", params: { windowThousandths: 4_000 } }, 0);
  await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 0 }, 0);
  await noteTerms(tx, {
    thresholdSats: 500_000n,
    leastThresholdSats: 100_000n,
    addressDelayMs: 86_400_000,
    maturity: 100,
    feePayer: "pool",
  }, nowMs);
  await openLog(
    tx,
    { id: "log", busId: "log", beginsAtMs: 0, positions: [], adjustmentId: null },
    0,
  );
  const ids = await accountsOf(tx, accounts);
  await fillSlices(tx, ids, minuteOf(nowMs));
  await fillBlocks(tx, blocksAtMs);
  await fillPayouts(tx, ids, nowMs);
}

/** Four hours of work of everybody, in every tenth minute. */
async function fillSlices(tx: Tx, ids: readonly number[], untilMinute: number): Promise<void> {
  await tx.query(
    `INSERT INTO slice_minute (subsidy, minute, account_id, nbits, scheme, shares, work)
     SELECT 0, minute, id, $3, 'pplns', 7, $4::numeric + (id::bigint * 7919) % 1000003
     FROM generate_series($1::int, $2::int) AS minute, unnest($5::int[]) AS id
     WHERE (id + minute) % 10 = 0`,
    [untilMinute - 240, untilMinute - 3, NBITS, WORK, ids],
  );
  await closeThrough(tx, untilMinute - 3);
}

/** Credited as the ledger's functions do it, but in statements over all of them; all but the newest are mature. */
async function fillBlocks(tx: Tx, blocksAtMs: readonly number[]): Promise<void> {
  await tx.query(
    `INSERT INTO block (hash, height, found_at_ms, nbits, origin, job_id, variant, finder, worker, gateway, state,
       booked, matured, confirmations, coinbase_txid, value, settled_at_ms, scheme, fee, donation, basis)
     SELECT reverse_bytes, 799999 + n, at_ms, ${NBITS}, 'found', '', 0, '', '', '', 'mature', true, true, 200,
       sha256(n::text::bytea), ${SATS}, at_ms, 'pplns', 0, 0, '{}'
     FROM unnest($1::bigint[]) WITH ORDINALITY AS found(at_ms, n),
       LATERAL (SELECT decode(lpad(to_hex(n), 2, '0') || repeat('00', 31), 'hex') AS reverse_bytes) AS h`,
    [blocksAtMs.map(BigInt)],
  );
  await tx.query(
    `INSERT INTO block_credit SELECT hash, id, 1, value / (SELECT count(*) FROM account WHERE kind = 'miner'), 0, 0, 0, 0
     FROM block, account WHERE kind = 'miner'`,
  );
  await tx.query("INSERT INTO block_output SELECT hash, 0, value, '\\x51', true FROM block");
  await tx.query(
    `INSERT INTO coin (txid, vout, sats, script, origin, block_hash, height, state)
     SELECT coinbase_txid, 0, value, '\\x51', 'coinbase', hash, height, 'mature' FROM block`,
  );
  for (const kind of ["credit", "maturity"]) {
    await tx.query(
      "INSERT INTO transfer (kind, block_hash, epoch, at_ms) SELECT $1, hash, 0, found_at_ms FROM block",
      [kind],
    );
  }
  const shares = `SELECT block_hash, account_id, sats FROM block_credit
    UNION ALL SELECT block_hash, (SELECT id FROM account WHERE kind = 'rewards'), -sum(sats)::bigint
    FROM block_credit GROUP BY block_hash`;
  await tx.query(
    `INSERT INTO entry SELECT t.id, c.account_id, b.bucket, b.sign * c.sats
     FROM transfer t JOIN (${shares}) c USING (block_hash)
     JOIN (VALUES ('credit', 0, 1), ('maturity', 0, -1)) AS b(kind, bucket, sign) ON b.kind = t.kind
     UNION ALL SELECT t.id, CASE WHEN a.kind = 'rewards' THEN w.id ELSE c.account_id END, 1, c.sats
     FROM transfer t JOIN (${shares}) c USING (block_hash) JOIN account a ON a.id = c.account_id
     JOIN account w ON w.kind = 'wallet' WHERE t.kind = 'maturity'`,
  );
}

async function fillPayouts(tx: Tx, ids: readonly number[], nowMs: number): Promise<void> {
  const coins = await tx.query<{ id: bigint; sats: bigint }>(
    `SELECT id, sats FROM coin WHERE state = 'mature' ORDER BY id LIMIT ${PAYOUTS}`,
  );
  for (const [at, coin] of coins.entries()) {
    const lines = ids.slice(0, PAID).map((account, n) => ({
      account,
      script: scriptOf(n),
      grossSats: 20_000n,
      feeSats: 0n,
    }));
    const gross = 20_000n * BigInt(lines.length);
    await addPayout(tx, {
      awaiting: false,
      feePayer: "pool",
      changeScript: scriptOf(0),
      lines,
      coins: [coin.id],
      feeRate: 1_000n,
      feeSats: 300n,
      changeSats: coin.sats - gross - 300n,
      weight: 600,
      atMs: nowMs - at * 3_600_000,
    });
  }
}
