/** The books: who is owed what and why. @module */
import {
  AccountFilter,
  type AuditRow,
  AuditRowSchema,
  BalancesResponseSchema,
  GetAccountResponseSchema,
  type LedgerAccount,
  LedgerAccountSchema,
  type LedgerEntry,
  LedgerEntrySchema,
} from "@gopool/proto/control";
import { type Command, Option } from "commander";
import { idOf, timeOf } from "../ledger/arguments.ts";
import { hashText, limit } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { bookedBlockCommands } from "./ledger_blocks.ts";
import { ledgerClient } from "./ledger_client.ts";
import { changeCommands } from "./ledger_change.ts";
import { verifyCommand } from "./ledger_verify.ts";
import { upTo } from "./paging.ts";
import { time } from "./words.ts";

const FILTERS = {
  miners: AccountFilter.MINERS,
  own: AccountFilter.OWN,
  debtors: AccountFilter.DEBTORS,
} as const;

export function ledgerCommands(program: Command, run: Run): void {
  const ledger = program.command("ledger")
    .description(
      "the books. Amounts are whole satoshis: above zero the pool owes it, below zero it has it",
    );
  ledger.command("balances", { isDefault: true })
    .description("sums by kind of account, and who is owed most")
    .addOption(limit(10))
    .action(({ limit }) => run((ctl) => balances(ctl, limit)));
  ledger.command("accounts")
    .description("accounts with their balances")
    .addOption(new Option("--only <which>", "only these").choices(Object.keys(FILTERS)))
    .option("--prefix <text>", "only names that begin so")
    .addOption(limit(100))
    .action((options) => run((ctl) => accounts(ctl, options)));
  ledger.command("account").argument(
    "<name>",
    "an address, or one of the pool's own: fee, reserve, wallet",
  )
    .description("one account: balances, what it was paid, its machines")
    .action((name: string) => run((ctl) => account(ctl, name)));
  ledger.command("entries")
    .description("what moved money: the newest")
    .option("--account <name>", "of this account")
    .addOption(new Option("--block <hash>", "of this block").argParser(hashText))
    .addOption(new Option("--payout <id>", "of this payout").argParser(idOf))
    .option("--kind <kind>", "of this kind, as credit, payout, adjust")
    .addOption(new Option("--from <time>", "written then or later").argParser(timeOf))
    .addOption(new Option("--until <time>", "written before").argParser(timeOf))
    .option("--oldest", "the oldest in place of the newest")
    .addOption(limit(50))
    .action((options) => run((ctl) => entries(ctl, options)));
  bookedBlockCommands(ledger, run);
  ledger.command("audit")
    .description("what operators did to money: who, when, why, before and after")
    .option("--who <name>", "of this one")
    .addOption(limit(20))
    .action((options) => run((ctl) => audit(ctl, options)));
  verifyCommand(ledger, run);
  changeCommands(ledger, run);
}

async function balances(ctl: Ctl, largest: number): Promise<void> {
  const { pool, out } = ctl;
  const found = await (await ledgerClient(ctl)).balances(
    { largest: Math.min(largest, 1_000) },
    pool.calling(),
  );
  if (out.json) return out.list(BalancesResponseSchema, [found], () => ({}));
  out.rows(found.kinds.map((one) => ({
    kind: one.kind,
    accounts: one.accounts,
    immature: one.immatureSats,
    mature: one.matureSats,
  })));
  out.table("owed most", found.largest.map(accountRow));
}

function accountRow({ name, immatureSats, matureSats }: LedgerAccount) {
  return { account: name, immature: immatureSats, mature: matureSats };
}

async function accounts(
  ctl: Ctl,
  { only, prefix = "", limit }: { only?: keyof typeof FILTERS; prefix?: string; limit: number },
): Promise<void> {
  const books = await ledgerClient(ctl);
  const filter = only === undefined ? AccountFilter.UNSPECIFIED : FILTERS[only];
  const rows = await upTo(limit, async (page) => {
    const answer = await books.listAccounts({ ...page, filter, prefix }, ctl.pool.calling());
    return { rows: answer.accounts, next: answer.nextPageToken };
  });
  ctl.out.list(LedgerAccountSchema, rows, accountRow);
}

async function account(ctl: Ctl, name: string): Promise<void> {
  const found = await (await ledgerClient(ctl)).getAccount({ name }, ctl.pool.calling());
  ctl.out.one(GetAccountResponseSchema, found, ({ account, paidSats, entries }) => ({
    account: account?.name,
    kind: account?.kind,
    immature: account?.immatureSats,
    mature: account?.matureSats,
    paid: paidSats,
    entries,
  }));
  ctl.out.table(
    "machines",
    found.workers.map(({ name, firstSeenAtMs, lastSeenAtMs }) => ({
      worker: name,
      "first seen": time(firstSeenAtMs),
      "last seen": time(lastSeenAtMs),
    })),
  );
}

interface EntriesOptions {
  readonly account?: string;
  readonly block?: string;
  readonly payout?: bigint;
  readonly kind?: string;
  readonly from?: number;
  readonly until?: number;
  readonly oldest?: boolean;
  readonly limit: number;
}

async function entries(ctl: Ctl, options: EntriesOptions): Promise<void> {
  const books = await ledgerClient(ctl);
  const asked = {
    account: options.account ?? "",
    blockHash: options.block ?? "",
    payoutId: options.payout ?? 0n,
    kind: options.kind ?? "",
    fromMs: BigInt(options.from ?? 0),
    untilMs: BigInt(options.until ?? 0),
    newestFirst: !options.oldest,
  };
  const rows = await upTo(options.limit, async (page) => {
    const answer = await books.listEntries({ ...asked, ...page }, ctl.pool.calling());
    return { rows: answer.entries, next: answer.nextPageToken };
  });
  ctl.out.list(LedgerEntrySchema, rows, entryRow);
}

function entryRow(one: LedgerEntry) {
  return {
    transfer: one.transfer,
    at: time(one.atMs),
    kind: one.kind,
    account: one.account,
    balance: one.mature ? "mature" : "immature",
    sats: one.sats,
    cause: causeText(one.cause),
  };
}

function causeText(cause: LedgerEntry["cause"]): string | null {
  switch (cause.case) {
    case "block":
      return `block ${cause.value.hash}${
        cause.value.epoch === 0 ? "" : ` epoch ${cause.value.epoch}`
      }`;
    case "payout":
      return `payout ${cause.value.id}`;
    case "minuteAtMs":
      return `minute ${time(cause.value)}`;
    case "operator":
      return `${cause.value.who}: ${cause.value.reason}`;
    default:
      return null;
  }
}

async function audit(
  ctl: Ctl,
  { who = "", limit }: { who?: string; limit: number },
): Promise<void> {
  const books = await ledgerClient(ctl);
  const rows = await upTo(limit, async (page) => {
    const answer = await books.listAudit({ who, ...page }, ctl.pool.calling());
    return { rows: answer.rows, next: answer.nextPageToken };
  });
  ctl.out.list(AuditRowSchema, rows, auditRow);
}

function auditRow({ id, atMs, who, method, reason, beforeJson, afterJson }: AuditRow) {
  return { id, at: time(atMs), who, method, reason, before: beforeJson, after: afterJson };
}
