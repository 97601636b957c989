import { assert, assertEquals } from "@std/assert";
import { LedgerUnavailable } from "@gopool/ledger";
import { waitFor } from "@gopool/testing";
import type { PayoutsDeps } from "./deps.ts";
import { CONFIRMATIONS, MATURITY, payoutStand } from "./fixture.ts";
import { createPayouts } from "./mod.ts";

Deno.test("a matured coinbase becomes a payment that is planned, signed, sent, mined and confirmed, to the satoshi", async () => {
  await using stand = await payoutStand();
  const reward = await stand.reward({ 1: 3_000_000n, 2: 40_000n, 3: 9_999n });
  await stand.step();
  assertEquals(await stand.balance(1), 3_000_000n, "immature: not payable (I6)");
  await stand.mine(MATURITY);
  await stand.step();
  assertEquals([await stand.balance(1), await stand.balance(2), await stand.balance(3)], [
    0n,
    0n,
    9_999n,
  ]);
  let payout = await stand.payout(1n);
  assertEquals(payout.state, "broadcast");
  await stand.mine(CONFIRMATIONS - 1);
  assertEquals((await stand.payout(1n)).state, "broadcast");
  await stand.mine(1);
  payout = await stand.payout(1n);
  assertEquals(payout.state, "confirmed");
  assertEquals(await stand.onChain(1), { sats: 3_000_000n, outputs: 1 });
  assertEquals(await stand.onChain(2), { sats: 40_000n, outputs: 1 });
  assertEquals(await stand.onChain(3), { sats: 0n, outputs: 0 });
  const [{ feeSats, changeSats }] = payout.attempts as [typeof payout.attempts[0]];
  assertEquals(reward.sats, 3_040_000n + feeSats + changeSats);
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
  assertEquals(await owed(stand), { transit: 0n, network_fee: -feeSats, wallet: -changeSats });
  // The change pays the next.
  await stand.reward({ 2: 50_000n });
  await stand.mine(MATURITY);
  await stand.step();
  assertEquals((await stand.payout(2n)).attempts[0]!.inputs[0]!.origin, "change");
  assert(stand.lines.some(({ message }) => message === "payout confirmed"));
});

async function owed(stand: Awaited<ReturnType<typeof payoutStand>>) {
  const rows = await stand.ledger.ask<{ kind: string; sats: string }>(
    `SELECT kind, sum(sats)::text AS sats FROM balance JOIN account a ON a.id = account_id
     WHERE kind IN ('transit', 'network_fee', 'wallet') GROUP BY kind`,
  );
  return Object.fromEntries(rows.map(({ kind, sats }) => [kind, BigInt(sats)]));
}

Deno.test("the service works by its clock alone, says what is wrong, and ends when it is told to", async () => {
  await using stand = await payoutStand();
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  const away: PayoutsDeps = {
    ...stand.deps,
    ledger: {
      ...stand.deps.ledger,
      transaction: () => Promise.reject(new LedgerUnavailable("PostgreSQL is away", false)),
    },
  };
  const { clock } = stand;
  const ended = new AbortController();
  const running = createPayouts(away).run(ended.signal);
  await waitFor(() => stand.detail() === "PostgreSQL is away", "the word of it");
  ended.abort();
  await running;

  const again = new AbortController();
  const second = createPayouts(stand.deps).run(again.signal);
  await waitFor(async () => {
    await clock.advance(1_000);
    return stand.detail() === "1 payouts on their way, 0 of them in a block";
  }, "the payment");
  again.abort();
  await second;
  assertEquals((await stand.payout(1n)).state, "broadcast");
});
