/** Commands about blocks, and coinbases that nobody announced. @module */
import type { Command } from "commander";
import {
  blockOf as blockFound,
  coinbaseOf,
  lastReconciliation,
  latestBlocks,
  openUnknown,
} from "@gopool/ledger/blocks";
import {
  actorOf,
  blockOf as hashOf,
  json,
  limit,
  operator,
  reason,
  type Signed,
} from "./arguments.ts";
import { basisOf, creditPage, eventsOf } from "@gopool/ledger/views";
import { resolveUnknown, settleByHand } from "@gopool/payoutd/desk";
import type { Books } from "./open.ts";
import { hash, plain, show, showOne, time } from "./show.ts";
import { UnknownToBooks } from "./unknown.ts";

type Run = (work: (books: Books) => Promise<void>) => Promise<void>;

export function blockCommands(program: Command, run: Run): void {
  program.command("blocks")
    .description("the newest blocks: where they stand on the chain and in the books")
    .addOption(limit(20)).addOption(json())
    .action(({ limit, json = false }) =>
      run(async ({ ledger, print }) => {
        const blocks = await ledger.transaction((tx) => latestBlocks(tx, limit), {
          snapshot: true,
        });
        show(
          blocks.map((block) => ({
            height: block.height,
            hash: hash(block.hash),
            found: time(block.foundAtMs),
            state: block.state,
            confirmations: block.confirmations,
            value: block.value,
            scheme: block.scheme,
            finder: block.finder,
            waits: block.waitsFor,
          })),
          json,
          print,
        );
      })
    );

  program.command("block")
    .argument("<hash>", "as explorers show it", hashOf)
    .description("a block: its facts, how it was split and what that rests on, who got what")
    .addOption(limit(50)).addOption(json())
    .action((of, options) => run((books) => oneBlock(books, of, options)));

  program.command("settle")
    .argument("<block>", "its hash", hashOf)
    .description(
      'books a block that cannot be split as its coinbase paid; the pool\'s part goes to "unclaimed"',
    )
    .addOption(operator()).addOption(reason())
    .action((of: Uint8Array, by: Signed) =>
      run(async (books) => {
        await settleByHand(books, of, actorOf("settle", by));
        books.print(`${hash(of)}: booked as its coinbase paid`);
      })
    );

  program.command("reconciliation")
    .description("the latest comparison of the coins on the chain with the books")
    .addOption(json())
    .action(({ json = false }) =>
      run(async ({ ledger, print }) => {
        const last = await ledger.transaction(lastReconciliation, { snapshot: true });
        if (last === null) return show([], json, print);
        const { atMs, ...rest } = last;
        showOne({ at: time(atMs), ...rest }, json, print);
      })
    );

  const unknown = program.command("unknown")
    .description("coinbases on the chain that pay the pool and belong to no block of the books")
    .addOption(limit(50)).addOption(json())
    .action(({ limit, json = false }) =>
      run(async ({ ledger, print }) => {
        const rows = await ledger.transaction((tx) => openUnknown(tx, limit), { snapshot: true });
        show(
          rows.map(({ blockHash, height, sats, seenAtMs }) => ({
            height,
            block: hash(blockHash),
            sats,
            seen: time(seenAtMs),
          })),
          json,
          print,
        );
      })
    );
  for (const [word, what] of UNKNOWN_WORDS) {
    unknown.command(word).argument("<block>", "its hash", hashOf).description(what)
      .addOption(operator()).addOption(reason())
      .action((of: Uint8Array, by: Signed) =>
        run(async (books) => {
          await resolveUnknown(books, of, word, actorOf(`unknown ${word}`, by));
          books.print(
            `${hash(of)}: ${word === "book" ? "booked as a block of the pool's" : "dismissed"}`,
          );
        })
      );
  }
}

const UNKNOWN_WORDS = [
  ["book", "takes it as a block of the pool's: what it pays the pool is split like any block's"],
  ["dismiss", "says that it is none of the pool's business: its coins stay outside the books"],
] as const;

async function oneBlock(
  { ledger, print }: Books,
  of: Uint8Array,
  { limit, json = false }: { limit: number; json?: boolean },
): Promise<void> {
  const found = await ledger.transaction(async (tx) => {
    const block = await blockFound(tx, of);
    if (block === null) return null;
    return {
      block,
      basis: await basisOf(tx, of),
      credits: await creditPage(tx, of, { after: null, limit }),
      events: await eventsOf(tx, of),
      coinbase: await coinbaseOf(tx, block),
    };
  }, { snapshot: true });
  if (found === null) throw new UnknownToBooks(`The books have no block ${hash(of)}`);
  const { block, basis, events, coinbase } = found;
  const credits = found.credits.map((
    { account, weight, sats, feeBasisPoints, donationBasisPoints, paid, carried },
  ) => ({
    account,
    weight,
    sats,
    fee: feeBasisPoints,
    donation: donationBasisPoints,
    paid,
    carried,
  }));
  const facts = {
    block: hash(block.hash),
    height: block.height,
    found: time(block.foundAtMs),
    origin: block.origin,
    finder: block.finder,
    worker: block.worker,
    job: block.jobId,
    variant: block.variant,
    state: block.state,
    epoch: block.epoch,
    confirmations: block.confirmations,
    value: block.value,
    scheme: block.scheme,
    fee: block.fee,
    donation: block.donation,
    waits: block.waitsFor,
    remarks: block.remarks,
    coinbase:
      coinbase?.outputs.map(({ sats, script, isPool }) =>
        `${sats} to ${isPool ? "the pool" : script.toHex()}`
      ) ?? [],
    events: events.map(({ what, epoch, atMs }) =>
      `${what}${epoch === 0 ? "" : ` (epoch ${epoch})`} ${time(atMs)}`
    ),
  };
  if (json) return showOne({ ...facts, basis, credits }, true, print);
  showOne(facts, false, print);
  print("");
  print("rests on:");
  print(JSON.stringify(plain(basis), null, 2));
  print("");
  show(credits, false, print);
}
