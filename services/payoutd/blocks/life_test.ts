/** A block's life on a real chain and a real database: found, confirmed, settled, mature, orphaned, back. */
import { assert, assertEquals } from "@std/assert";
import type { Node, Nodes } from "@gopool/node";
import { displayHash, type Hash } from "@gopool/chain";
import { address, EASY_BITS, script, startStand } from "./fixture.ts";
import { createSettler } from "./settler.ts";
import { createBlockWatcher } from "./watcher.ts";
import { LOOK_EVERY_MS, UNKNOWN_REST_MS, WATCH_BEYOND_MATURITY } from "./limits.ts";

Deno.test("a block is split over the window, matures, and rests long after", async () => {
  await using stand = await startStand();
  await stand.work(2, 3, 1n);
  await stand.work(3, 2, 1n);
  // The minute of T itself does not count.
  await stand.work(4, 0, 1n);
  const value = await stand.subsidy();
  const mined = await stand.mine({ facts: { account: address(4) } });
  await stand.announce(mined);
  const { hash } = mined.facts;

  await stand.look();
  assertEquals((await stand.block(hash))?.state, "confirmed");
  assertEquals(await stand.settler.settle(stand.signal), 0, "not before 2 minutes after T");
  assertEquals(await stand.settleLater(), 1);
  // Each block is worth 2 shares on this chain, and the window one block: both miners' shares are in it.
  const fee = value / 100n;
  const each = (value - fee) / 2n;
  const immature = {
    "fee immature": fee,
    "a2 immature": each,
    "a3 immature": each,
    "rewards immature": -value,
  };
  assertEquals(await stand.balances(), immature);
  assertEquals(await stand.settleLater(), 0);

  await stand.mineOthers(2);
  await stand.look();
  assertEquals(await stand.balances(), immature, "3 confirmations are not 4");
  await stand.mineOthers(1);
  await stand.look();
  assertEquals(await stand.balances(), {
    "fee mature": fee,
    "a2 mature": each,
    "a3 mature": each,
    "wallet mature": -value,
  });
  await stand.mineOthers(WATCH_BEYOND_MATURITY - 1);
  await stand.look();
  assertEquals((await stand.block(hash))?.watched, true);
  await stand.mineOthers(1);
  await stand.look();
  assertEquals((await stand.block(hash))?.watched, false);

  const { basis } =
    (await stand.ledger.ask<{ basis: Record<string, unknown> }>("SELECT basis FROM block"))[0]!;
  assertEquals(
    Object.keys(basis).toSorted().join(),
    [
      "by",
      "cuts",
      "finder",
      "goes",
      "poolDonationBasisPoints",
      "poolFeeBasisPoints",
      "scheme",
      "snapshotId",
      "weight",
      "window",
      "windowThousandths",
    ].join(),
  );
});

Deno.test("orphaned, back, orphaned again and back: each time the books follow to the satoshi", async () => {
  await using stand = await startStand();
  await stand.work(2, 1, 1n);
  const mined = await stand.mine();
  const { hash } = mined.facts;
  await stand.announce(mined);
  await stand.look();
  await stand.settleLater();
  const credited = await stand.balances();
  const ours = displayHash(hash as Hash);

  const rival = await stand.replace(mined);
  await stand.look();
  assertEquals(await stand.balances(), credited, "one look calls nothing orphaned");
  await stand.lookLong();
  assertEquals([(await stand.block(hash))?.state, await stand.balances()], ["orphaned", {}]);

  stand.sim.bringBack(ours);
  await stand.look();
  assertEquals((await stand.block(hash))?.epoch, 1);
  assertEquals(await stand.balances(), credited);

  stand.sim.bringBack(rival);
  await stand.lookLong();
  assertEquals(await stand.balances(), {});

  stand.sim.bringBack(ours);
  await stand.look();
  await stand.look();
  assertEquals((await stand.block(hash))?.epoch, 2);
  const mature = await stand.balances();
  assertEquals(mature["wallet mature"], credited["rewards immature"]);
  assertEquals(mature["a2 mature"], credited["a2 immature"]);

  // Deep below maturity, all of it still goes back.
  await stand.replace(mined);
  await stand.lookLong();
  assertEquals(await stand.balances(), {});
});

