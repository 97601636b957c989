import { assert, assertEquals } from "@std/assert";
import { lastReconciliation } from "@gopool/ledger/blocks";
import { startStand } from "./fixture.ts";

Deno.test("the coins of the books are held against the chain", async (t) => {
  await using stand = await startStand({ maturity: 2 });
  await stand.work(2, 1, 1n);
  const value = await stand.subsidy();
  const first = await stand.mine();
  await stand.announce(first);
  await stand.look();
  await stand.settleLater();
  const reconcile = () => stand.reconciler.reconcile(stand.signal);

  await t.step("an immature coin is there, and nothing is owed yet", async () => {
    const { coins, onChain, owed, troubles } = await reconcile();
    assertEquals([coins, onChain, owed, troubles], [1, 0n, 0n, []]);
  });
  await t.step("mature, the coin covers what is owed to miners", async () => {
    await stand.mineOthers(1);
    await stand.look();
    const { onChain, owed, troubles } = await reconcile();
    assertEquals([onChain, owed, troubles], [value, value - value / 100n, []]);
    assertEquals((await stand.ledger.transaction(lastReconciliation))?.onChain, value);
  });
  await t.step("a coin that the chain has lost is told", async () => {
    await stand.replace(first);
    const { onChain, troubles } = await reconcile();
    assertEquals([onChain, troubles.length], [0n, 1]);
    assert(troubles[0]?.endsWith(`of ${value} sats is not on the chain`), troubles[0]);
  });
  await t.step("until the block is known to be orphaned, when the books fit again", async () => {
    await stand.lookLong();
    const { coins, troubles } = await reconcile();
    assertEquals([coins, troubles], [0, []]);
  });
  await t.step("coins that do not add up to their account are told", async () => {
    await stand.ledger.ask(
      `INSERT INTO coin (txid, vout, sats, script, origin, height, state)
       VALUES (decode(repeat('aa', 32), 'hex'), 0, 77, '\\x00', 'deposit', 1, 'mature')`,
    );
    const { troubles } = await reconcile();
    assertEquals(troubles.length, 2);
    assertEquals(troubles[1], `Mature coins add up to 77 sats, the account "wallet" says 0`);
  });
});
