import { assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { ODD_NAMES } from "../contract_history.ts";
import { point } from "../contract_stand.ts";
import { DAY_MS, HOUR_MS, type Level, LEVEL_MS, MINUTE_MS } from "../levels.ts";
import { RETENTIONS, SeriesNotOpened } from "../options.ts";
import { SeriesUnavailable } from "../port.ts";
import { parseInfluxUrl } from "./address.ts";
import { BATCH_BYTES_MAX, BATCH_LINES_MAX, FILES_MAX, SLOTS_PER_QUERY } from "./limits.ts";
import { minuteLine, rawLine } from "./lines.ts";
import { nameOf, tagOf } from "./names.ts";
import { TooManyFiles } from "./faults.ts";
import { inSlices, slicesOf, slotsOf } from "./slices.ts";
import { columnOf, placesOf, reasonOf } from "./tables.ts";
import { cutLines } from "./writer.ts";

const places = placesOf("pool", true, RETENTIONS);
const { raw, shares } = places;

Deno.test("tagOf() gives names back as they were, keeps them apart, and leaves nothing that hurts the server", () => {
  const name = fc.oneof(
    fc.constantFrom(...ODD_NAMES),
    fc.string({ unit: "binary", maxLength: 20 }),
    // Halves of surrogate pairs, too.
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
  );
  fc.assert(fc.property(name, name, (one, other) => {
    assertEquals(nameOf(tagOf(one)), one);
    assertEquals(tagOf(one) === tagOf(other), one === other);
    // deno-lint-ignore no-control-regex
    assertEquals(/[\\\u0000-\u001f\u007f]|^$|^ | $/.test(tagOf(one)), false);
    // What UTF-8 cannot say would come back as something else.
    assertEquals(tagOf(one).isWellFormed(), true);
  }));
});

Deno.test("columnOf() gives reasons back as they were", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (reason) => {
    assertEquals(reasonOf(columnOf(reason)), reason);
    assertEquals(/^[A-Za-z0-9_.-]+$/.test(columnOf(reason)), true);
  }));
  assertEquals(reasonOf("shares"), null);
});

Deno.test("a line has its table's tags once each and in their order, whatever the names are", () => {
  for (const odd of ODD_NAMES) {
    const line = minuteLine(
      shares.minute.table,
      point({ minuteMs: MINUTE_MS, account: odd, worker: odd }),
      new Set(),
    );
    // What is left without escaped signs has no separators but those of the line itself.
    const [tags, fields, time] = line.replace(/\\[,= ]/g, "_").split(" ");
    const keys = tags!.split(",").slice(1).map((pair) => pair.split("=")[0]);
    assertEquals(keys, ["account", "worker", "status", "partition"]);
    assertEquals(fields!.startsWith("shares=1i,work=4294967296,"), true, line);
    assertEquals(time, "60000000000");
  }
});

Deno.test("a raw share's nanosecond tells its partition and offset, so that it meets nobody but itself", () => {
  const share = {
    account: "a",
    worker: "w",
    status: "valid",
    jobId: "1f",
    difficulty: 2.5,
    latencyMs: 12,
    loggedAtMs: 1_700_000_000_123,
    partition: 7,
    offset: 123_456,
  } as const;
  assertEquals(
    rawLine(raw.table, share),
    "shares,miner_address=a,worker_name=w,status=valid,job_id=1f difficulty=2.5,latency_ms=12 1700000000123073456",
  );
  const times = [share, { ...share, offset: 123_457 }, { ...share, partition: 8 }]
    .map((one) => rawLine(raw.table, one).split(" ").at(-1));
  assertEquals(new Set(times).size, 3);
});

