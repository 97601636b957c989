import { assert, assertEquals, assertRejects } from "@std/assert";
import { accountsOf } from "@gopool/ledger";
import { forgetFee, noteFee, setFees, setScheme } from "@gopool/ledger/schemes";
import { addSlices } from "@gopool/ledger/shares";
import fc from "@gopool/testing/fc";
import { carried, earnings } from "@gopool/ledger/rewards";
import { BITS } from "@gopool/ledger/rewards/fixture";
import { payMinute } from "./pay.ts";
import {
  balances,
  by,
  EIGHT,
  MINUTE,
  money,
  NOW_MS,
  opened,
  params,
  pay,
  SUBSIDY,
  type Work,
  work,
} from "./pps_fixture.ts";

Deno.test("a closed minute under PPS is paid from the reserve once, an open one not at all", async () => {
  await using ledger = await opened("pps");
  await work(ledger, MINUTE, { account: "alice", work: 3n }, { account: "bob", work: 1n });
  await ledger.transaction(async (tx) => {
    const [alice] = await accountsOf(tx, ["alice"]);
    await addSlices(tx, {
      minutes: [MINUTE + 1],
      schemes: ["pps"],
      accounts: [alice!],
      nbits: [EIGHT],
      subsidies: [SUBSIDY],
      shares: [1],
      works: [8n],
    });
  });
  // 3/8 and 1/8 of the subsidy, less 1 %.
  assertEquals(await pay(ledger), { kind: "paid", minute: MINUTE, sats: 2_475_000_000n });
  assertEquals(await pay(ledger), { kind: "done" });
  assertEquals(await balances(ledger), {
    alice: 1_856_250_000n,
    bob: 618_750_000n,
    reserve: -2_475_000_000n,
  });
  const [transfer, ...more] = await ledger.ask("SELECT kind, minute FROM transfer");
  assertEquals([transfer, more.length], [{ kind: "pps", minute: MINUTE }, 0]);
});

Deno.test("fractions are carried from minute to minute, and a minute below a satoshi moves nothing", async () => {
  await using ledger = await opened("pps");
  // 6.25 less 1 % is 6.1875, as in the README of schemes; carol has 0.2475.
  const minute = [
    { account: "bob", work: 1n, subsidy: 50n },
    { account: "carol", work: 1n, subsidy: 2n },
  ];
  const paid: bigint[] = [];
  for (let n = 0; n < 6; n++) {
    await work(ledger, MINUTE + n, ...minute);
    const done = await pay(ledger);
    assert(done.kind === "paid");
    paid.push(done.sats);
  }
  assertEquals(paid, [6n, 6n, 6n, 6n, 7n, 7n]);
  assertEquals(await balances(ledger), { bob: 37n, carol: 1n, reserve: -38n });
  const carries = await ledger.ask("SELECT parts FROM pps_carry ORDER BY parts");
  // 0.125 of bob, 0.485 of carol, floored six times.
  assertEquals(carries[0], { parts: 1n << 61n });
  await work(ledger, MINUTE + 6, { account: "carol", work: 1n, subsidy: 0n });
  assertEquals(await pay(ledger), { kind: "paid", minute: MINUTE + 6, sats: 0n });
  assertEquals((await ledger.ask("SELECT FROM transfer")).length, 6);
});

Deno.test("FPPS adds the chain's expected fees, which are stored with the minute, and waits for the first", async () => {
  await using ledger = await opened("fpps");
  await work(ledger, MINUTE, { account: "alice", work: 8n, scheme: "fpps" });
  assertEquals(await pay(ledger), {
    kind: "waits",
    why: "the fees of no block of the chain are known yet",
  });
  await ledger.transaction(async (tx) => {
    for (const [at, fees] of [10n, 12n, 11n, 0n, 500n].entries()) {
      await noteFee(tx, {
        height: 100 + at,
        hash: new Uint8Array(32).fill(at),
        fees: fees * 1_000n,
      });
    }
    // One that has left the chain, and one that came in its place.
    await noteFee(tx, { height: 105, hash: new Uint8Array(32).fill(8), fees: 7n });
    await forgetFee(tx, { height: 105, hash: new Uint8Array(32).fill(9) });
    await forgetFee(tx, { height: 105, hash: new Uint8Array(32).fill(8) });
  });
  assertEquals(await pay(ledger), {
    kind: "paid",
    minute: MINUTE,
    sats: (SUBSIDY + 13_200n) * 99n / 100n,
  });
  const [row] = await ledger.ask(
    "SELECT expected_fees, fee_blocks, fee_height, fee_basis_points, sats FROM pps_minute",
  );
  assertEquals(row, {
    expected_fees: 13_200n,
    fee_blocks: 5,
    fee_height: 104,
    fee_basis_points: 100,
    sats: 4_950_013_068n,
  });
});

