import { assert, assertEquals } from "@std/assert";
import { headerHash } from "@gopool/chain";
import { decodeBlock } from "./decode.ts";
import { buildBlock, type Draft, goodDraft, groundOf } from "./draft.ts";
import { mutated, MUTATIONS } from "./mutations.ts";
import { openTestWorld } from "./node_fixture.ts";

type Opened = ReturnType<typeof openTestWorld>;

function submit(opened: Opened, draft: Draft | Uint8Array): string {
  const bytes = draft instanceof Uint8Array ? draft : buildBlock(draft);
  const accepted = opened.world.chain.accept(decodeBlock(bytes));
  return accepted.kind === "invalid" ? accepted.reason : accepted.kind;
}

function ground(opened: Opened) {
  return groundOf(opened, opened.world.chain.nowSeconds());
}

/** A block with nothing but its coinbase, on any parent of the chain. */
function emptyOn(opened: Opened, parentHeight: number, salt: number): Draft {
  const { chain } = opened.world;
  const height = parentHeight + 1;
  const draft = goodDraft({
    ...ground(opened),
    height,
    previousHash: chain.at(parentHeight)!.hash,
  });
  draft.transactions.length = 1;
  const [output] = draft.transactions[0]!.outputs;
  output!.value = BigInt(salt);
  draft.time = chain.nowSeconds() + salt;
  return draft;
}

/** All coins there are, to compare two states by. */
function coins(opened: Opened): string {
  return opened.world.mempool.size + ":" + opened.store.digest();
}

Deno.test("a block on the tip is connected, and the same again is a duplicate", () => {
  using opened = openTestWorld();
  const block = buildBlock(goodDraft(ground(opened)));
  assertEquals(submit(opened, block), "connected");
  assertEquals(opened.world.chain.tip.height, 101);
  assertEquals(submit(opened, block), "duplicate");
});

Deno.test("a sibling of the tip is kept, its child reorganises, and the old branch can win again", () => {
  using opened = openTestWorld();
  const { chain } = opened.world;
  assertEquals(submit(opened, emptyOn(opened, 100, 1)), "connected");
  const first = chain.tip;
  const sibling = emptyOn(opened, 100, 2);
  assertEquals(submit(opened, sibling), "kept");
  assertEquals(chain.tip, first);
  const siblingHash = headerHash(buildBlock(sibling).subarray(0, 80));
  const child = {
    ...emptyOn(opened, 101, 3),
    previousHash: siblingHash,
  };
  assertEquals(submit(opened, child), "connected");
  assertEquals(chain.tip.height, 102);
  assertEquals(chain.isActive(first), false);
  // Two more on the first branch: heavier again.
  const second = { ...emptyOn(opened, 101, 4), previousHash: first.hash };
  assertEquals(submit(opened, second), "kept");
  const third = {
    ...emptyOn(opened, 102, 5),
    previousHash: headerHash(buildBlock(second).subarray(0, 80)),
  };
  assertEquals(submit(opened, third), "connected");
  assertEquals([chain.tip.height, chain.isActive(first)], [103, true]);
});

Deno.test("taking a block out leaves the coins as they were before it", () => {
  using opened = openTestWorld();
  const { chain } = opened.world;
  const before = opened.store.digest();
  assertEquals(submit(opened, goodDraft(ground(opened))), "connected");
  const after = opened.store.digest();
  assert(before !== after);
  chain.invalidate(chain.tip);
  assertEquals([chain.tip.height, opened.store.digest()], [100, before]);
  chain.reconsider([...chain.index.all()].at(-1)!);
  assertEquals([chain.tip.height, opened.store.digest()], [101, after]);
});

Deno.test("what was refused for good is remembered, what may have been forged is not", () => {
  using opened = openTestWorld();
  const at = ground(opened);
  const answers = Object.fromEntries(
    ["bad-cb-amount", "bad-cb-height", "bad-witness-merkle-match", "bad-txnmrklroot", "high-hash"]
      .map(
        (reason) => {
          const bad = buildBlock(mutated(MUTATIONS.find((one) => one.reason === reason)!, at));
          assertEquals(submit(opened, bad), reason);
          return [reason, submit(opened, bad)];
        },
      ),
  );
  assertEquals(answers, {
    "bad-cb-amount": "duplicate-invalid",
    "bad-cb-height": "duplicate-invalid",
    "bad-witness-merkle-match": "bad-witness-merkle-match",
    "bad-txnmrklroot": "bad-txnmrklroot",
    "high-hash": "high-hash",
  });
});

Deno.test("a good body is taken after a forged one under the same header", () => {
  using opened = openTestWorld();
  const draft = goodDraft(ground(opened));
  const forged = structuredClone(draft);
  forged.transactions[0]!.inputs[0]!.witness = [];
  const good = buildBlock(draft), bad = buildBlock(forged);
  assertEquals(good.subarray(0, 80), bad.subarray(0, 80));
  assertEquals(submit(opened, bad), "bad-witness-nonce-size");
  assertEquals(submit(opened, good), "connected");
});

Deno.test("nothing is built on a refused block", () => {
  using opened = openTestWorld();
  const bad = buildBlock(
    mutated(MUTATIONS.find(({ reason }) => reason === "bad-cb-amount")!, ground(opened)),
  );
  assertEquals(submit(opened, bad), "bad-cb-amount");
  const child = { ...emptyOn(opened, 100, 1), previousHash: headerHash(bad.subarray(0, 80)) };
  assertEquals(submit(opened, child), "bad-prevblk");
});

Deno.test("a heavier branch with a bad block in it does not win, and the tip stays", () => {
  using opened = openTestWorld();
  const { chain } = opened.world;
  assertEquals(submit(opened, emptyOn(opened, 100, 1)), "connected");
  const tip = chain.tip;
  // Its coins are only looked at when its child makes the branch heavier.
  const greedy = emptyOn(opened, 100, 2);
  greedy.transactions[0]!.outputs[0]!.value = 10_000_000_000n;
  assertEquals(submit(opened, greedy), "kept");
  const before = coins(opened);
  const greedyHash = headerHash(buildBlock(greedy).subarray(0, 80));
  assertEquals(submit(opened, { ...emptyOn(opened, 101, 3), previousHash: greedyHash }), "kept");
  assertEquals([chain.tip, coins(opened)], [tip, before]);
  assertEquals(chain.index.get(greedyHash)!.failed, true);
  assertEquals(submit(opened, greedy), "duplicate-invalid");
});

Deno.test("transactions of a block that falls out wait again, and those it made impossible are gone", () => {
  using opened = openTestWorld();
  const { world } = opened;
  world.generate(12);
  const before = [...world.mempool.entries()].map(({ id }) => id);
  const parent = world.chain.tip;
  const { entry } = world.mine(parent, { transactions: true });
  assertEquals([world.mempool.size, entry.transactions], [0, 13]);
  // A heavier branch without them.
  const rival = world.mine(parent, { transactions: false });
  world.mine(rival.entry, { transactions: false });
  assertEquals(world.chain.tip.previous, rival.entry);
  assertEquals([...world.mempool.entries()].map(({ id }) => id), before);
});

Deno.test("two nodes with the same options begin with the same chain, and take each other's blocks", () => {
  using one = openTestWorld();
  using two = openTestWorld({ transactionsPerBlock: 5 });
  assertEquals(one.world.chain.tip.id, two.world.chain.tip.id);
  const { entry } = two.world.mine(two.world.chain.tip, { transactions: true });
  assertEquals(submit(one, two.world.chain.block(entry).raw), "connected");
});