Deno.test("slices cover a stretch without gaps, and none has more slots than a question may", () => {
  const level = fc.constantFrom<Level>("minute", "hour", "day");
  const from = fc.integer({ min: 20_000 * 1_440, max: 21_000 * 1_440 });
  fc.assert(fc.property(level, from, fc.integer({ min: 0, max: 500_000 }), (level, at, minutes) => {
    const range = { fromMs: at * MINUTE_MS, untilMs: (at + minutes) * MINUTE_MS };
    const slices = slicesOf(range, LEVEL_MS[level]);
    let end = range.fromMs;
    for (const slice of slices) {
      assertEquals(slice.fromMs, end);
      assertLessOrEqual(slotsOf(slice, LEVEL_MS[level]), SLOTS_PER_QUERY);
      end = slice.untilMs;
    }
    assertEquals(end, range.untilMs);
  }));
  assertLessOrEqual(2 * SLOTS_PER_QUERY, FILES_MAX);
});

Deno.test("a slice with too many files is asked in halves, down to one slot, which is told", async () => {
  const asked: number[] = [];
  const range = { fromMs: 0, untilMs: DAY_MS };
  const rows = await inSlices(range, MINUTE_MS, ({ fromMs, untilMs }) => {
    asked.push(untilMs - fromMs);
    if (untilMs - fromMs > 5 * HOUR_MS) return Promise.reject(new TooManyFiles("432"));
    return Promise.resolve([[fromMs, untilMs]]);
  });
  assertEquals(rows.map(([from]) => from), [0, 3, 6, 9, 12, 15, 18, 21].map((h) => h * HOUR_MS));
  assertEquals(rows.at(-1), [21 * HOUR_MS, DAY_MS]);
  assertEquals(asked[0], DAY_MS);
  await assertRejects(
    () => inSlices(range, MINUTE_MS, () => Promise.reject(new TooManyFiles("432"))),
    SeriesUnavailable,
    "One slot",
  );
});

Deno.test("batches are bounded in lines and in bytes", () => {
  const many = Array.from({ length: 12_000 }, (_, i) => String(i));
  assertEquals([...cutLines(many)].map(({ length }) => length), [
    BATCH_LINES_MAX,
    BATCH_LINES_MAX,
    2_000,
  ]);
  assertEquals([...cutLines(many)].flat(), many);
  const long = Array.from({ length: 10 }, () => "x".repeat(BATCH_BYTES_MAX / 6));
  assertEquals([...cutLines(long)].flat(), long);
  assertEquals([...cutLines(long)].length > 4, true);
  assertEquals([...cutLines([])], []);
});

Deno.test("parseInfluxUrl() reads where the server is, and says what is wrong", () => {
  assertEquals(parseInfluxUrl("influx://db.example:8181/gopool"), {
    url: "http://db.example:8181",
    database: "gopool",
    name: "influx://db.example:8181/gopool",
  });
  assertEquals(parseInfluxUrl("influxs://h/a").url, "https://h:8181");
  assertEquals(parseInfluxUrl("influx://h:80/a").url, "http://h:80");
  for (
    const wrong of [
      "influx://h/",
      "influx://h",
      "influx:/h/a",
      "influx://h/a/b",
      "influx://h/_a",
      "influx://h/a?b=1",
    ]
  ) {
    assertThrows(() => parseInfluxUrl(wrong), SeriesNotOpened, undefined, wrong);
  }
  assertThrows(() => parseInfluxUrl("influx://u:secret@h/a"), SeriesNotOpened, "token");
  assertEquals(parseInfluxUrl("influx://[::1]/a").url, "http://[::1]:8181");
  for (const address of ["[::1]", "127.0.0.1:8181"]) {
    assertThrows(() => parseInfluxUrl(`influxs://${address}/a`), SeriesNotOpened, "name");
  }
  assertThrows(() => parseInfluxUrl(`influx://h/${"x".repeat(60)}`), SeriesNotOpened);
});

Deno.test("a series needs no more databases than Core has", () => {
  assertEquals([...places.databases.keys()], ["pool", "pool_hours", "pool_minutes", "pool_raw"]);
  assertEquals(placesOf("pool", false, RETENTIONS).databases.size, 3);
  assertEquals(placesOf("pool", true, { ...RETENTIONS, daysMs: 400 * DAY_MS }).databases.size, 5);
});