Deno.test("rates are those in force when the minute begins, and others than the pool's are stored", async () => {
  await using ledger = await opened("pps");
  await ledger.transaction(async (tx) => {
    const [alice] = await accountsOf(tx, ["alice"]);
    const rates = { feeBasisPoints: 0, donationBasisPoints: 1_000 };
    const fromMs = (MINUTE + 1) * 60_000;
    assertEquals((await setFees(tx, { account: alice!, ...rates, fromMs }, by)).kind, "set");
  }, money);
  for (const minute of [MINUTE, MINUTE + 1]) {
    await work(ledger, minute, { account: "alice", work: 8n }, { account: "bob", work: 8n });
    await pay(ledger);
  }
  assertEquals(await balances(ledger), {
    alice: SUBSIDY * 99n / 100n + SUBSIDY * 9n / 10n,
    bob: SUBSIDY * 99n / 100n * 2n,
    donation: SUBSIDY / 10n,
    reserve: -(SUBSIDY * 99n / 100n * 3n + SUBSIDY),
  });
  const rows = await ledger.ask(
    "SELECT minute, fee_basis_points, donation_basis_points FROM pps_rate",
  );
  assertEquals(rows, [{ minute: MINUTE + 1, fee_basis_points: 0, donation_basis_points: 1_000 }]);
});

Deno.test("late shares of PPS are paid in a minute of PPLNS, whose own shares are not", async () => {
  await using ledger = await opened("pps");
  await ledger.transaction(
    (tx) => setScheme(tx, { scheme: "pplns", params, fromMinute: MINUTE + 1 }, by),
    money,
  );
  await work(
    ledger,
    MINUTE + 1,
    { account: "alice", work: 8n },
    { account: "bob", work: 8n, scheme: "pplns", subsidy: 0n },
  );
  assertEquals((await pay(ledger)).kind, "paid");
  assertEquals(await balances(ledger), {
    alice: SUBSIDY * 99n / 100n,
    reserve: -SUBSIDY * 99n / 100n,
  });
});

Deno.test("two that pay side by side, and a transaction lost before its commit, pay every minute once", async () => {
  await using ledger = await opened("pps");
  for (let n = 0; n < 4; n++) await work(ledger, MINUTE + n, { account: "alice", work: 8n });
  await assertRejects(
    () =>
      ledger.transaction(async (tx) => {
        await payMinute(tx, NOW_MS);
        throw new Error("lost");
      }, money),
    Error,
    "lost",
  );
  await using other = await ledger.again();
  const all = async (one: typeof other) => {
    const minutes: number[] = [];
    for (;;) {
      const paid = await one.transaction((tx) => payMinute(tx, NOW_MS), money);
      if (paid.kind !== "paid") return minutes;
      minutes.push(paid.minute);
    }
  };
  const minutes = (await Promise.all([all(ledger), all(other)])).flat();
  assertEquals(minutes.sort(), [0, 1, 2, 3].map((n) => MINUTE + n));
  assertEquals((await balances(ledger))["alice"], 4n * SUBSIDY * 99n / 100n);
});

Deno.test("the books are what a sum in memory is, for any history of minutes", async () => {
  const one = fc.record({
    account: fc.constantFrom("alice", "bob", "carol"),
    scheme: fc.constantFrom("pps" as const, "fpps" as const),
    nbits: fc.constantFrom(...BITS),
    subsidy: fc.constantFrom(SUBSIDY, 50n),
    work: fc.bigInt(1n, 1_000n),
  });
  const key = ({ account, scheme, nbits, subsidy }: Work) =>
    [account, scheme, nbits, subsidy].join();
  const minutes = fc.array(fc.uniqueArray(one, { selector: key, maxLength: 6 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(minutes, async (minutes) => {
      await using ledger = await opened("pps");
      const fees = 1_234_567n;
      await ledger.transaction((tx) => noteFee(tx, { height: 1, hash: new Uint8Array(32), fees }));
      const owed = new Map<string, { sats: bigint; carry: bigint }>();
      const rates = { feeBasisPoints: 100, donationBasisPoints: 0 };
      for (const [n, done] of minutes.entries()) {
        await work(ledger, MINUTE + n, ...done);
        if (done.length > 0) assertEquals((await pay(ledger)).kind, "paid");
        const parts = new Map<string, bigint>();
        for (const scheme of ["pps", "fpps"]) {
          const of = done.filter((one) => one.scheme === scheme);
          const earned = earnings(of, scheme === "pps" ? 0n : fees, () => rates);
          for (const { account, parts: more } of earned.earnings) {
            parts.set(account, (parts.get(account) ?? 0n) + more);
          }
        }
        for (const [account, more] of parts) {
          const before = owed.get(account) ?? { sats: 0n, carry: 0n };
          const { sats, carry } = carried(before.carry, more);
          owed.set(account, { sats: before.sats + sats, carry });
        }
      }
      const { reserve = 0n, ...miners } = await balances(ledger);
      const wanted = [...owed].filter(([, { sats }]) => sats > 0n);
      assertEquals(
        miners,
        Object.fromEntries(wanted.map(([account, { sats }]) => [account, sats])),
      );
      assertEquals(-reserve, wanted.reduce((sum, [, { sats }]) => sum + sats, 0n));
    }),
    { numRuns: 5, endOnFailure: true },
  );
});
