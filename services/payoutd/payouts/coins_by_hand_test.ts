import { assertEquals, assertRejects } from "@std/assert";
import {
  actOf,
  type Deposit,
  depositCoin,
  PayoutRefused,
  writeOffCoin,
} from "@gopool/ledger/payouts";
import { CONFIRMATIONS, MATURITY, type PayoutStand, payoutStand } from "./fixture.ts";

const BY = { who: "olga", method: "a try", reason: "a test" };
const NOTHING = { wallet: 0n, rewards: 0n };

function deposit(stand: PayoutStand, coin: Deposit): Promise<void> {
  return stand.ledger.transaction(
    (tx) => depositCoin(tx, coin, actOf(BY, stand.clock.now())),
    { money: true },
  );
}

async function refuses(stand: PayoutStand, coin: Deposit): Promise<void> {
  await assertRejects(() => deposit(stand, coin), PayoutRefused);
}

/** A payment sent, its change not yet a coin. */
async function sent(stand: PayoutStand) {
  const reward = await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  await stand.step();
  return reward;
}

/** What is the ledger's own of the first payment's outputs. */
async function changeOf(stand: PayoutStand): Promise<Deposit> {
  const { attempts, changeScript: script } = await stand.payout(1n);
  const { txid, changeSats: sats } = attempts[0]!;
  const vout = sats > 500_000n ? 1 : 0;
  return { txid: txid!, vout, sats, script, height: MATURITY + 1, coinbase: false };
}

Deno.test("a coin that is in the books, or comes into them by itself, cannot be put in by hand", async (t) => {
  await using stand = await payoutStand();
  const reward = await sent(stand);
  await t.step("of a coinbase of ours", () => refuses(stand, { ...reward, coinbase: true }));
  await t.step(
    "of a coinbase of which the ledger does not know yet",
    () => refuses(stand, { ...reward, txid: new Uint8Array(32), coinbase: true }),
  );
  await t.step("change that is on its way", async () => {
    const change = await changeOf(stand);
    await refuses(stand, change);
    await stand.mine(CONFIRMATIONS);
    await refuses(stand, change);
  });
  assertEquals(await stand.differences(), NOTHING);
});

Deno.test("a coinbase's coin that was written off comes back as what it was", async () => {
  await using stand = await payoutStand();
  const reward = await stand.reward({ 1: 5_000n });
  await stand.mine(MATURITY - 1);
  await stand.ledger.transaction(
    (tx) => writeOffCoin(tx, reward, actOf(BY, stand.clock.now())),
    { money: true },
  );
  await deposit(stand, { ...reward, coinbase: true });
  const coins = await stand.ledger.ask("SELECT origin, state FROM coin");
  assertEquals(coins.map((coin) => ({ ...coin })), [{ origin: "coinbase", state: "mature" }]);
  assertEquals(await stand.differences(), NOTHING);
});

Deno.test("change that was written off is no loss any more once its payment has left the chain", async () => {
  await using stand = await payoutStand();
  await sent(stand);
  await stand.mine(CONFIRMATIONS);
  const change = await changeOf(stand);
  await stand.ledger.transaction(
    (tx) => writeOffCoin(tx, change, actOf(BY, stand.clock.now())),
    { money: true },
  );
  assertEquals(await stand.differences(), NOTHING);
  stand.sim.reorganise(CONFIRMATIONS);
  stand.sim.forgetMempool();
  await stand.mineEmpty(CONFIRMATIONS + 1);
  assertEquals((await stand.payout(1n)).state, "broadcast");
  assertEquals(await stand.differences(), NOTHING);
  await stand.step();
  await stand.mine(CONFIRMATIONS);
  assertEquals((await stand.payout(1n)).state, "confirmed");
  assertEquals(await stand.differences(), NOTHING);
});
