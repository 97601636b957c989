import { assert, assertEquals, assertRejects } from "@std/assert";
import { freshLedger } from "../fixture.ts";
import { balances, BlockLife, coins, hashOf, MONEY, newBlock, T } from "./block_fixture.ts";
import { negativeBalances } from "./debts.ts";
import { blockOf } from "./read.ts";
import { confirmBlock } from "./states.ts";
import { noteLost, takeBlock } from "./take.ts";

Deno.test("a block's life: credited, mature, taken back, credited again under the next epoch", async (t) => {
  await using ledger = await freshLedger();
  const block = new BlockLife(ledger, 1, 1_000n, [
    { address: "a", sats: 600n },
    { address: "b", sats: 390n },
  ], 10n);
  const credited = {
    "fee immature": 10n,
    "a immature": 600n,
    "b immature": 390n,
    "rewards immature": -1_000n,
  };
  const mature = {
    "fee mature": 10n,
    "a mature": 600n,
    "b mature": 390n,
    "wallet mature": -1_000n,
  };

  await t.step("taken and confirmed, it moves nothing before it is settled", async () => {
    assertEquals(await block.take(), true);
    assertEquals(await block.take(), false);
    assertEquals(await block.settle(), false);
    assertEquals(await block.confirm(), true);
    assertEquals(await block.confirm(), false);
    assertEquals(await balances(ledger), {});
  });
  await t.step("settled, it is credited once", async () => {
    assertEquals(await block.settle(), true);
    assertEquals(await block.settle(), false);
    assertEquals(await balances(ledger), credited);
    assertEquals(await coins(ledger), { immature: 1_000n });
  });
  await t.step("orphaned, it leaves nothing", async () => {
    assertEquals(await block.orphan(), []);
    assertEquals(await block.orphan(), null);
    assertEquals(await balances(ledger), {});
    assertEquals(await coins(ledger), { gone: 1_000n });
  });
  await t.step("back, it is credited as before", async () => {
    assertEquals(await block.confirm(), true);
    assertEquals(await balances(ledger), credited);
    assertEquals((await ledger.transaction((tx) => blockOf(tx, block.hash)))?.epoch, 1);
  });
  await t.step("mature, all of it is payable", async () => {
    assertEquals(await block.mature(), true);
    assertEquals(await block.mature(), false);
    assertEquals(await balances(ledger), mature);
    assertEquals(await coins(ledger), { mature: 1_000n });
  });
  await t.step("orphaned again, and back again", async () => {
    await block.orphan();
    assertEquals(await balances(ledger), {});
    await block.confirm();
    assertEquals(await balances(ledger), credited);
    await block.mature();
    assertEquals(await balances(ledger), mature);
    const kinds = await ledger.ask("SELECT kind, epoch FROM transfer ORDER BY id");
    assertEquals(kinds.map(({ kind, epoch }) => `${kind} ${epoch}`), [
      "credit 0",
      "reversal 0",
      "credit 1",
      "maturity 1",
      "reversal 1",
      "credit 2",
      "maturity 2",
    ]);
  });
});

Deno.test("an orphan that was never settled comes back under the same epoch", async () => {
  await using ledger = await freshLedger();
  const block = new BlockLife(ledger, 1, 50n, [{ address: "a", sats: 50n }], 0n);
  await block.take();
  await block.confirm();
  await block.orphan();
  assertEquals(await block.settle(), false);
  await block.confirm();
  await block.settle();
  assertEquals((await ledger.transaction((tx) => blockOf(tx, block.hash)))?.epoch, 0);
  assertEquals(await balances(ledger), { "a immature": 50n, "rewards immature": -50n });
});

Deno.test("a block settled after it was mature is payable at once", async () => {
  await using ledger = await freshLedger();
  const block = new BlockLife(ledger, 1, 50n, [{ address: "a", sats: 50n }], 0n);
  await block.take();
  await block.confirm();
  await block.mature();
  await block.settle();
  assertEquals(await balances(ledger), { "a mature": 50n, "wallet mature": -50n });
});

Deno.test("what the coinbase paid is booked at once, what was owed from before leaves the mature balance", async () => {
  await using ledger = await freshLedger();
  const before = new BlockLife(ledger, 1, 40n, [{ address: "a", sats: 40n }], 0n);
  await before.take();
  await before.confirm();
  await before.settle();
  await before.mature();
  const block = new BlockLife(ledger, 2, 400n, [
    { address: "a", sats: 500n, paid: 530n, carried: 40n },
    { address: "b", sats: 420n },
  ], 10n);
  await block.take();
  await block.confirm();
  await block.settle();
  assertEquals(await balances(ledger), {
    "fee immature": 10n,
    "a immature": 10n,
    "b immature": 420n,
    "rewards immature": -400n,
    "wallet mature": -40n,
  });
  await block.mature();
  assertEquals(await balances(ledger), {
    "fee mature": 10n,
    "a mature": 10n,
    "b mature": 420n,
    "wallet mature": -440n,
  });
  assertEquals(await coins(ledger), { mature: 440n });
  await block.orphan();
  assertEquals(await balances(ledger), { "a mature": 40n, "wallet mature": -40n });
});

