import { assert, assertEquals, assertRejects } from "@std/assert";
import { accountsOf } from "../books.ts";
import { type FreshLedger, freshLedger } from "../fixture.ts";
import { closeThrough, minuteOf } from "../shares/mod.ts";
import {
  fallBack,
  feesAt,
  moveReserve,
  notInForce,
  openFees,
  openSchedule,
  paysFromReserve,
  ratesOf,
  reserveOf,
  schemeAt,
  type SchemeName,
  type SchemePeriod,
  schemePeriods,
  setFees,
  setScheme,
} from "./mod.ts";

const MINUTE = 29_500_000;
/** In the middle of it. */
const NOW_MS = MINUTE * 60_000 + 31_000;
const params = { windowThousandths: 4_000 };
const by = { operator: "olga", reason: "a test", nowMs: NOW_MS };

const money = { money: true };

async function opened(scheme: SchemeName = "pplns"): Promise<FreshLedger> {
  const ledger = await freshLedger();
  await ledger.transaction(async (tx) => {
    await openSchedule(tx, { scheme, params }, NOW_MS);
    await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 0 }, NOW_MS);
  }, money);
  return ledger;
}

const set = (ledger: FreshLedger, scheme: SchemeName, fromMinute: number | null, nowMs = NOW_MS) =>
  ledger.transaction(
    (tx) => setScheme(tx, { scheme, params, fromMinute }, { ...by, nowMs }),
    money,
  );

const periodsOf = (ledger: FreshLedger) => ledger.transaction(schemePeriods);

async function schemesAt(ledger: FreshLedger, ...minutes: number[]): Promise<SchemeName[]> {
  const periods = await periodsOf(ledger);
  return minutes.map((minute) => schemeAt(periods, minute).scheme);
}

Deno.test("the settings make the first period and the first rates once, from the beginning of time", async () => {
  await using ledger = await opened();
  await ledger.transaction(async (tx) => {
    assertEquals(await openSchedule(tx, { scheme: "solo", params }, NOW_MS), false);
    assertEquals(
      await openFees(tx, { feeBasisPoints: 7, donationBasisPoints: 7 }, NOW_MS),
      false,
    );
    assertEquals((await feesAt(tx, 0)).pool, { feeBasisPoints: 100, donationBasisPoints: 0 });
  });
  assertEquals(await schemesAt(ledger, 0, MINUTE), ["pplns", "pplns"]);
  assertEquals((await periodsOf(ledger))[0]!.params, params);
});

Deno.test("a scheme changes at a minute that has not begun, and who did it and why is kept", async () => {
  await using ledger = await opened();
  assertEquals(await set(ledger, "pps", MINUTE + 10), {
    kind: "set",
    fromMs: (MINUTE + 10) * 60_000,
  });
  assertEquals(await schemesAt(ledger, MINUTE + 9, MINUTE + 10), ["pplns", "pps"]);
  const [row] = await ledger.ask(
    `SELECT a.operator, a.reason, a.detail FROM adjustment a JOIN scheme_period ON adjustment_id = a.id`,
  );
  assertEquals(row, {
    operator: "olga",
    reason: "a test",
    detail: { scheme: "pps", params, fromMinute: MINUTE + 10 },
  });
  const [{ schedule_version: version }] = await ledger.ask<{ schedule_version: number }>(
    "SELECT schedule_version FROM share_book",
  ) as [{ schedule_version: number }];
  assert(version > 0, "who applies shares reads the schedule again");
});

