import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeTransaction, displayHash } from "@gopool/chain";
import { signPayment } from "@gopool/chain/psbt";
import { actOf, PayoutRefused, writeOffCoin } from "@gopool/ledger/payouts";
import { CONFIRMATIONS, KEYS, MATURITY, type PayoutStand, payoutStand, script } from "./fixture.ts";
import { bump, cancel } from "./mod.ts";
import { requestOf } from "./request.ts";

const BY = { who: "olga", method: "a try", reason: "a test" };

async function paid(stand: PayoutStand, credits: Record<number, bigint>) {
  const reward = await stand.reward(credits);
  await stand.mine(MATURITY - 1);
  await stand.step();
  return reward;
}

const kinds = async (stand: PayoutStand) =>
  (await stand.ledger.ask<{ kind: string }>(
    "SELECT kind FROM transfer WHERE payout_id IS NOT NULL ORDER BY id",
  )).map(({ kind }) => kind);

Deno.test("a payment that a reorganisation removed is seen, sent again as it was, and counts once", async () => {
  await using stand = await payoutStand();
  await paid(stand, { 1: 500_000n });
  await stand.mine(CONFIRMATIONS);
  assertEquals((await stand.payout(1n)).state, "confirmed");
  const { txid } = (await stand.payout(1n)).attempts[0]!;
  stand.sim.reorganise(CONFIRMATIONS);
  stand.sim.forgetMempool();
  await stand.mineEmpty(CONFIRMATIONS + 1);
  const back = await stand.payout(1n);
  assertEquals([back.state, back.attempts[0]!.block], ["broadcast", null]);
  assertEquals(await stand.onChain(1), { sats: 0n, outputs: 0 });
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
  await stand.step();
  await stand.mine(CONFIRMATIONS);
  const again = await stand.payout(1n);
  assertEquals(again.state, "confirmed");
  assertEquals(again.attempts[0]!.txid, txid);
  assertEquals(await stand.onChain(1), { sats: 500_000n, outputs: 1 });
  assertEquals(await kinds(stand), [
    "payout",
    "payout_confirmed",
    "payout_fee",
    "payout_unconfirmed",
    "payout_confirmed",
    "payout_fee",
  ]);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});

Deno.test("whichever of its attempts is mined confirms a payment: the one that was replaced as well, and another after a reorganisation", async () => {
  await using stand = await payoutStand({ settings: { maxRunSats: 500_000n } });
  await paid(stand, { 1: 500_000n, 2: 500_000n });
  await bump(stand.deps, 1n, 40_000n, BY, stand.signal);
  await stand.step();
  const { attempts } = await stand.payout(1n);
  stand.sim.mineBlock({ include: [attempts[0]!.raw!], transactions: false });
  await stand.mineEmpty(CONFIRMATIONS - 1);
  let payout = await stand.payout(1n);
  assertEquals([payout.state, payout.confirmedAttempt], ["confirmed", 0]);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });

  stand.sim.reorganise(CONFIRMATIONS);
  stand.sim.forgetMempool();
  await stand.mineEmpty(CONFIRMATIONS + 1);
  await stand.step();
  await stand.mine(CONFIRMATIONS);
  payout = await stand.payout(1n);
  assertEquals([payout.state, payout.confirmedAttempt], ["confirmed", 1]);
  const [one, two] = [await stand.onChain(1), await stand.onChain(2)];
  assertEquals([one.sats + two.sats, one.outputs + two.outputs], [500_000n, 1]);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
  // Its change could still give way to the other attempt's: not spent before it is as deep as a coinbase has to be.
  const planned = async () => (await stand.ledger.ask("SELECT id FROM payout")).length;
  await stand.mine(MATURITY - CONFIRMATIONS - 1);
  await stand.step();
  assertEquals(await planned(), 1);
  await stand.mine(1);
  await stand.step();
  assertEquals(await planned(), 2);
});