Deno.test("a balance that a reversal took below zero is seen, and recovered by later credits", async () => {
  await using ledger = await freshLedger();
  const lost = new BlockLife(ledger, 1, 100n, [{ address: "a", sats: 100n }], 0n);
  await lost.take();
  await lost.confirm();
  await lost.settle();
  await lost.mature();
  // Paid out by hand: what matters here is the balance.
  await ledger.ask(
    `WITH a AS (INSERT INTO adjustment (kind, operator, reason, at_ms) VALUES ('test', 'o', 'r', 0) RETURNING id),
    t AS (INSERT INTO transfer (kind, adjustment_id, at_ms) SELECT 'test', id, 0 FROM a RETURNING id)
    INSERT INTO entry SELECT t.id, account.id, 1, CASE kind WHEN 'miner' THEN -100 ELSE 100 END
    FROM t, account WHERE kind IN ('miner', 'operator')`,
  );
  await lost.orphan();
  const owes = () => ledger.transaction(negativeBalances);
  assertEquals(await owes(), { accounts: 1, sats: -100n });
  const next = new BlockLife(ledger, 2, 130n, [{ address: "a", sats: 130n }], 0n);
  await next.take();
  await next.confirm();
  await next.settle();
  await next.mature();
  assertEquals(await owes(), { accounts: 0, sats: 0n });
  assertEquals((await balances(ledger))["a mature"], 30n);
});

Deno.test("two blocks at one height are two blocks, also with one coinbase", async () => {
  await using ledger = await freshLedger();
  const [one, two] = [1, 2].map((n) =>
    new BlockLife(ledger, n, 7n, [{ address: "a", sats: 7n }], 0n)
  );
  for (const block of [one!, two!]) {
    await block.take();
    await block.confirm();
    await block.settle();
  }
  assertEquals(await balances(ledger), { "a immature": 14n, "rewards immature": -14n });
});

Deno.test("a split that is not exact is refused and leaves nothing", async () => {
  await using ledger = await freshLedger();
  const block = new BlockLife(ledger, 1, 100n, [{ address: "a", sats: 99n }], 0n);
  await block.take();
  await block.confirm();
  await assertRejects(() => block.settle(), RangeError, "worth 100 sats by a split of 99");
  const paid = new BlockLife(ledger, 2, 100n, [{ address: "a", sats: 120n, paid: 20n }], 0n);
  await paid.take();
  await paid.confirm();
  const nobodyPaid = { credits: [], fee: 120n };
  await assertRejects(() => paid.settle(nobodyPaid), RangeError, "with payments of 0");
  assertEquals(await balances(ledger), {});
});

Deno.test("facts and splits are final in the database itself", async () => {
  await using ledger = await freshLedger();
  const block = new BlockLife(ledger, 1, 5n, [{ address: "a", sats: 5n }], 0n);
  await block.take({ worker: "a nul \0 inside" });
  await block.confirm();
  await block.settle();
  for (
    const sql of [
      "UPDATE block SET height = 7",
      "UPDATE block SET value = 6",
      "UPDATE block SET fee = 1",
      "UPDATE block SET epoch = epoch - 1",
      "DELETE FROM block",
      "UPDATE block_credit SET sats = 6",
      "DELETE FROM block_output",
    ]
  ) {
    const error = await assertRejects(() => ledger.ask(sql), Error);
    assert(/are final|never changed/.test(error.message), error.message);
  }
});

Deno.test("the first word of a hash stays; lost ones are noted beside it", async () => {
  await using ledger = await freshLedger();
  const record = { logId: "log", offset: 4 };
  const lost = { ...newBlock(1), record, reason: "Buried" };
  await ledger.transaction(async (tx) => {
    await noteLost(tx, lost);
    await noteLost(tx, { ...lost, reason: "Refused" });
    assertEquals(await takeBlock(tx, newBlock(1, { finder: "first" }), T), true);
    assertEquals(await takeBlock(tx, newBlock(1, { finder: "second" }), T), false);
  }, MONEY);
  assertEquals((await ledger.transaction((tx) => blockOf(tx, hashOf(1))))?.finder, "first");
  assertEquals(await ledger.ask("SELECT reason FROM block_lost"), [{ reason: "Buried" }]);
  const unknown = await ledger.transaction((tx) =>
    confirmBlock(tx, hashOf(9), { txid: hashOf(8), outputs: [] }, { confirmations: 1, atMs: T })
  );
  assertEquals(unknown, false);
});
