import { assertEquals, assertRejects } from "@std/assert";
import fc from "@gopool/testing/fc";
import { type FreshLedger, freshLedger } from "../fixture.ts";
import { accountsOf } from "../mod.ts";
import {
  addSlices,
  closeThrough,
  dropMinutes,
  HOUR_MINUTES,
  shareBook,
  type ShareScheme,
  slicesOfMinute,
  sumsOf,
  sumUpHour,
  totalsBack,
  WindowNotReadable,
} from "./mod.ts";

/** A minute of an hour's middle, so that hours are cut on both sides; and the days that slices lie in. */
const UNTIL = 29_000_000 + 37;
const DAYS = 12;
const NAMES = ["alpha", "beta", "gamma"];

interface Slice {
  readonly minute: number;
  readonly scheme: ShareScheme;
  readonly account: number;
  readonly nbits: number;
  readonly subsidy: bigint;
  readonly work: bigint;
}

const sliceArb: fc.Arbitrary<Slice> = fc.record({
  // Close to each other, so that hours hold several, and over all the days.
  minute: fc.tuple(fc.integer({ min: 0, max: DAYS * 6 }), fc.integer({ min: 0, max: 90 }))
    .map(([quarterDays, minutes]) => UNTIL - 1 - quarterDays * 240 - minutes),
  scheme: fc.constantFrom("pplns", "pplns", "pplns", "fpps", "coinbase"),
  account: fc.nat(NAMES.length - 1),
  nbits: fc.constantFrom(1, 2),
  subsidy: fc.constantFrom(0n, 5n),
  work: fc.bigInt({ min: 1n, max: 1n << 100n }),
});

/** One row per key, as a batch adds them. */
const slicesArb = fc.uniqueArray(sliceArb, {
  minLength: 1,
  maxLength: 120,
  selector: ({ minute, scheme, account, nbits, subsidy }) =>
    [minute, scheme, account, nbits, subsidy].join(),
});

async function filled(ledger: FreshLedger, slices: readonly Slice[]): Promise<void> {
  await ledger.ask("TRUNCATE slice_minute, slice_hour, slice_total");
  await ledger.transaction(async (tx) => {
    await tx.query(
      "UPDATE share_book SET first_open_minute = 0, first_open_hour = 0, first_kept_minute = 0",
    );
    const ids = await accountsOf(tx, NAMES);
    await addSlices(tx, {
      minutes: slices.map(({ minute }) => minute),
      schemes: slices.map(({ scheme }) => scheme),
      accounts: slices.map(({ account }) => ids[account]!),
      nbits: slices.map(({ nbits }) => nbits),
      subsidies: slices.map(({ subsidy }) => subsidy),
      shares: slices.map(() => 1),
      works: slices.map(({ work }) => work),
    });
  });
}

async function read(ledger: FreshLedger, from: number, edge: number) {
  return await ledger.transaction(async (tx) => {
    const sums = await sumsOf(tx, "pplns", {
      fromMinute: from,
      edgeMinutes: edge,
      untilMinute: UNTIL,
    });
    return sums.sort((a, b) =>
      a.account < b.account ? -1 : a.account > b.account ? 1 : a.nbits - b.nbits
    );
  });
}

/** The same in the plainest words. */
function reference(slices: readonly Slice[], from: number, edge: number) {
  const sums = new Map<string, { account: string; nbits: number; whole: bigint; edge: bigint }>();
  for (const { account, nbits, minute, scheme, work } of slices) {
    if (scheme !== "pplns" || minute < from || minute >= UNTIL) continue;
    const key = `${NAMES[account]}/${nbits}`;
    const sum = sums.get(key) ?? { account: NAMES[account]!, nbits, whole: 0n, edge: 0n };
    sum[minute < from + edge ? "edge" : "whole"] += work;
    sums.set(key, sum);
  }
  return [...sums].sort(([a], [b]) => a < b ? -1 : 1).map(([, sum]) => sum);
}

Deno.test("a window's sums are those of its slices, before and after hours are summed up and minutes dropped", async () => {
  await using ledger = await freshLedger();
  const hoursFrom = Math.ceil((UNTIL - 7 * 1440) / HOUR_MINUTES) * HOUR_MINUTES;
  const minuteArb = fc.integer({ min: hoursFrom, max: UNTIL - 1 });
  const hourArb = fc.integer({ min: 1, max: 5 * 24 }).map((hours) =>
    hoursFrom - hours * HOUR_MINUTES
  );
  const property = fc.asyncProperty(
    slicesArb,
    fc.array(fc.oneof(minuteArb, hourArb), { minLength: 3, maxLength: 6 }),
    async (slices, windows) => {
      await filled(ledger, slices);
      await ledger.transaction((tx) => closeThrough(tx, UNTIL - 1));
      const check = async () => {
        for (const from of windows) {
          const edge = from < hoursFrom ? HOUR_MINUTES : 1;
          assertEquals(await read(ledger, from, edge), reference(slices, from, edge));
        }
        assertEquals(await totals(ledger), referenceTotals(slices, hoursFrom));
      };
      await check();
      // In the middle of it, and when all is done.
      await ledger.transaction(sumUpHour);
      await check();
      while (await ledger.transaction(sumUpHour));
      await check();
      while (await ledger.transaction((tx) => dropMinutes(tx, UNTIL - 8 * 1440)));
      await check();
      const [{ left }] = await ledger.ask<{ left: bigint }>(
        `SELECT count(*) AS left FROM slice_minute WHERE minute / 60 < ${UNTIL - 8 * 1440} / 60`,
      ) as [{ left: bigint }];
      assertEquals(Number(left), 0);
    },
  );
  await fc.assert(property, { numRuns: 12 });
});

