/**
 * `ledger verify` over a million entries: 34 blocks of 10,000 miners, credited and mature. Budget: 10 s. Needs a
 * PostgreSQL, as the tests do. Run: deno bench -P=tests services/payoutd/books
 *
 * @module
 */
import type { Tx } from "@gopool/ledger";
import { freshLedger } from "@gopool/ledger/fixture";
import { openBooks } from "./books_fixture.ts";
import { problemLine, verify } from "./verify.ts";

const BLOCKS = 34;
const MINERS = 10_000;
const BUDGET_MS = 10_000;
const TERMS = { network: "regtest", maturity: 100 } as const;

/** Blocks credited and matured as the ledger's functions do it, but in statements over all of them. */
async function fill(tx: Tx): Promise<void> {
  await openBooks(tx);
  await tx.query(
    `INSERT INTO account (kind, name) SELECT 'miner', 'bcrt1q' || n FROM generate_series(1, ${MINERS}) n`,
  );
  await tx.query(
    `INSERT INTO block (hash, height, found_at_ms, nbits, origin, job_id, variant, finder, worker, gateway, state,
       booked, matured, confirmations, coinbase_txid, value, settled_at_ms, scheme, fee, donation, basis)
     SELECT sha256(n::text::bytea), n, 0, 0, 'found', '', 0, '', '', '', 'mature', true, true, 100,
       sha256(n::text::bytea), 5000000000, 0, 'pplns', 0, 0, '{}' FROM generate_series(1, ${BLOCKS}) n`,
  );
  await tx.query(
    `INSERT INTO block_credit SELECT hash, id, 1, 5000000000 / ${MINERS}, 0, 0, 0, 0
     FROM block, account WHERE kind = 'miner'`,
  );
  await tx.query(
    "INSERT INTO block_output SELECT hash, 0, value, '\\x51', true FROM block",
  );
  await tx.query(
    `INSERT INTO coin (txid, vout, sats, script, origin, block_hash, height, state)
     SELECT coinbase_txid, 0, value, '\\x51', 'coinbase', hash, height, 'mature' FROM block`,
  );
  for (const kind of ["credit", "maturity"]) {
    await tx.query(
      "INSERT INTO transfer (kind, block_hash, epoch, at_ms) SELECT $1, hash, 0, 0 FROM block",
      [kind],
    );
  }
  await tx.query(
    `INSERT INTO entry SELECT t.id, c.account_id, b.bucket, b.sign * c.sats
     FROM transfer t JOIN (
       SELECT block_hash, account_id, sats FROM block_credit
       UNION ALL SELECT hash, (SELECT id FROM account WHERE kind = 'rewards'), -value FROM block
     ) c USING (block_hash)
     JOIN (VALUES ('credit', 0, 1), ('maturity', 0, -1)) AS b(kind, bucket, sign) ON b.kind = t.kind
     UNION ALL SELECT t.id, CASE WHEN a.kind = 'rewards' THEN w.id ELSE c.account_id END, 1, c.sats
     FROM transfer t JOIN (
       SELECT block_hash, account_id, sats FROM block_credit
       UNION ALL SELECT hash, (SELECT id FROM account WHERE kind = 'rewards'), -value FROM block
     ) c USING (block_hash) JOIN account a ON a.id = c.account_id
     JOIN account w ON w.kind = 'wallet' WHERE t.kind = 'maturity'`,
  );
}

// Once: making the books takes far longer than asking them.
await using ledger = await freshLedger({ role: undefined });
await ledger.transaction(fill);
await ledger.ask("ANALYZE");
const startMs = performance.now();
const { entries, problems } = await verify(ledger, TERMS);
const tookMs = Math.round(performance.now() - startMs);
if (problems.length > 0) throw new Error(problems.slice(0, 3).map(problemLine).join("\n"));
if (entries < 1_000_000n) throw new Error(`Only ${entries} entries`);
console.log(`verify: ${entries} entries in ${tookMs} ms`);
if (tookMs > BUDGET_MS) throw new Error(`verify takes ${tookMs} ms: more than ${BUDGET_MS}`);