Deno.test("a payment that spends the change of one that a reorganisation took away goes out again behind it", async () => {
  await using stand = await payoutStand({ settings: { maxRunSats: 500_000n } });
  await paid(stand, { 1: 500_000n, 2: 500_000n });
  await stand.mine(CONFIRMATIONS);
  await stand.step();
  assertEquals((await stand.payout(2n)).attempts[0]!.inputs[0]!.origin, "change");
  stand.sim.reorganise(CONFIRMATIONS);
  stand.sim.forgetMempool();
  await stand.mineEmpty(CONFIRMATIONS + 1);
  assertEquals((await stand.payout(1n)).state, "broadcast");
  assertEquals((await stand.payout(2n)).attempts[0]!.inputs[0]!.state, "gone");
  await assertRejects(
    () => bump(stand.deps, 1n, 40_000n, BY, stand.signal),
    PayoutRefused,
    "payout 2 spends its change",
  );
  await stand.step();
  await stand.mine(CONFIRMATIONS);
  assertEquals((await stand.payout(1n)).state, "confirmed");
  assertEquals((await stand.payout(2n)).state, "confirmed");
  assertEquals(await stand.onChain(1), { sats: 500_000n, outputs: 1 });
  assertEquals(await stand.onChain(2), { sats: 500_000n, outputs: 1 });
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});

Deno.test("a payment whose only coin vanished with its coinbase, 100 deep, is the one that is cancelled and planned anew", async () => {
  await using stand = await payoutStand();
  const reward = await paid(stand, { 1: 500_000n });
  await assertRejects(() => cancel(stand.deps, 1n, BY), PayoutRefused, "a signer has seen it");
  stand.sim.reorganise(MATURITY);
  await stand.mineEmpty(MATURITY + 1);
  await stand.orphan(reward);
  await stand.step();
  assertEquals((await stand.payout(1n)).state, "broadcast");
  assert(
    stand.detail()?.includes("Payout 1 spends 1 coins that vanished: replace or cancel it"),
    stand.detail(),
  );
  await assertRejects(
    () => bump(stand.deps, 1n, 9_000n, BY, stand.signal),
    PayoutRefused,
    "all of its coins vanished",
  );
  assertEquals(await stand.balance(1), -500_000n, "credited back, and still debited");
  await cancel(stand.deps, 1n, BY);
  assertEquals(await stand.balance(1), 0n);
  await paid(stand, { 1: 500_000n });
  await stand.mine(CONFIRMATIONS);
  assertEquals(await stand.onChain(1), { sats: 500_000n, outputs: 1 });
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});

Deno.test("a payment of which one coin vanished and another is left is replaced by one that spends the one left", async () => {
  await using stand = await payoutStand();
  const kept = await stand.reward({ 1: 500_000n }, KEYS[1]);
  const lost = await paid(stand, { 1: kept.sats - 1_000n });
  const before = (await stand.payout(1n)).attempts[0]!;
  assertEquals(before.inputs.length, 2);
  stand.sim.reorganise(MATURITY);
  await stand.mineEmpty(MATURITY + 1);
  await stand.orphan(lost);
  await assertRejects(
    () => cancel(stand.deps, 1n, BY),
    PayoutRefused,
    "some of its coins are still there",
  );
  await stand.reward({});
  await stand.mineEmpty(MATURITY - 1);
  const replaced = await bump(stand.deps, 1n, 9_000n, BY, stand.signal);
  assertEquals([replaced.attempt, replaced.added], [1, 1]);
  const after = (await stand.payout(1n)).attempts[1]!;
  assertEquals(after.reason, "input-gone");
  const ids = before.inputs.map(({ id }) => id);
  assertEquals(after.inputs.filter(({ id }) => ids.includes(id)).length, 1);
  await stand.step();
  await stand.mine(CONFIRMATIONS);
  assertEquals((await stand.payout(1n)).confirmedAttempt, 1);
  assertEquals(await stand.onChain(1), { sats: kept.sats + 499_000n, outputs: 1 });
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});

Deno.test("the database itself refuses an attempt that shares no coin with an earlier one", async () => {
  await using stand = await payoutStand();
  await paid(stand, { 1: 500_000n });
  await stand.mine(CONFIRMATIONS);
  await assertRejects(
    () =>
      stand.ledger.transaction(async (tx) => {
        await tx.query(
          `INSERT INTO payout_tx (payout_id, attempt, reason, fee_rate, fee_sats, change_sats, weight, at_ms)
           VALUES (1, 1, 'fee', 1, 1, 1, 1, 1)`,
        );
        await tx.query(
          "INSERT INTO payout_input SELECT 1, 1, id FROM coin WHERE origin = 'change'",
        );
      }),
    Error,
    "both could be confirmed",
  );
  for (
    const [sql, words] of [
      ["UPDATE payout_line SET gross_sats = 1", "never changed"],
      ["DELETE FROM payout_input", "never changed"],
      ["UPDATE payout_tx SET raw = 'x'", "does not change"],
      ["UPDATE payout_tx SET handed_at_ms = NULL", "does not change"],
      ["UPDATE payout SET gross_sats = 1", "does not change"],
      [
        "UPDATE payout SET state = 'planned', confirmed_attempt = NULL",
        "cannot go from confirmed to planned",
      ],
      ["DELETE FROM coin", "never changed"],
    ] as const
  ) {
    await assertRejects(() => stand.ledger.ask(sql), Error, words);
  }
});