async function totals(ledger: FreshLedger) {
  return await ledger.transaction(async (tx) =>
    await Array.fromAsync(
      totalsBack(tx, "pplns", UNTIL),
      ({ minute, span, nbits, work }) => [minute, span, nbits, work].join(),
    )
  );
}

function referenceTotals(slices: readonly Slice[], hoursFrom: number): string[] {
  const sums = new Map<string, bigint>();
  for (const { minute, scheme, nbits, work } of slices) {
    if (scheme !== "pplns") continue;
    const key = minute < hoursFrom
      ? [Math.floor(minute / HOUR_MINUTES) * HOUR_MINUTES, HOUR_MINUTES, nbits].join()
      : [minute, 1, nbits].join();
    sums.set(key, (sums.get(key) ?? 0n) + work);
  }
  const order = (a: string, b: string) => {
    const [minuteA, , bitsA] = a.split(",").map(Number);
    const [minuteB, , bitsB] = b.split(",").map(Number);
    return minuteB! - minuteA! || bitsA! - bitsB!;
  };
  return [...sums.keys()].sort(order).map((key) => `${key},${sums.get(key)}`);
}

Deno.test("a window that is not closed, or lies in minutes that are dropped, is not read", async () => {
  await using ledger = await freshLedger();
  const slice = { scheme: "pplns", account: 0, nbits: 1, subsidy: 0n, work: 3n } as const;
  await filled(ledger, [{ ...slice, minute: UNTIL - 9 * 1440 }, { ...slice, minute: UNTIL - 1 }]);
  await assertRejects(() => read(ledger, UNTIL - 60, 1), WindowNotReadable, "closed before 0 only");
  await assertRejects(() => totals(ledger), WindowNotReadable);
  await ledger.transaction((tx) => closeThrough(tx, UNTIL - 1));
  while (await ledger.transaction(sumUpHour));
  const book = await ledger.transaction(shareBook);
  assertEquals(book.firstOpenHour, Math.floor(UNTIL / HOUR_MINUTES));
  while (await ledger.transaction((tx) => dropMinutes(tx, UNTIL - 8 * 1440)));
  await assertRejects(
    () => read(ledger, UNTIL - 9 * 1440, 1),
    WindowNotReadable,
    "only kept as hours",
  );
  await ledger.transaction((tx) =>
    assertRejects(() => slicesOfMinute(tx, "pplns", UNTIL - 9 * 1440), WindowNotReadable)
  );
});

Deno.test("what PPS pays by is read minute by minute, with the subsidy", async () => {
  await using ledger = await freshLedger();
  const slice = { scheme: "fpps", account: 1, nbits: 2, work: 3n, minute: 77 } as const;
  await filled(ledger, [{ ...slice, subsidy: 5n }, { ...slice, subsidy: 0n, work: 4n }]);
  await ledger.transaction((tx) => closeThrough(tx, 77));
  const found = await ledger.transaction((tx) => slicesOfMinute(tx, "fpps", 77));
  assertEquals(found.map(({ account, nbits, subsidy, work }) => [account, nbits, subsidy, work]), [
    ["beta", 2, 0n, 4n],
    ["beta", 2, 5n, 3n],
  ]);
  assertEquals(await ledger.transaction((tx) => slicesOfMinute(tx, "pps", 77)), []);
});

Deno.test("closing twice, or further back, changes nothing", async () => {
  await using ledger = await freshLedger();
  await filled(ledger, [{
    minute: 10,
    scheme: "pplns",
    account: 0,
    nbits: 1,
    subsidy: 0n,
    work: 3n,
  }]);
  const close = (minute: number) => ledger.transaction((tx) => closeThrough(tx, minute));
  assertEquals([await close(12), await close(12), await close(3), await close(13)], [
    true,
    false,
    false,
    true,
  ]);
  assertEquals(await ledger.ask("SELECT minute, work::int, shares::int FROM slice_total"), [
    { minute: 10, work: 3, shares: 1 },
  ]);
});