Deno.test("a scheme does not change in a minute that has begun, is closed, or has shares counted", async () => {
  await using ledger = await opened();
  const refused = async (minute: number, earliest: number) => {
    const decision = await set(ledger, "pps", minute);
    assert(decision.kind === "refused");
    const said = new Date(earliest * 60_000).toISOString().replace(":00.000Z", "Z");
    assert(decision.why.endsWith(`The earliest is ${said}`), decision.why);
    assertEquals((await periodsOf(ledger)).length, 1);
  };
  await refused(MINUTE, MINUTE + 1);
  await refused(MINUTE - 1, MINUTE + 1);
  await ledger.transaction((tx) => closeThrough(tx, MINUTE + 2), money);
  await refused(MINUTE + 2, MINUTE + 3);
  // A broker's clock is ahead of ours: what it has stamped is counted already.
  await ledger.ask(
    `INSERT INTO log (id, bus_id, begins_at_ms, opened_at_ms) VALUES ('log', 'bus', 0, $1)`,
    [NOW_MS],
  );
  await ledger.ask(
    `INSERT INTO share_position (log, partition, source_offset, header_hash, logged_at_ms, next_offset,
       opened_source_offset, opened_next_offset)
     SELECT number, 0, 5, '\\x00', $1, 6, -1, 0 FROM log`,
    [(MINUTE + 4) * 60_000 + 59_999],
  );
  await refused(MINUTE + 4, MINUTE + 5);
  assertEquals(await set(ledger, "pps", null), { kind: "set", fromMs: (MINUTE + 5) * 60_000 });
});

Deno.test("of several changes for one minute the one made last counts", async () => {
  await using ledger = await opened();
  await set(ledger, "pps", MINUTE + 10);
  await set(ledger, "solo", MINUTE + 20);
  await set(ledger, "pplns", MINUTE + 10);
  assertEquals(
    await schemesAt(ledger, MINUTE + 9, MINUTE + 10, MINUTE + 19, MINUTE + 20),
    ["pplns", "pplns", "pplns", "solo"],
  );
});

Deno.test("what was in force is never changed or removed", async () => {
  await using ledger = await opened();
  for (
    const sql of [
      "UPDATE scheme_period SET from_minute = 5",
      "DELETE FROM scheme_period",
      "UPDATE fee_period SET fee_basis_points = 5",
      "TRUNCATE fee_period",
    ]
  ) {
    await assertRejects(() => ledger.ask(sql), Error, "never changed or removed");
  }
});

Deno.test("falling back puts PPLNS in the place of PPS now and of FPPS later, and only there", async () => {
  await using ledger = await opened("pps");
  await set(ledger, "solo", MINUTE + 10);
  await set(ledger, "fpps", MINUTE + 20);
  await set(ledger, "prop", MINUTE + 30);
  const fall = (nowMs = NOW_MS) =>
    ledger.transaction((tx) => fallBack(tx, { operator: "payoutd", reason: "low", nowMs }), money);
  assertEquals(paysFromReserve(await periodsOf(ledger), MINUTE), true);
  assertEquals(await fall(), MINUTE + 1);
  assertEquals(
    await schemesAt(ledger, MINUTE, MINUTE + 1, MINUTE + 10, MINUTE + 20, MINUTE + 30),
    ["pps", "pplns", "solo", "pplns", "prop"],
  );
  const periods = await periodsOf(ledger);
  const fallen = (minute: number) => schemeAt(periods, minute).isFallback;
  assertEquals([MINUTE, MINUTE + 1, MINUTE + 10, MINUTE + 20].map(fallen), [
    false,
    true,
    false,
    true,
  ]);
  assertEquals(paysFromReserve(periods, MINUTE + 1), false);
  // Nothing is left to do, until the operator goes back.
  assertEquals(await fall(), null);
  await set(ledger, "pps", MINUTE + 5);
  assertEquals(await fall(), MINUTE + 5);
  assertEquals(await schemesAt(ledger, MINUTE + 5), ["pplns"]);
});

