import { assertEquals, assertStringIncludes } from "@std/assert";
import { displayHash } from "@gopool/chain";
import { outpointOf } from "./coins.ts";
import { decodeBlock, decodeTransaction } from "./decode.ts";
import {
  buildBlock,
  type DraftTransaction,
  draftTxid,
  encodeTransaction,
  goodDraft,
  type Ground,
  groundOf,
  spend,
} from "./draft.ts";
import { openTestWorld } from "./node_fixture.ts";
import { OWN_BARE } from "./own_scripts.ts";
import { dustLimit } from "./policy.ts";

/** Bytes of a spend of one bare coin: none of them is a witness's. */
const SIZE = 61n;

class Pool implements Disposable {
  readonly opened = openTestWorld();
  readonly world = this.opened.world;
  readonly ground: Ground = groundOf(this.opened, this.world.chain.nowSeconds());

  /** Its id, or what it is refused for. */
  send(tx: DraftTransaction): string {
    const added = this.world.send(decodeTransaction(encodeTransaction(tx)));
    if (added.kind === "added") return added.entry.id;
    return added.details === undefined ? added.reason : `${added.reason}, ${added.details}`;
  }

  waiting(): string[] {
    return [...this.world.mempool.entries()].map(({ id }) => id);
  }

  [Symbol.dispose](): void {
    this.opened[Symbol.dispose]();
  }
}

const idOf = (tx: DraftTransaction) => displayHash(draftTxid(tx));

/** A spend of an output of another. */
function childOf(parent: DraftTransaction, fee: bigint, index = 0): DraftTransaction {
  const outpoint = outpointOf(draftTxid(parent), index);
  return spend({ outpoint, value: parent.outputs[index]!.value }, fee);
}

/** The same, split over many outputs. */
function fan(tx: DraftTransaction, count: number): DraftTransaction {
  const { value, script } = tx.outputs[0]!;
  const share = value / BigInt(count);
  return { ...tx, outputs: Array.from({ length: count }, () => ({ value: share, script })) };
}

Deno.test("a fee of less than a satoshi for each virtual byte is too little", () => {
  using pool = new Pool();
  const [coin] = pool.ground.bare;
  assertEquals(pool.send(spend(coin!, SIZE - 1n)), "min relay fee not met, 60 < 61");
  assertEquals(pool.waiting().length, 0);
  const tx = spend(coin!, SIZE);
  assertEquals(pool.send(tx), idOf(tx));
});

Deno.test("dust is what costs more to spend than it is worth, and it is refused", () => {
  const key = (head: string) => Uint8Array.fromHex(head);
  assertEquals(dustLimit(key(`76a914${"00".repeat(20)}88ac`)), 546n);
  assertEquals(dustLimit(key(`0014${"00".repeat(20)}`)), 294n);
  assertEquals(dustLimit(key(`5120${"00".repeat(32)}`)), 330n);
  assertEquals(dustLimit(key(`0020${"00".repeat(32)}`)), 330n);
  assertEquals(dustLimit(key(`a914${"00".repeat(20)}87`)), 540n);
  assertEquals(dustLimit(key("6a0102")), 0n);
  using pool = new Pool();
  const tx = spend(pool.ground.bare[0]!, 1_000n);
  const limit = dustLimit(OWN_BARE);
  tx.outputs.push({ value: limit - 1n, script: OWN_BARE });
  tx.outputs[0]!.value -= limit;
  assertEquals(pool.send(tx), "dust");
  tx.outputs[1]!.value = limit;
  assertEquals(pool.send(tx), idOf(tx));
});

Deno.test("a replacement pays more, by rate and for its own size, and the replaced are gone", () => {
  using pool = new Pool();
  const { bare: [coin, other] } = pool.ground;
  const first = spend(coin!, 200n);
  const child = childOf(first, 300n);
  const stays = spend(other!, 100n);
  for (const tx of [first, child, stays]) assertEquals(pool.send(tx), idOf(tx));
  const one = (fee: bigint) => spend(coin!, fee);
  assertStringIncludes(pool.send(one(199n)), "; new feerate 3262 sat/kvB <= old feerate 3278");
  assertStringIncludes(pool.send(one(499n)), "less fees than conflicting txs; 499 < 500");
  assertStringIncludes(pool.send(one(560n)), "not enough additional fees to relay; 60 < 61");
  assertEquals(pool.waiting().length, 3);
  const enough = one(561n);
  assertEquals(pool.send(enough), idOf(enough));
  assertEquals(pool.waiting(), [idOf(stays), idOf(enough)]);
  // No sequence says that it may be replaced: full replacement.
  assertEquals(enough.inputs[0]!.sequence, 0xffffffff);
});

