import { assertEquals } from "@std/assert";
import { openBus } from "@gopool/bus";
import { noteFee, schemeAt, schemePeriods } from "@gopool/ledger/schemes";
import { shareBook } from "@gopool/ledger/shares";
import { createStatusBoard } from "@gopool/runtime";
import { captureLog, FakeClock, waitFor } from "@gopool/testing";
import { createMinuteCloser } from "../shares/mod.ts";
import { createPpsBooker } from "./booker.ts";
import { MINUTE, money, NOW_MS, opened, params, pay, work } from "./pps_fixture.ts";
import { guardReserve, reserveStanding } from "./reserve.ts";

Deno.test("a reserve below its floor falls back to PPLNS at a minute not yet begun, and not before", async () => {
  await using ledger = await opened("pps", 10_000_000_000n);
  await work(ledger, MINUTE - 1, { account: "alice", work: 8n });
  await pay(ledger);
  const guard = (floor: bigint) =>
    ledger.transaction((tx) => guardReserve(tx, floor, NOW_MS), money);
  assertEquals(await guard(5_050_000_000n), null);
  assertEquals(await guard(5_050_000_001n), (MINUTE + 1) * 60_000);
  assertEquals(await guard(5_050_000_001n), null);
  const periods = await ledger.transaction(schemePeriods);
  assertEquals(schemeAt(periods, MINUTE).scheme, "pps");
  const { scheme, isFallback, params: kept } = schemeAt(periods, MINUTE + 1);
  assertEquals([scheme, isFallback, kept], ["pplns", true, params]);
  const standing = await ledger.transaction((tx) =>
    reserveStanding(tx, { network: "regtest", floor: 0n, nowMs: NOW_MS })
  );
  assertEquals([standing.mature, standing.period.scheme], [5_050_000_000n, "pps"]);
});

Deno.test("the booker pays what is closed, shows the chance of ruin, and raises the alarm when it falls back", async () => {
  await using ledger = await opened("pps", 100_000_000_000n);
  const { log, lines } = captureLog();
  const clock = new FakeClock(NOW_MS);
  const board = createStatusBoard(clock);
  const deps = { ledger, clock, log, board, network: "regtest" as const };
  const booker = createPpsBooker({ ...deps, reserveFloor: 90_000_000_000n });
  const said = () => board.all().find(({ part }) => part === "payoutd/pps");
  const stop = new AbortController();
  const running = booker.run(stop.signal);
  try {
    const hash = new Uint8Array(32);
    await ledger.transaction((tx) => noteFee(tx, { height: 1, hash, fees: 0n }));
    await work(ledger, MINUTE - 1, { account: "alice", work: 8n });
    const sees = (what: string) =>
      waitFor(
        async () => {
          await clock.advance(5_000);
          return said()?.detail.includes(what);
        },
        what,
      );
    // exp(-2 * 1 % * 95,050,000,000 / 5,000,000,000)
    await sees("holds 95050000000 sats, 0 of them not mature, its floor is 90000000000");
    await sees("with a chance of 68 %");
    assertEquals(said()!.health, "ok");
    await work(ledger, MINUTE, { account: "alice", work: 16n });
    await sees("fell back to PPLNS");
    assertEquals(said()!.health, "degraded");
    assertEquals(lines.filter(({ level }) => level === "error").length, 1);
  } finally {
    stop.abort();
    await running;
  }
});

Deno.test("minutes that are not paid yet are kept, however old they are", async () => {
  await using ledger = await opened("pps");
  const day = 24 * 60;
  await work(ledger, MINUTE - 30 * day, { account: "alice", work: 8n });
  await work(ledger, MINUTE - 20 * day, { account: "alice", work: 8n });
  const clock = new FakeClock(NOW_MS);
  await using bus = await openBus("memory:", { clock });
  const { log } = captureLog();
  const board = createStatusBoard(clock);
  const unsettled = () => Promise.resolve({ kind: "none" as const });
  const closer = createMinuteCloser({ bus, ledger, clock, log, board, unsettled });
  const kept = () => ledger.ask("SELECT minute FROM slice_minute ORDER BY minute");
  const stop = new AbortController();
  const running = closer.run(stop.signal);
  try {
    const drops = (left: number) =>
      waitFor(async () => {
        await clock.advance(1_000);
        const { firstKeptMinute, firstOpenHour } = await ledger.transaction(shareBook);
        return firstOpenHour * 60 >= MINUTE - day && firstKeptMinute > MINUTE - 40 * day &&
          (await kept()).length === left;
      }, `${left} minutes kept`);
    await waitFor(async () => {
      await clock.advance(1_000);
      return (await ledger.transaction(shareBook)).firstKeptMinute ===
        MINUTE - 30 * day - MINUTE % 60;
    }, "all before the unpaid minute to be dropped");
    assertEquals((await kept()).length, 2);
    assertEquals((await pay(ledger)).kind, "paid");
    await drops(1);
    assertEquals((await pay(ledger)).kind, "paid");
    await drops(0);
  } finally {
    stop.abort();
    await running;
  }
});
