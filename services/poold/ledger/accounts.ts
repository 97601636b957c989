/** Commands about accounts and entries. @module */
import type { Tx } from "@gopool/ledger";
import {
  type AccountBalance,
  accountFacts,
  accountNamed,
  behind,
  type BookedEntry,
  type EntryCause,
  entryPage,
  largestBalances,
  workersOf,
} from "@gopool/ledger/views";
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

async function balances(
  { ledger, print }: Books,
  { limit, json = false, negative }: Listing & { negative?: boolean },
) {
  const filter = negative ? "debtors" : "all";
  const rows = await ledger.transaction((tx) => largestBalances(tx, filter, limit), {
    snapshot: true,
  });
  show(
    rows.map(({ name, immature, mature }) => ({ account: name, immature, mature })),
    json,
    print,
  );
}

async function account(books: Books, name: string, { limit, json = false }: Listing) {
  const { ledger, print } = books;
  const found = await ledger.transaction(async (tx) => {
    const { id, immature, mature } = await existing(tx, name);
    return {
      facts: { immature, mature, ...await accountFacts(tx, id) },
      workers: await workersOf(tx, id, limit),
      latest: await entryPage(tx, { after: null, account: id, limit, newestFirst: true }),
    };
  }, { snapshot: true });
  const { facts, workers } = found;
  const latest = found.latest.map(cellsOf);
  const seen = workers.map(({ name, lastSeenMs }) => `${name || "(unnamed)"} ${time(lastSeenMs)}`);
  if (json) return showOne({ account: name, ...facts, workers: seen, latest }, true, print);
  showOne({ account: name, ...facts, workers: seen }, false, print);
  print("");
  show(latest, false, print);
}

/** Of a miner by its address, of one of the pool's own by its kind. */
async function existing(tx: Tx, name: string): Promise<AccountBalance> {
  const found = await accountNamed(tx, name);
  if (found === null) throw new UnknownToBooks(`The books have no account ${name}`);
  return found;
}

interface EntriesAsked extends Listing {
  readonly account?: string;
  readonly block?: Uint8Array;
  readonly payout?: bigint;
  readonly after?: number;
}

async function entries({ ledger, print }: Books, options: EntriesAsked) {
  const { account: name, block, payout, after, limit, json = false } = options;
  const rows = await ledger.transaction(async (tx) => {
    const account = name === undefined ? undefined : (await existing(tx, name)).id;
    const place = after === undefined ? null : behind(BigInt(after));
    return await entryPage(tx, { after: place, account, block, payout, limit });
  }, { snapshot: true });
  show(rows.map(cellsOf), json, print);
}

function cellsOf({ place, atMs, kind, account, sats, cause }: BookedEntry) {
  return {
    transfer: place.transfer,
    at: time(atMs),
    kind,
    account,
    balance: place.bucket === 0 ? "immature" : "mature",
    sats,
    cause: causeText(cause),
  };
}

function causeText(cause: EntryCause): string {
  switch (cause.kind) {
    case "block":
      return `block ${hash(cause.hash)}${cause.epoch === 0 ? "" : ` epoch ${cause.epoch}`}`;
    case "payout":
      return `payout ${cause.id}`;
    case "minute":
      return `minute ${time(cause.minute * 60_000)}`;
    case "operator":
      return `${cause.operator}: ${cause.reason}`;
  }
}