Deno.test("a coin that nobody knows any more is an alarm, and others are spent; seen again, the alarm ends", async () => {
  await using stand = await payoutStand();
  const lost = await stand.reward({ 1: 500_000n });
  await stand.reward({ 2: 500_000n });
  await stand.mine(MATURITY - 1);
  await stand.ledger.ask("UPDATE coin SET vout = 5 WHERE block_hash = $1", [lost.hash]);
  await stand.step();
  assert(stand.detail()?.includes("no node knows it as unspent"), stand.detail());
  assertEquals((await stand.payout(1n)).attempts[0]!.inputs.length, 1);
  assertEquals((await stand.payout(1n)).lines.length, 2);
  await stand.ledger.ask("UPDATE coin SET vout = 0 WHERE block_hash = $1", [lost.hash]);
  await stand.mine(CONFIRMATIONS);
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY);
  await stand.step();
  assertEquals((await stand.ledger.ask("SELECT id FROM coin WHERE trouble IS NOT NULL")).length, 0);
});

Deno.test("a payment's coin spent by a stranger is an alarm by the block; once it is written off the payment can be cancelled", async () => {
  await using stand = await payoutStand();
  const reward = await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  const { signer } = stand.deps;
  stand.restart({ signer: { ...signer!, sign: () => Promise.resolve("waiting") } });
  await stand.step();
  const [coin] = requestOf(await stand.payout(1n), (await stand.payout(1n)).attempts[0]!).inputs;
  const theft = signPayment({
    inputs: [coin!],
    outputs: [{ script: script(0x66), sats: reward.sats - 10_000n }],
    lockTime: 0,
  }, KEYS);
  stand.sim.mineBlock({ include: [theft.raw], transactions: false });
  await stand.sync();
  const alarm = stand.lines.find(({ message }) => message.includes("no payment of this ledger"));
  assert(alarm?.message.includes(displayHash(theft.txid)));
  await stand.step();
  assert(stand.detail()?.includes("no payment of this ledger"), stand.detail());
  await assertRejects(() => cancel(stand.deps, 1n, BY), PayoutRefused, "a signer has seen it");
  await stand.ledger.transaction(
    (tx) => writeOffCoin(tx, coin!, actOf(BY, stand.clock.now())),
    { money: true },
  );
  await cancel(stand.deps, 1n, BY);
  assertEquals(await stand.balance(1), 500_000n);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});

Deno.test("a signer that gives back another transaction is not believed, and nothing is stored", async () => {
  await using stand = await payoutStand();
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  const { signer } = stand.deps;
  stand.restart({
    signer: {
      ...signer!,
      sign: (request) => {
        const [first, ...rest] = request.outputs;
        const other = { ...request, outputs: [{ ...first!, sats: first!.sats - 1n }, ...rest] };
        return Promise.resolve(signPayment(other, KEYS));
      },
    },
  });
  await stand.step();
  assertEquals((await stand.payout(1n)).attempts[0]!.raw, null);
  assert(stand.detail()?.includes("gave back another transaction"), stand.detail());
});

Deno.test("a payment signed and sent by somebody who was only shown it is recognised in the block", async () => {
  await using stand = await payoutStand();
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  const { signer } = stand.deps;
  stand.restart({ signer: { ...signer!, sign: () => Promise.resolve("waiting") } });
  await stand.step();
  const payout = await stand.payout(1n);
  const { raw } = signPayment(requestOf(payout, payout.attempts[0]!), KEYS);
  stand.sim.mineBlock({ include: [raw], transactions: false });
  await stand.sync();
  await stand.mineEmpty(CONFIRMATIONS - 1);
  const seen = await stand.payout(1n);
  assertEquals(seen.state, "confirmed");
  assertEquals(seen.attempts[0]!.txid, decodeTransaction(raw).txid);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});
