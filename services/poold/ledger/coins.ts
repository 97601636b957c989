/** Commands about the pool's coins. @module */
import { equalBytes, type Hash, hashFromDisplay } from "@gopool/chain";
import { type Outpoint, troubledCoins } from "@gopool/ledger/payouts";
import { firstAnswer } from "@gopool/node";
import { deposit as putIn, writeOff } from "@gopool/payoutd/desk";
import { type Command, InvalidArgumentError } from "commander";
import { actorOf, json, limit, operator, reason, type Signed } from "./arguments.ts";
import { type Books, openNodes, poolScripts } from "./open.ts";
import { Refused } from "./refused.ts";
import { hash, plain, show } from "./show.ts";

type Run = (work: (books: Books) => Promise<void>) => Promise<void>;

export function coinCommands(program: Command, run: Run): void {
  const coins = program.command("coins")
    .description("coins that payments can spend, and those that something is wrong with")
    .addOption(limit(50)).addOption(json())
    .action(({ limit, json = false }) => run((books) => list(books, limit, json)));
  coins.command("write-off").argument("<txid:vout>", "which", outpointOf)
    .description("a coin that no payment will ever spend, as when something else spent it")
    .addOption(operator()).addOption(reason())
    .action((coin: Outpoint, by: Signed) =>
      run(async (books) => {
        await writeOff(books, coin, actorOf("coins write-off", by));
        books.print(`${nameOf(coin)}: written off`);
      })
    );
  coins.command("deposit").argument("<txid:vout>", "which", outpointOf)
    .description(
      "a coin that is none of a coinbase, of a script of the pool's: payments may spend it",
    )
    .addOption(operator()).addOption(reason())
    .action((coin, by) => run((books) => deposit(books, coin, by)));
}

function outpointOf(text: string): Outpoint {
  const [, txid, vout] = /^([0-9a-f]{64}):(\d{1,9})$/i.exec(text) ?? [];
  if (txid === undefined) {
    throw new InvalidArgumentError("It must be a txid, a colon and a number.");
  }
  return { txid: hashFromDisplay(txid.toLowerCase()), vout: Number(vout) };
}

function nameOf({ txid, vout }: Outpoint): string {
  return `${hash(txid)}:${vout}`;
}

async function list({ ledger, print }: Books, limit: number, json: boolean): Promise<void> {
  const { coins, troubled } = await ledger.transaction(async (tx) => ({
    coins: await tx.query<
      {
        txid: Uint8Array;
        vout: number;
        sats: bigint;
        origin: string;
        height: number;
        state: string;
        payout_id: bigint | null;
      }
    >(
      `SELECT txid, vout, sats, origin, height, state, payout_id FROM coin
       WHERE NOT spent AND state IN ('immature', 'mature') ORDER BY height DESC, id LIMIT $1`,
      [limit],
    ),
    troubled: await troubledCoins(tx),
  }), { snapshot: true });
  const rows = coins.map(({ txid, vout, payout_id, ...coin }) => ({
    coin: nameOf({ txid, vout }),
    ...coin,
    payout: payout_id,
  }));
  show(rows, json, print);
  for (const coin of troubled) {
    print(
      json
        ? JSON.stringify(plain({ troubled: coin }))
        : `in trouble: ${JSON.stringify(plain(coin))}`,
    );
  }
}

/** The chain is asked: what is not there, or another's, is no coin of ours. */
async function deposit(books: Books, coin: Outpoint, by: Signed): Promise<void> {
  const { signal, print } = books;
  await using nodes = openNodes(books);
  const [found, height] = await Promise.all([
    firstAnswer(
      nodes,
      (node) => node.coin(coin.txid as Hash, coin.vout, { mempool: false, signal }),
      signal,
    ),
    firstAnswer(nodes, async (node) => (await node.chain(signal)).height, signal),
  ]);
  if (found === null || height === null) {
    throw new Refused(`${nameOf(coin)} is no unspent coin on the chain`);
  }
  const ours = (await poolScripts(books)).some((script) => equalBytes(script, found.script));
  if (!ours) throw new Refused(`${nameOf(coin)} does not pay a script of the pool's`);
  const made = { ...coin, ...found, height: height - found.confirmations + 1 };
  await putIn(books, made, actorOf("coins deposit", by));
  print(`${nameOf(coin)}: ${found.sats} sats added`);
}
