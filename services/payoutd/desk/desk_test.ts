import { assertEquals, assertRejects } from "@std/assert";
import { LedgerUnavailable } from "@gopool/ledger";
import { address, type Stand, startStand } from "../blocks/fixture.ts";
import { verify } from "../books/mod.ts";
import { makeHistory, rebuildOf } from "../books/rebuild/rebuild_fixture.ts";
import {
  adjust,
  BadRequest,
  moveReserve,
  Refused,
  setFees,
  setScheme,
  settleByHand,
} from "./mod.ts";

const ACTOR = { who: "olga", method: "a try", reason: "a test" };

function audits({ ledger }: Stand) {
  return ledger.ask<{ method: string; after: Record<string, unknown> }>(
    "SELECT method, after FROM audit ORDER BY id",
  );
}

Deno.test("after everything that operators may do the books verify, and a rebuild says the same", async () => {
  await using stand = await startStand({ scheme: "pplns", maturity: 4 });
  const { deps } = stand;
  await makeHistory(stand, async () => {
    await setScheme(deps, { scheme: "pplns", windowThousandths: 2_000, fromMs: null }, ACTOR);
    await setFees(deps, {
      account: address(3),
      feeBasisPoints: 0,
      donationBasisPoints: null,
      fromMs: null,
    }, ACTOR);
  });
  const { before, after } = await adjust(deps, { account: address(2), sats: 500n }, ACTOR);
  assertEquals(after - before, 500n);
  await adjust(deps, { account: "fee", sats: -20n }, ACTOR);
  await moveReserve(deps, 1_000n, ACTOR);
  assertEquals((await audits(stand)).length, 5);
  assertEquals((await verify(stand.ledger, { network: "regtest", maturity: 4 })).problems, []);
  assertEquals((await rebuildOf(stand)).differences, []);
});

Deno.test("names that every object has are no accounts", async () => {
  await using stand = await startStand();
  for (const account of ["constructor", "__proto__", "toString", "miner"]) {
    await assertRejects(() => adjust(stand.deps, { account, sats: 1n }, ACTOR), BadRequest);
  }
  await assertRejects(
    () => settleByHand(stand.deps, new Uint8Array(32), ACTOR),
    Refused,
    "no such block",
  );
  assertEquals(await audits(stand), []);
});

Deno.test("a change whose outcome nobody knows, asked for again under its name, is done once", async () => {
  await using stand = await startStand();
  const { ledger } = stand;
  let cuts = 1;
  /** The connection breaks during the commit: it happened, and nobody is told. */
  const cut: typeof ledger = {
    ...ledger,
    transaction: async (work, how) => {
      const done = await ledger.transaction(work, how);
      if (cuts-- > 0) throw new LedgerUnavailable("the connection broke", true);
      return done;
    },
  };
  const deps = { ...stand.deps, ledger: cut };
  const actor = { ...ACTOR, requestId: "refund-2026-11" };
  const order = { account: address(2), sats: 500n };
  const error = await assertRejects(() => adjust(deps, order, actor), LedgerUnavailable);
  assertEquals(error.outcomeUnknown, true);
  const { before, after, again } = await adjust(deps, order, actor);
  assertEquals([before, after, again], [0n, 500n, true]);
  assertEquals((await stand.balances())["a2 mature"], 500n);
  assertEquals((await audits(stand)).length, 1);
});

Deno.test("a time in other units than milliseconds takes effect never, and is refused in words", async () => {
  await using stand = await startStand();
  const microseconds = 60_000_000 * Math.round(stand.deps.clock.now() / 60_000);
  // The last times that the protos let through are none that a calendar has.
  for (const fromMs of [microseconds, Number.MAX_SAFE_INTEGER, 150_119_987_579 * 60_000]) {
    const orders = [
      () => setScheme(stand.deps, { scheme: "pplns", windowThousandths: null, fromMs }, ACTOR),
      () =>
        setFees(stand.deps, {
          account: null,
          feeBasisPoints: 1,
          donationBasisPoints: null,
          fromMs,
        }, ACTOR),
    ];
    for (const order of orders) {
      const { field } = await assertRejects(order, BadRequest, "ten years ahead");
      assertEquals(field, "from_ms");
    }
  }
  assertEquals(await audits(stand), []);
});