Deno.test("rates are in force from their minute on, an account's own before the pool's", async () => {
  await using ledger = await opened();
  const [alice, bob] = await ledger.transaction((tx) => accountsOf(tx, ["alice", "bob"]));
  const change = (account: number | null, rates: object, fromMinute: number) =>
    ledger.transaction(
      (tx) => setFees(tx, { account, ...rates, fromMs: fromMinute * 60_000 }, by),
      money,
    );
  await change(null, { feeBasisPoints: 200 }, MINUTE + 2);
  await change(alice!, { feeBasisPoints: 50 }, MINUTE + 3);
  await change(alice!, { donationBasisPoints: 1_000 }, MINUTE + 4);
  await change(bob!, { donationBasisPoints: 300 }, MINUTE + 4);
  await change(alice!, { feeBasisPoints: null }, MINUTE + 5);
  const at = (name: string, minute: number, offMs = 0) =>
    ledger.transaction(async (tx) => {
      const rates = ratesOf(await feesAt(tx, minute * 60_000 + offMs), name);
      return [rates.feeBasisPoints, rates.donationBasisPoints];
    });
  assertEquals(await at("alice", MINUTE + 2, -1), [100, 0]);
  assertEquals(await at("alice", MINUTE + 2), [200, 0]);
  assertEquals(await at("alice", MINUTE + 3), [50, 0]);
  assertEquals(await at("alice", MINUTE + 4), [50, 1_000]);
  assertEquals(await at("alice", MINUTE + 5), [200, 1_000]);
  assertEquals(await at("bob", MINUTE + 5), [200, 300]);
  assertEquals(await at("carol", MINUTE + 5), [200, 0]);
});

Deno.test("rates that are none, or for a time that has begun, are refused with a sentence", async () => {
  await using ledger = await opened();
  const [alice] = await ledger.transaction((tx) => accountsOf(tx, ["alice"]));
  const why = async (
    change: { account: number | null; feeBasisPoints?: number | null },
    fromMs: number | null,
  ) => {
    const decision = await ledger.transaction(
      (tx) => setFees(tx, { ...change, fromMs }, by),
      money,
    );
    assert(decision.kind === "refused");
    return decision.why;
  };
  assert((await why({ account: null, feeBasisPoints: 10_001 }, null)).includes("no rate"));
  assert((await why({ account: alice!, feeBasisPoints: -1 }, null)).includes("no rate"));
  assert((await why({ account: null, feeBasisPoints: null }, null)).includes("no rate"));
  assert((await why({ account: alice!, feeBasisPoints: 1 }, NOW_MS + 90_000)).includes("whole"));
  const early = await why({ account: alice!, feeBasisPoints: 1 }, minuteOf(NOW_MS) * 60_000);
  assert(early.includes("The earliest is"), early);
});

Deno.test("nothing is in force in books that were never opened", async () => {
  const none: SchemePeriod[] = [];
  await using ledger = await freshLedger();
  await assertRejects(() => ledger.transaction((tx) => feesAt(tx, NOW_MS)), RangeError, "No fee");
  await assertRejects(
    () => Promise.resolve().then(() => schemeAt(none, MINUTE)),
    RangeError,
    "No scheme",
  );
});

Deno.test("settings that are not what is in force are named", async () => {
  await using ledger = await opened();
  const asked = (change: object) =>
    ledger.transaction((tx) =>
      notInForce(tx, {
        scheme: "pplns",
        params,
        feeBasisPoints: 100,
        donationBasisPoints: 0,
        ...change,
      }, NOW_MS)
    );
  assertEquals(await asked({}), []);
  const [scheme, fee, ...more] = await asked({ scheme: "solo", feeBasisPoints: 50 });
  assertEquals(more, []);
  assert(scheme!.startsWith("The scheme is pplns in these books, the settings say solo"), scheme);
  assert(fee!.startsWith("The fee, in basis points, is 100 in these books, the settings say 50"));
});

Deno.test("an operator gives the reserve what it has, and takes no more out of it", async () => {
  await using ledger = await opened("pps");
  const move = (sats: bigint) => ledger.transaction((tx) => moveReserve(tx, sats, by), money);
  assertEquals(await move(700n), null);
  assertEquals(await move(-200n), null);
  assert((await move(-501n))!.includes("has 500 mature sats"));
  assert((await move(0n))!.includes("nothing"));
  assertEquals(await ledger.transaction(reserveOf), { immature: 0n, mature: 500n });
  const rows = await ledger.ask("SELECT kind, operator, detail FROM adjustment ORDER BY id");
  assertEquals(rows, [
    { kind: "reserve", operator: "olga", detail: { sats: "700" } },
    { kind: "reserve", operator: "olga", detail: { sats: "-200" } },
  ]);
});
