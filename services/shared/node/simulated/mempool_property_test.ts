import { assert, assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { outpointKey, outpointOf } from "./coins.ts";
import { decodeTransaction } from "./decode.ts";
import { type DraftTransaction, draftTxid, encodeTransaction, groundOf, spend } from "./draft.ts";
import { openTestWorld } from "./node_fixture.ts";
import { ancestorAt } from "./block_index.ts";

/** Something that happens to a mempool; `pick` chooses among what there is. */
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("pay"), pick: fc.nat(7), fee: fc.nat(2_000) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("chain"), pick: fc.nat(40), fee: fc.nat(2_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("mine"), pick: fc.nat(1), fee: fc.nat(1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("reorganise"), pick: fc.nat(2), fee: fc.nat(1) }),
  },
);

Deno.test("whatever is sent, replaced, mined and taken back: what waits always makes a good block", () => {
  let replaced = 0, returned = 0;
  fc.assert(
    fc.property(fc.array(happening, { minLength: 5, maxLength: 40 }), (happenings) => {
      using opened = openTestWorld();
      const { world } = opened;
      const ground = groundOf(opened, world.chain.nowSeconds());
      const sent: DraftTransaction[] = [];
      for (const { kind, pick, fee } of happenings) {
        const before = world.mempool.size;
        if (kind === "mine") world.mine(world.chain.tip, { transactions: pick === 1 });
        else if (kind === "reorganise") {
          const { tip } = world.chain;
          let at = ancestorAt(tip, tip.height - pick - 1);
          while (world.chain.tip !== at) at = world.mine(at, {}).entry;
          if (world.mempool.size > before) returned++;
        } else {
          const parent = kind === "chain" ? sent[pick % Math.max(sent.length, 1)] : undefined;
          const coin = parent === undefined ? ground.bare[pick % 8]! : {
            outpoint: outpointOf(draftTxid(parent), 0),
            value: parent.outputs[0]!.value,
          };
          const tx = spend(coin, BigInt(fee));
          const added = world.send(decodeTransaction(encodeTransaction(tx)));
          if (added.kind === "added") {
            sent.push(tx);
            if (world.mempool.size <= before) replaced++;
          }
        }
        const seen = new Set<string>(), spent = new Set<string>();
        for (const { id, parents, tx } of world.mempool.entries()) {
          assert(parents.isSubsetOf(seen), "a child before its parent");
          seen.add(id);
          for (const { outpoint } of tx.inputs) {
            const key = outpointKey(outpoint);
            assert(!spent.has(key), "a coin spent twice");
            spent.add(key);
            assertEquals(world.mempool.spender(outpoint), id);
          }
        }
      }
      // Throws where the block is refused.
      world.mine(world.chain.tip, { transactions: true });
      assertEquals(world.mempool.size, 0);
    }),
    { numRuns: 60, seed: 11 },
  );
  assert(replaced > 10 && returned > 5, `${replaced} replaced, ${returned} returned`);
});
