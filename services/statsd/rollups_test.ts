import { assertEquals, assertRejects } from "@std/assert";
import { openBus, shareValid } from "@gopool/bus";
import { silent } from "@gopool/runtime";
import { openState } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { judgedShare, POOL, put, run, START_MS, tempSeries } from "./fixture.ts";
import { Rolling, RollingElsewhere } from "./rollups.ts";

const HOUR_MS = 3_600_000;
const HOUR = { fromMs: START_MS, untilMs: START_MS + HOUR_MS };
const pool = { kind: "pool" } as const;

Deno.test("an hour that changes after it was rolled up is rolled up again, and the position stays before it until then", async () => {
  const clock = new FakeClock(START_MS + 2 * HOUR_MS);
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  await using state = await openState("memory:", { clock });
  await put(bus, shareValid, 0, judgedShare(0));
  await using running = await run({ bus, series, clock, state });
  await clock.advance(3_000);
  // By a hand that did not wait.
  await series.rollUp(HOUR);
  await clock.advance(6_000);
  const rolled = async () => (await series.sums(pool, [HOUR]))[0]!.valid.shares;
  assertEquals(await rolled(), 1);

  // Somebody else has the right to roll up meanwhile.
  const lease = await state.acquire(`statsd-roll:${POOL}`, "another", 60_000);
  const late = [1, 2, 3].map((i) => judgedShare(i, { loggedAtMs: START_MS + 10 * 60_000 * i }));
  await put(bus, shareValid, 0, ...late);
  await put(bus, shareValid, 0, judgedShare(9, { loggedAtMs: START_MS + HOUR_MS + 1 }));
  await clock.advance(20_000);
  assertEquals(await rolled(), 1);
  const part = running.statsd.keeping.writer()!.parts.get("valid/0")!;
  assertEquals(part.minutes.keepFrom, 1);
  assertEquals((await series.positions())!.map(({ offset }) => offset), [1]);

  await state.release(lease!);
  await clock.advance(12_000);
  assertEquals(await rolled(), 4);
  assertEquals(part.minutes.keepFrom, 4);
});

Deno.test("one rolls up at a time: an operator's call waits for its turn, and is told when it does not come", async () => {
  const clock = new FakeClock(START_MS + 30 * HOUR_MS);
  await using series = await tempSeries(clock);
  await using state = await openState("memory:", { clock });
  const deps = { series, state, clock, log: silent, pool: POOL };
  const rolling = new Rolling({ ...deps, holder: "one" });
  const { signal } = new AbortController();
  const day = { fromMs: START_MS, untilMs: START_MS + 25 * HOUR_MS };
  assertEquals(await rolling.again(day, signal), { hours: 25, days: 1 });
  const lease = await state.acquire(`statsd-roll:${POOL}`, "another", 60_000);
  const waiting = rolling.again(HOUR, signal);
  const refused = assertRejects(() => waiting, RollingElsewhere);
  await clock.advance(11_000);
  await refused;
  const again = rolling.again(HOUR, signal);
  await clock.advance(1_000);
  await state.release(lease!);
  await clock.advance(1_000);
  assertEquals((await again).hours, 1);
});