Deno.test("a replacement may be larger, but not at the rate of what it replaces", () => {
  using pool = new Pool();
  const [coin] = pool.ground.bare;
  const first = spend(coin!, 610n);
  pool.send(first);
  const large = fan(spend(coin!, 1_000n), 20);
  assertStringIncludes(pool.send(large), "insufficient fee, rejecting replacement");
  const dear = fan(spend(coin!, 10_000n), 20);
  assertEquals(pool.send(dear), idOf(dear));
});

Deno.test("a replacement throws out a hundred at most", () => {
  using pool = new Pool();
  const [coin] = pool.ground.bare;
  const parent = fan(spend(coin!, 2_000n), 100);
  pool.send(parent);
  for (let i = 0; i < 99; i++) pool.send(childOf(parent, SIZE, i));
  assertEquals(pool.waiting().length, 100);
  const fee = 1_000_000n;
  const extra = childOf(parent, SIZE, 99);
  pool.send(extra);
  assertStringIncludes(
    pool.send(spend(coin!, fee)),
    "too many potential replacements (101 > 100)",
  );
  assertEquals(pool.waiting().length, 101);
  pool.world.replaceMempool(
    [...pool.world.mempool.entries()].slice(0, 100).map(({ tx }) => tx),
  );
  const tx = spend(coin!, fee);
  assertEquals(pool.send(tx), idOf(tx));
  assertEquals(pool.waiting(), [idOf(tx)]);
});

Deno.test("a replacement spends nothing that waits but what the replaced spent, and not the replaced", () => {
  using pool = new Pool();
  const { bare: [coin, other] } = pool.ground;
  const first = spend(coin!, 200n);
  const elsewhere = spend(other!, 200n);
  pool.send(first);
  pool.send(elsewhere);
  const both = spend(coin!, 5_000n);
  both.inputs.push(childOf(elsewhere, 0n).inputs[0]!);
  assertStringIncludes(pool.send(both), "replacement-adds-unconfirmed");
  const itself = spend(coin!, 5_000n);
  itself.inputs.push(childOf(first, 0n).inputs[0]!);
  assertStringIncludes(pool.send(itself), "bad-txns-spends-conflicting-tx");
  // A sibling on the same waiting coin adds nothing new.
  const child = childOf(elsewhere, 200n);
  pool.send(child);
  const better = childOf(elsewhere, 300n);
  assertEquals(pool.send(better), idOf(better));
});

Deno.test("no more than 25 hang on each other", () => {
  using pool = new Pool();
  let at = spend(pool.ground.bare[0]!, 100n);
  for (let i = 0; i < 25; i++) {
    assertEquals(pool.send(at), idOf(at));
    at = childOf(at, 100n);
  }
  assertStringIncludes(pool.send(at), "too-long-mempool-chain, too many unconfirmed ancestors");
});

Deno.test("what a reorganisation gave back waits again, unless the new branch spent its coins", () => {
  using pool = new Pool();
  const { world, ground } = pool;
  const { bare: [coin, other] } = ground;
  const payment = spend(coin!, 500n), kept = spend(other!, 500n);
  for (const tx of [payment, kept]) pool.send(tx);
  const parent = world.chain.tip;
  world.mine(parent, { transactions: true });
  assertEquals(pool.waiting(), []);
  const child = childOf(kept, 500n);
  pool.send(child);
  // The other branch holds another spend of the payment's coin: the good draft's.
  const rival = decodeBlock(buildBlock(goodDraft(ground)));
  assertEquals(world.chain.accept(rival).kind, "kept");
  world.mine(world.chain.index.get(rival.hash)!, {});
  assertEquals(pool.waiting(), [idOf(kept), idOf(child)]);
  assertStringIncludes(pool.send(payment), "bad-txns-inputs-missingorspent");
});