Deno.test("nothing is called orphaned while nodes disagree, or one catches up", async (t) => {
  await using stand = await startStand({ nodes: 2 });
  const [one, two] = stand.chains.map(({ sim }) => sim);
  const [first, second] = stand.nodes.list;
  // Regtest nodes never call themselves syncing while they have all headers.
  const slow = {
    name: second!.name,
    chain: async () => ({ ...await second!.chain(), syncing: true }),
  } as Node;
  const catching = createBlockWatcher({
    ...stand.deps,
    nodes: { list: [first!, slow] } as unknown as Nodes,
  });
  const mined = await stand.mine();
  const { hash } = mined.facts;
  await stand.announce(mined);
  await stand.look();
  const state = async () => (await stand.block(hash))?.state;

  await t.step("the second node has another block in its place", async () => {
    two!.reorganise(1);
    await stand.lookLong();
    assertEquals(await state(), "confirmed");
  });
  await t.step("the first does too, but the second catches up", async () => {
    one!.reorganise(1);
    for (let i = 0; i < 20; i++) {
      await catching.look(stand.signal);
      await stand.clock.advance(LOOK_EVERY_MS);
    }
    assertEquals(await state(), "confirmed");
    assert(stand.deps.board.all().some(({ detail }) => detail.includes("on no best chain")));
  });
  await t.step("a node that is away has no say", async () => {
    two!.warmingUp(true);
    await stand.lookLong();
    assertEquals(await state(), "orphaned");
  });
  await t.step("the first look after which a node disagrees starts the count again", async () => {
    two!.warmingUp(false);
    one!.bringBack(displayHash(hash as Hash));
    await stand.look();
    assertEquals(await state(), "confirmed");
  });
});

Deno.test("while nodes disagree nothing matures either", async () => {
  await using stand = await startStand({ nodes: 2, maturity: 2 });
  const mined = await stand.mine();
  await stand.announce(mined);
  await stand.mineOthers(1);
  await stand.replace(mined, 1);
  await stand.look();
  await stand.look();
  assertEquals((await stand.block(mined.facts.hash))?.state, "confirmed");
  stand.chains[1]!.sim.warmingUp(true);
  await stand.look();
  assertEquals((await stand.block(mined.facts.hash))?.state, "mature");
});

Deno.test("a block that no node knows credits nothing, stays visible, and wakes should it come", async () => {
  await using stand = await startStand();
  await stand.work(2, 1, 1n);
  const mined = await stand.mine({ to: [] });
  const { hash } = mined.facts;
  await stand.follow();
  await stand.announce(mined);
  await stand.look();
  assertEquals(await stand.settleLater(), 0);
  const block = await stand.block(hash);
  assertEquals([block?.state, block?.waitsFor], ["found", "no node's chain reaches its height"]);
  await stand.mineOthers(3);
  await stand.lookLong();
  assertEquals((await stand.block(hash))?.waitsFor, "no node knows it");
  await stand.clock.advance(UNKNOWN_REST_MS);
  await stand.look();
  assertEquals((await stand.block(hash))?.watched, false);
  assertEquals(await stand.balances(), {});

  // It comes to a node after all, and its branch wins.
  await stand.follow();
  await stand.chains[0]!.node.submit(mined.raw);
  stand.sim.bringBack(displayHash(hash as Hash));
  await stand.follow();
  assertEquals((await stand.block(hash))?.watched, true);
  await stand.look();
  assertEquals(await stand.settleLater(), 1);
});

Deno.test("two keepers at once do everything once", async () => {
  await using stand = await startStand();
  await using again = await stand.ledger.again();
  const deps = { ...stand.deps, ledger: again };
  const other = { watcher: createBlockWatcher(deps), settler: createSettler(deps) };
  await stand.work(2, 1, 1n);
  const blocks = [await stand.mine(), await stand.mine(), await stand.mine()];
  for (const block of blocks) await stand.announce(block);
  const both = async (a: () => Promise<unknown>, b: () => Promise<unknown>) =>
    void await Promise.all([a(), b()]);
  await both(() => stand.look(), () => other.watcher.look(stand.signal));
  await stand.clock.advance(120_000);
  await both(() => stand.settler.settle(stand.signal), () => other.settler.settle(stand.signal));
  await stand.mineOthers(4);
  await both(() => stand.look(), () => other.watcher.look(stand.signal));
  stand.sim.reorganise(7);
  await both(() => stand.lookLong(), async () => {
    for (let i = 0; i < 30; i++) await other.watcher.look(stand.signal);
  });
  assertEquals(await stand.balances(), {});
  const kinds = await stand.ledger.ask<{ kind: string; n: bigint }>(
    "SELECT kind, count(*) AS n FROM transfer GROUP BY kind ORDER BY kind",
  );
  assertEquals(kinds, ["credit", "maturity", "reversal"].map((kind) => ({ kind, n: 3n })));
});

Deno.test("a block that cannot be split holds up no other", async () => {
  await using stand = await startStand();
  const first = await stand.mine();
  await stand.announce(first);
  await stand.look();
  // Minutes that its window needs are gone.
  await stand.ledger.ask(
    `UPDATE share_book SET first_open_minute = 29460000, first_open_hour = 491000,
       first_kept_minute = 29460000`,
  );
  await stand.ledger.ask(
    `INSERT INTO slice_total SELECT 29453700, $1, 'pplns', 1, 1`,
    [EASY_BITS],
  );
  assertEquals(await stand.settleLater(), 0);
  const { waitsFor } = (await stand.block(first.facts.hash))!;
  assert(waitsFor?.startsWith("it cannot be split: Cannot read the window"), waitsFor ?? "");
  const second = await stand.mine({ rest: script(5), facts: { variant: 1, account: address(5) } });
  await stand.announce(second);
  await stand.look();
  assertEquals(await stand.settleLater(), 1);
});
