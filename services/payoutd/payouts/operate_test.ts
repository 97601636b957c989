import { assert, assertEquals, assertRejects } from "@std/assert";
import { PayoutRefused } from "@gopool/ledger/payouts";
import {
  address,
  CONFIRMATIONS,
  MATURITY,
  type PayoutStand,
  payoutStand,
  script,
} from "./fixture.ts";
import { approve, bump, cancel, listPayouts, pause, previewPayouts, resume } from "./mod.ts";

const BY = { who: "olga", method: "a try", reason: "a test" };

async function due(stand: PayoutStand, credits: Record<number, bigint>): Promise<void> {
  await stand.reward(credits);
  await stand.mine(MATURITY - 1);
}

function acts(stand: PayoutStand) {
  return stand.ledger.ask<{ kind: string; operator: string; reason: string }>(
    "SELECT kind, operator, reason FROM adjustment ORDER BY id",
  );
}

function audited(stand: PayoutStand) {
  return stand.ledger.ask("SELECT who, method, reason, before, after FROM audit ORDER BY id");
}

Deno.test("with approval nothing is signed before an operator's yes, nothing else is planned beside it, and who said yes is kept", async () => {
  await using stand = await payoutStand({ settings: { approval: true, maxRunSats: 1n } });
  await due(stand, { 1: 500_000n });
  await stand.step();
  assertEquals((await stand.payout(1n)).state, "awaiting");
  await due(stand, { 2: 500_000n });
  await stand.step();
  assertEquals((await listPayouts(stand.ledger, 10)).payouts.length, 1);
  assertEquals(stand.detail(), "Payout 1 of 500000 sats waits for an operator's yes");
  await approve(stand.deps, 1n, BY);
  await assertRejects(() => approve(stand.deps, 1n, BY), PayoutRefused, "it is planned");
  await stand.step();
  assertEquals((await stand.payout(1n)).state, "broadcast");
  await stand.step();
  assertEquals((await stand.payout(2n)).state, "awaiting");
  assertEquals(await acts(stand), [{ kind: "payout_approve", operator: "olga", reason: "a test" }]);
  assertEquals(await audited(stand), [{
    ...BY,
    before: { payout: "1", state: "awaiting", grossSats: "500000" },
    after: { payout: "1", state: "planned", grossSats: "500000" },
  }]);
});

Deno.test("a payment that no signer has seen can be called off: its debits and coins are free again, once", async () => {
  await using stand = await payoutStand({ settings: { approval: true } });
  await due(stand, { 1: 500_000n });
  await stand.step();
  assertEquals(await stand.balance(1), 0n);
  await cancel(stand.deps, 1n, BY);
  assertEquals(await stand.balance(1), 500_000n);
  await assertRejects(() => cancel(stand.deps, 1n, BY), PayoutRefused, "it is cancelled");
  assertEquals(await stand.balance(1), 500_000n);
  await stand.step();
  assertEquals((await stand.payout(2n)).grossSats, 500_000n);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});

Deno.test("a payment that a signer has seen is not called off, signed or not", async () => {
  await using stand = await payoutStand();
  stand.restart({
    signer: {
      name: "a slow hand",
      script: null,
      signs: () => true,
      sign: () => Promise.resolve("waiting"),
    },
  });
  await due(stand, { 1: 500_000n });
  await stand.step();
  assertEquals((await stand.payout(1n)).state, "planned");
  assertEquals(stand.detail(), "Payout 1 waits for a signature");
  await assertRejects(() => cancel(stand.deps, 1n, BY), PayoutRefused, "a signer has seen it");
  stand.restart();
  await stand.step();
  assertEquals((await stand.payout(1n)).state, "broadcast");
  await assertRejects(() => cancel(stand.deps, 1n, BY), PayoutRefused, "a signer has seen it");
});

Deno.test("paused: nothing is planned, shown to a signer, or sent; resumed, everything goes on", async () => {
  await using stand = await payoutStand({ settings: { approval: true } });
  await due(stand, { 1: 500_000n });
  await pause(stand.deps, BY);
  await stand.step();
  assertEquals((await listPayouts(stand.ledger, 10)).payouts, []);
  assertEquals(stand.detail(), "Payouts are paused by olga: a test");
  await resume(stand.deps, BY);
  await stand.step();
  await approve(stand.deps, 1n, BY);
  await pause(stand.deps, BY);
  await stand.step();
  assertEquals((await stand.payout(1n)).attempts[0]!.handedAtMs, null);
  await resume(stand.deps, BY);
  // Paused between signing and sending.
  const { signer } = stand.deps;
  stand.restart({
    signer: {
      ...signer!,
      async sign(request, signal) {
        const signed = await signer!.sign(request, signal);
        await pause(stand.deps, BY);
        return signed;
      },
    },
  });
  await stand.step();
  assertEquals((await stand.payout(1n)).state, "signed");
  stand.restart();
  await stand.step();
  assertEquals((await stand.payout(1n)).attempts[0]!.lastAnswer, null);
  await resume(stand.deps, BY);
  await stand.step();
  assertEquals((await stand.payout(1n)).state, "broadcast");
  assertEquals((await acts(stand)).map(({ kind }) => kind), [
    "payout_pause",
    "payout_resume",
    "payout_approve",
    "payout_pause",
    "payout_resume",
    "payout_pause",
    "payout_resume",
  ]);
});

