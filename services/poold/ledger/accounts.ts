/** Commands about accounts and entries. @module */
import type { Command } from "commander";
import { blockOf as hashOf, idOf, json, limit, wholeNumber } from "./arguments.ts";
import type { Books } from "./open.ts";
import { hash, show, showOne, time } from "./show.ts";
import { UnknownToBooks } from "./unknown.ts";

type Run = (work: (books: Books) => Promise<void>) => Promise<void>;

export function accountCommands(program: Command, run: Run): void {
  program.command("balances")
    .description("what is owed to whom; what the pool has stands below zero")
    .addOption(limit(50)).addOption(json())
    .option("--negative", "only miners that owe the pool (after a reorganisation)")
    .action((options) => run((books) => balances(books, options)));

  program.command("account <address>")
    .description(
      "a miner's balances, choices, machines, and latest entries; or one of the pool's own accounts, by its kind",
    )
    .addOption(limit(20)).addOption(json())
    .action((name, options) => run((books) => account(books, name, options)));

  program.command("entries")
    .description("entries of the books, oldest first; --after goes on behind a transfer")
    .option("--account <name>", "of one account: an address, or the kind of one of the pool's own")
    .option("--block <hash>", "of one block", hashOf)
    .option("--payout <id>", "of one payout", idOf)
    .option("--after <transfer>", "only later transfers", wholeNumber)
    .addOption(limit(100)).addOption(json())
    .action((options) => run((books) => entries(books, options)));
}

interface Listing {
  readonly limit: number;
  readonly json?: boolean;
}

const NAME = "CASE WHEN a.kind = 'miner' THEN a.name ELSE a.kind END";

async function balances(
  { ledger, print }: Books,
  { limit, json = false, negative }: Listing & { negative?: boolean },
) {
  const rows = await ledger.transaction(
    (tx) =>
      tx.query<{ account: string; immature: bigint; mature: bigint }>(
        `SELECT ${NAME} AS account, coalesce(sum(sats) FILTER (WHERE bucket = 0), 0) AS immature,
         coalesce(sum(sats) FILTER (WHERE bucket = 1), 0) AS mature
       FROM account a JOIN balance ON account_id = a.id WHERE NOT $2 OR a.kind = 'miner'
       GROUP BY a.id HAVING NOT $2 OR sum(sats) < 0
       ORDER BY a.kind = 'miner', sum(sats) DESC, a.name LIMIT $1`,
        [limit, negative ?? false],
      ),
    { snapshot: true },
  );
  show(rows, json, print);
}

async function account(books: Books, name: string, { limit, json = false }: Listing) {
  const { ledger, print } = books;
  const found = await ledger.transaction(async (tx) => {
    const id = await accountId(tx, name);
    const [facts] = await tx.query<
      { immature: bigint; mature: bigint; entries: bigint; paid: bigint }
    >(
      `SELECT coalesce((SELECT sats FROM balance WHERE account_id = $1 AND bucket = 0), 0) AS immature,
         coalesce((SELECT sats FROM balance WHERE account_id = $1 AND bucket = 1), 0) AS mature,
         (SELECT count(*) FROM entry WHERE account_id = $1) AS entries,
         (SELECT coalesce(sum(l.gross_sats), 0) FROM payout_line l JOIN payout p ON p.id = l.payout_id
          WHERE l.account_id = $1 AND p.state <> 'cancelled') AS paid`,
      [id],
    );
    const workers = await tx.query<{ worker: string; last_seen_ms: bigint }>(
      "SELECT name AS worker, last_seen_ms FROM worker WHERE account_id = $1 ORDER BY last_seen_ms DESC LIMIT $2",
      [id, limit],
    );
    const latest = await entriesOf(tx, { account: name, limit, newest: true });
    return { facts: facts!, workers, latest };
  }, { snapshot: true });
  const { facts, workers, latest } = found;
  const seen = workers.map(({ worker, last_seen_ms }) =>
    `${worker || "(unnamed)"} ${time(last_seen_ms)}`
  );
  if (json) return showOne({ account: name, ...facts, workers: seen, latest }, true, print);
  showOne({ account: name, ...facts, workers: seen }, false, print);
  print("");
  show(latest, false, print);
}

/** Of a miner by its address, of one of the pool's own by its kind. */
async function accountId(tx: Tx, name: string): Promise<number> {
  const [row] = await tx.query<{ id: number }>(
    "SELECT id FROM account WHERE name = $1 OR (kind = $1 AND kind <> 'miner')",
    [name],
  );
  if (row === undefined) throw new UnknownToBooks(`The books have no account ${name}`);
  return row.id;
}

interface EntriesAsked extends Listing {
  readonly account?: string;
  readonly block?: Uint8Array;
  readonly payout?: bigint;
  readonly after?: number;
}

async function entries({ ledger, print }: Books, options: EntriesAsked) {
  const rows = await ledger.transaction((tx) => entriesOf(tx, options), { snapshot: true });
  show(rows, options.json ?? false, print);
}

type Tx = Parameters<Parameters<Books["ledger"]["transaction"]>[0]>[0];

async function entriesOf(
  tx: Tx,
  { account, block, payout, after, limit, newest = false }: Omit<EntriesAsked, "json"> & {
    newest?: boolean;
  },
) {
  const id = account === undefined ? null : await accountId(tx, account);
  const rows = await tx.query<{
    transfer: bigint;
    at_ms: bigint;
    kind: string;
    account: string;
    bucket: number;
    sats: bigint;
    block_hash: Uint8Array | null;
    epoch: number | null;
    payout_id: bigint | null;
    minute: number | null;
    operator: string | null;
    reason: string | null;
  }>(
    `SELECT t.id AS transfer, t.at_ms, t.kind, ${NAME} AS account, e.bucket, e.sats, t.block_hash, t.epoch, t.payout_id,
       t.minute, j.operator, j.reason
     FROM transfer t JOIN entry e ON e.transfer_id = t.id JOIN account a ON a.id = e.account_id
     LEFT JOIN adjustment j ON j.id = t.adjustment_id
     WHERE t.id > $1 AND ($2::int IS NULL OR e.account_id = $2)
       AND ($3::bytea IS NULL OR t.block_hash = $3) AND ($4::bigint IS NULL OR t.payout_id = $4)
     ORDER BY t.id ${newest ? "DESC" : ""}, e.account_id, e.bucket LIMIT $5`,
    [after ?? 0, id, block ?? null, payout ?? null, limit],
  );
  return rows.map((row) => ({
    transfer: row.transfer,
    at: time(row.at_ms),
    kind: row.kind,
    account: row.account,
    balance: row.bucket === 0 ? "immature" : "mature",
    sats: row.sats,
    cause: row.block_hash !== null
      ? `block ${hash(row.block_hash)}${row.epoch === 0 ? "" : ` epoch ${row.epoch}`}`
      : row.payout_id !== null
      ? `payout ${row.payout_id}`
      : row.minute !== null
      ? `minute ${time(row.minute * 60_000)}`
      : `${row.operator}: ${row.reason}`,
  }));
}
