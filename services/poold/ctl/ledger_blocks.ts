/** Blocks in the books: how far they are, and who gets what of them. @module */
import {
  type GetLedgerBlockResponse,
  GetLedgerBlockResponseSchema,
  JobService,
  type LedgerBlock,
  LedgerBlockSchema,
  LedgerBlockState,
  type LedgerCredit,
  LedgerCreditSchema,
  PreviewSettlementResponseSchema,
} from "@gopool/proto/control";
import { type Command, Option } from "commander";
import { satsOf } from "../ledger/arguments.ts";
import { hashText, limit } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { Told } from "./faults.ts";
import { ledgerClient } from "./ledger_client.ts";
import { upTo } from "./paging.ts";
import { count, time, word } from "./words.ts";

export function bookedBlockCommands(ledger: Command, run: Run): void {
  ledger.command("blocks")
    .description("blocks in the books: how far they are, and what of them is booked")
    .addOption(limit(20))
    .action(({ limit }) => run((ctl) => blocks(ctl, limit)));
  ledger.command("block").argument("<hash>", "as explorers show it", hashText)
    .description("one block in the books: its facts, and who got what of it")
    .addOption(limit(20))
    .action((hash: string, { limit }) => run((ctl) => block(ctl, hash, limit)));
  ledger.command("preview").argument(
    "[hash]",
    "a block that is not split yet; default: one found now",
    hashText,
  )
    .description("how a block would be split; writes nothing")
    .addOption(
      new Option("--value <sats>", "what its coinbase pays, of a block found now").argParser(
        satsOf,
      ),
    )
    .option("--finder <address>", "whose share it is, of a block found now")
    .addOption(limit(20))
    .action((hash: string | undefined, options) => run((ctl) => preview(ctl, hash, options)));
}

async function blocks(ctl: Ctl, most: number): Promise<void> {
  const books = await ledgerClient(ctl);
  const rows = await upTo(most, async (page) => {
    const answer = await books.listLedgerBlocks(page, ctl.pool.calling());
    return { rows: answer.blocks, next: answer.nextPageToken };
  });
  ctl.out.list(LedgerBlockSchema, rows, blockRow);
}

function blockRow(one: LedgerBlock) {
  return {
    height: one.height,
    hash: one.hash,
    found: time(one.foundAtMs),
    state: word(LedgerBlockState, one.state),
    confirmations: one.confirmations,
    booked: one.booked ? "yes" : "no",
    value: one.valueSats,
    scheme: one.scheme,
    fee: one.feeSats,
    waits: one.waitsFor,
  };
}

async function block(ctl: Ctl, hash: string, most: number): Promise<void> {
  const books = await ledgerClient(ctl);
  const found = await books.getLedgerBlock({ hash }, ctl.pool.calling());
  const credits = await upTo(most, async (page) => {
    const answer = await books.listBlockCredits({ hash, ...page }, ctl.pool.calling());
    return { rows: answer.credits, next: answer.nextPageToken };
  });
  ctl.out.one(GetLedgerBlockResponseSchema, found, blockFacts);
  if (ctl.out.json) ctl.out.list(LedgerCreditSchema, credits, creditRow);
  else ctl.out.table("who got what", credits.map(creditRow));
}

function blockFacts(
  { block, origin, jobId, gateway, remarks, basisJson, events, outputs }: GetLedgerBlockResponse,
) {
  return {
    ...(block === undefined ? {} : blockRow(block)),
    finder: block?.finder,
    donation: block?.donationSats,
    origin,
    job: jobId,
    gateway,
    remarks,
    "rests on": basisJson,
    events: events.map(({ what, epoch, atMs }) =>
      `${what}${epoch === 0 ? "" : ` (epoch ${epoch})`} ${time(atMs)}`
    ),
    coinbase: outputs.map(({ sats, pool, address, script }) =>
      `${sats} to ${pool ? "the pool" : address || script}`
    ),
  };
}

/** A number of any length by its first digits and its size: `6.504e143`. */
function magnitude(digits: string): string {
  if (digits.length <= 9) return digits;
  return `${digits[0]}.${digits.slice(1, 4)}e${digits.length - 1}`;
}

function creditRow(one: LedgerCredit) {
  return {
    account: one.account,
    sats: one.sats,
    weight: magnitude(one.weight),
    "fee %": one.feeBasisPoints / 100,
    "donation %": one.donationBasisPoints / 100,
    "paid by coinbase": one.paidSats,
  };
}

async function preview(
  ctl: Ctl,
  hash = "",
  { value, finder = "", limit }: { value?: bigint; finder?: string; limit: number },
): Promise<void> {
  const { out, pool } = ctl;
  const valueSats = value ?? (hash === "" ? await valueNow(ctl) : 0n);
  const asked = { hash, valueSats, finder, largest: Math.min(limit, 1_000) };
  const found = await (await ledgerClient(ctl)).previewSettlement(asked, pool.calling());
  out.one(
    PreviewSettlementResponseSchema,
    found,
    (one) =>
      one.waitsFor !== "" ? { waits: one.waitsFor } : {
        scheme: one.scheme,
        value: one.valueSats,
        fee: one.feeSats,
        donation: one.donationSats,
        accounts: count(one.accounts, "account"),
        remarks: one.remarks,
      },
  );
  out.table("who would get what", found.credits.map(creditRow));
}

/** What the job that is out pays. */
async function valueNow({ pool }: Ctl): Promise<bigint> {
  const [{ client }] = await pool.of("jobmanager");
  const { job } = await client(JobService).getJob({}, pool.calling());
  if (job === undefined) {
    throw new Told("No job is out: name what the block would pay with --value");
  }
  return job.coinbaseValueSats;
}