Deno.test("automatic runs stay within the limit of a run and of any 24 hours", async () => {
  await using stand = await payoutStand({
    settings: { maxRunSats: 300_000n, maxDaySats: 500_000n },
  });
  await due(stand, { 1: 200_000n, 2: 200_000n, 3: 200_000n, 4: 200_000n });
  const planned = async () => (await listPayouts(stand.ledger, 99)).payouts.map((p) => p.grossSats);
  await stand.step();
  assertEquals(await planned(), [300_000n]);
  assert(stand.detail()?.includes("the limit of a run or a day ends there"), stand.detail());
  // The one coin is on its way; its change is a coin when that is confirmed.
  await stand.mine(CONFIRMATIONS);
  await stand.step();
  assertEquals(await planned(), [200_000n, 300_000n]);
  await stand.mine(CONFIRMATIONS);
  await stand.step();
  assertEquals(await planned(), [200_000n, 300_000n]);
  await stand.clock.advance(23 * 3_600_000 + 59 * 60_000);
  await stand.step();
  await stand.mine(CONFIRMATIONS);
  assertEquals(await planned(), [300_000n, 200_000n, 300_000n]);
  const paid = await Promise.all([1, 2, 3, 4].map((n) => stand.onChain(n)));
  assertEquals(paid.reduce((sum, { sats }) => sum + sats, 0n), 800_000n);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});

Deno.test("a preview says what a run would do and writes nothing", async () => {
  await using stand = await payoutStand();
  await due(stand, { 1: 500_000n });
  const preview = await previewPayouts(stand.deps, stand.signal);
  assert(preview.kind === "ran");
  assertEquals(preview.run.plannedSats, 500_000n);
  assertEquals(preview.feeRate, 5_000n);
  assertEquals(preview.estimated, false);
  assertEquals((await listPayouts(stand.ledger, 10)).payouts, []);
  assertEquals(await stand.balance(1), 500_000n);
  stand.sim.estimate(12_000n);
  const again = await previewPayouts(stand.deps, stand.signal);
  assert(again.kind === "ran" && again.feeRate === 12_000n && again.estimated);
});

Deno.test("a bump replaces by fee at the pool's cost: the payees get the same, the new transaction is mined", async () => {
  await using stand = await payoutStand({ settings: { feePayer: "shared" } });
  await due(stand, { 1: 500_000n, 2: 500_001n });
  await stand.step();
  const first = (await stand.payout(1n)).attempts[0]!;
  const bumped = await bump(stand.deps, 1n, 50_000n, BY, stand.signal);
  assertEquals(bumped.attempt, 1);
  assertEquals(bumped.moreSats, bumped.feeSats - first.feeSats);
  await assertRejects(
    () => bump(stand.deps, 1n, 300_000n, BY, stand.signal),
    PayoutRefused,
    "the highest rate allowed is 200000",
  );
  await stand.step();
  await stand.mine(CONFIRMATIONS);
  const payout = await stand.payout(1n);
  assertEquals([payout.state, payout.confirmedAttempt], ["confirmed", 1]);
  // The first fee was theirs, by halves; the rest is the pool's.
  const shares = payout.lines.map(({ feeSats }) => feeSats);
  assertEquals(shares.reduce((sum, one) => sum + one, 0n), first.feeSats);
  assertEquals((await stand.onChain(1)).sats, 500_000n - shares[0]!);
  assertEquals((await stand.onChain(2)).sats, 500_001n - shares[1]!);
  const [row] = await stand.ledger.ask<{ sats: string }>(
    "SELECT sats::text FROM balance JOIN account a ON a.id = account_id WHERE kind = 'network_fee'",
  );
  assertEquals(BigInt(row!.sats), -bumped.moreSats);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
  await assertRejects(() => bump(stand.deps, 1n, 60_000n, BY, stand.signal), PayoutRefused);
});

Deno.test("an account that cannot be paid is set aside in the open, and the batch goes out without it", async () => {
  const bad = new Map([[2, "its script cannot be paid"]]);
  await using stand = await payoutStand({
    deps: {
      payeesOf: (_, names) =>
        Promise.resolve(
          new Map(names.map((name) => {
            const n = [1, 2, 3].find((one) => address(one) === name)!;
            return [name, bad.get(n) ?? { script: script(n), threshold: 10_000n }];
          })),
        ),
    },
  });
  await due(stand, { 1: 500_000n, 2: 500_000n, 3: 500_000n });
  await stand.step();
  assertEquals((await stand.payout(1n)).lines.length, 2);
  const { asides } = await listPayouts(stand.ledger, 10);
  assertEquals(asides.map(({ name, reason }) => [name, reason]), [
    [address(2), "its script cannot be paid"],
  ]);
  bad.clear();
  await stand.mine(CONFIRMATIONS);
  await stand.step();
  assertEquals((await listPayouts(stand.ledger, 10)).asides, []);
  assertEquals(await stand.balance(2), 0n);
});

Deno.test("a run of several payments has a coin for each, though few would hold the sum", async () => {
  await using stand = await payoutStand({ settings: { maxOutputs: 1 } });
  for (let i = 0; i < 4; i++) {
    await stand.reward(i === 0 ? { 1: 500_000n, 2: 500_000n, 3: 500_000n } : {});
  }
  await stand.mine(MATURITY - 1);
  await stand.step();
  const { payouts } = await listPayouts(stand.ledger, 10);
  assertEquals(payouts.map(({ state, grossSats }) => [state, grossSats]), [
    ["broadcast", 500_000n],
    ["broadcast", 500_000n],
    ["broadcast", 500_000n],
  ]);
});
