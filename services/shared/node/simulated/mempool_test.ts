import { assert, assertEquals } from "@std/assert";
import { displayHash } from "@gopool/chain";
import { decodeTransaction } from "./decode.ts";
import {
  buildBlock,
  type DraftTransaction,
  draftTxid,
  encodeTransaction,
  goodDraft,
  groundOf,
  OP_TRUE_WITNESS,
  spend,
} from "./draft.ts";
import { outpointOf } from "./coins.ts";
import { decodeBlock } from "./decode.ts";
import { selectTransactions } from "./template.ts";
import { openTestWorld } from "./node_fixture.ts";

type Opened = ReturnType<typeof openTestWorld>;

function send(opened: Opened, tx: DraftTransaction): string {
  const added = opened.world.send(decodeTransaction(encodeTransaction(tx)));
  return added.kind === "added" ? added.entry.id : added.reason;
}

/** A transaction on the first output of another. */
function childOf(parent: DraftTransaction, fee = 100n): DraftTransaction {
  const outpoint = outpointOf(draftTxid(parent), 0);
  return spend({ outpoint, value: parent.outputs[0]!.value }, fee);
}

Deno.test("a block that spends a waiting transaction's coin takes it and its children out", () => {
  using opened = openTestWorld();
  const ground = groundOf(opened, opened.world.chain.nowSeconds());
  const parent = spend(ground.bare[0]!, 500n);
  const stays = spend(ground.bare[1]!, 500n);
  send(opened, parent);
  send(opened, childOf(parent));
  const kept = send(opened, stays);
  assertEquals(opened.world.mempool.size, 3);
  // The good draft spends the first bare coin in its own way.
  const block = decodeBlock(buildBlock(goodDraft(ground)));
  assertEquals(opened.world.chain.accept(block).kind, "connected");
  assertEquals([...opened.world.mempool.entries()].map(({ id }) => id), [kept]);
});

Deno.test("a template leaves out what does not fit, and with it what hangs on that", () => {
  using opened = openTestWorld();
  const ground = groundOf(opened, opened.world.chain.nowSeconds());
  const heavy = spend(ground.witness[0]!, 500n, [OP_TRUE_WITNESS]);
  heavy.outputs.push({ value: 0n, script: new Uint8Array(998_000) });
  const all = [
    spend(ground.bare[0]!, 500n),
    heavy,
    childOf(heavy),
    spend(ground.bare[1]!, 500n),
  ];
  // Nobody may send one that large, but a block may hold it.
  assertEquals(send(opened, heavy), "tx-size");
  const ids = all.map((tx) => displayHash(draftTxid(tx)));
  const waiting = all.map((tx) => decodeTransaction(encodeTransaction(tx)));
  assertEquals(opened.world.replaceMempool(waiting), 4);
  const chosen = selectTransactions(opened.world.mempool).map(({ id }) => id);
  assertEquals(chosen, [ids[0], ids[3]]);
});

Deno.test("a template says of each transaction which others before it it spends", () => {
  using opened = openTestWorld();
  const ground = groundOf(opened, opened.world.chain.nowSeconds());
  const parent = spend(ground.bare[0]!, 500n);
  const other = spend(ground.bare[1]!, 500n);
  const child = childOf(parent);
  child.inputs.push(childOf(other).inputs[0]!);
  for (const tx of [other, parent, child]) send(opened, tx);
  const template = opened.world.templates.template();
  const depends = (template.transactions as { depends: number[] }[]).map((tx) => tx.depends);
  assertEquals(depends, [[], [], [1, 2]]);
});

Deno.test("generated transactions pay fees, come in both forms, and hang together in block order", () => {
  using opened = openTestWorld();
  const { world } = opened;
  assertEquals(world.generate(300), 300);
  const entries = [...world.mempool.entries()];
  assert(entries.every(({ fee }) => fee > 0n));
  const withWitness = entries.filter(({ tx }) => tx.hasWitness).length;
  assert(withWitness > 50 && withWitness < 250, `${withWitness} of 300 have a witness`);
  assert(entries.some(({ parents }) => parents.size > 0));
  assert(entries.some(({ sigops }) => sigops > 0));
  const { entry } = world.mine(world.chain.tip, { transactions: true });
  assertEquals(entry.transactions, 301);
});

Deno.test("the stream of transactions does not run dry, and its coins neither vanish nor pile up", () => {
  using opened = openTestWorld({ transactionsPerBlock: { min: 0, max: 40 } });
  const { world } = opened;
  const counts = new Set<number>();
  for (let i = 0; i < 120; i++) {
    counts.add(world.mempool.size);
    assertEquals(world.mine(world.chain.tip, { transactions: true }).entry, world.chain.tip);
  }
  assert(counts.size > 15, `${counts.size} different numbers of transactions`);
  assert(Math.max(...counts) <= 40);
});
