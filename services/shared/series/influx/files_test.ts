import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { startInflux, testInfluxPython } from "@gopool/testing/servers";
import { point } from "../contract_stand.ts";
import { DAY_MS, floorTo, HOUR_MS, type Level, LEVEL_MS, MINUTE_MS } from "../levels.ts";
import { RETENTIONS } from "../options.ts";
import type { Range } from "../port.ts";
import { parseInfluxUrl } from "./address.ts";
import { FILES_MAX, SLOT_MS, SLOTS_PER_QUERY } from "./limits.ts";
import { beginningLine, blockLine, figuresLine, lineOf, nsOf, totalsOf } from "./lines.ts";
import { openInflux } from "./mod.ts";
import { InfluxServer } from "./server.ts";
import { databaseName } from "./stand_fixture.ts";
import { placesOf } from "./tables.ts";
import type { Batch } from "./writer.ts";

const python = await testInfluxPython();

/** How far back rows of a level stand, and how far apart: one in every slot that the level can have. */
const ROWS: readonly (readonly [level: Level, days: number, apartMs: number])[] = [
  ["minute", 4, SLOT_MS],
  ["hour", 94, HOUR_MS],
  ["day", 366, DAY_MS],
];

/** Every slot of every table, as a pool has them that ran for a year. */
function year(database: string, nowMs: number): Batch[] {
  const places = placesOf(database, false, RETENTIONS);
  const totals = (
    place: (typeof places)["shares"]["day"],
    owner: string[],
    level: Level,
    atMs: number,
  ) =>
    lineOf(
      place.table,
      [...owner, "valid", ...(level === "minute" ? ["0"] : [])],
      totalsOf(point({ minuteMs: atMs }), new Set()),
      nsOf(atMs),
    );
  const batches = ROWS.flatMap(([level, days, apartMs]) => {
    const end = floorTo(nowMs, LEVEL_MS[level]);
    const times = Array.from(
      { length: days * DAY_MS / apartMs },
      (_, i) => end - (i + 1) * apartMs,
    );
    const [shares, pool] = [places.shares[level], places.pool[level]];
    return [
      {
        database: shares.database,
        lines: times.map((at) => totals(shares, ["a", "w"], level, at)),
      },
      { database: pool.database, lines: times.map((at) => totals(pool, [], level, at)) },
    ];
  });
  const end = floorTo(nowMs, MINUTE_MS);
  const { figures, blocks, beginning } = places;
  const figure = { hashrate: 1, accounts: 1, workers: 1, height: 1, networkDifficulty: 1 };
  const block = { height: 1, finder: "a", worker: "w", networkDifficulty: 1, effort: 1 };
  return [
    ...batches,
    {
      database: figures.database,
      lines: Array.from(
        { length: 2_000 },
        (_, i) => figuresLine(figures.table, { ...figure, minuteMs: end - (i + 1) * MINUTE_MS }),
      ),
    },
    {
      // Six a day: more than 432 slots in a season.
      database: blocks.database,
      lines: Array.from(
        { length: 600 },
        (_, i) =>
          blockLine(blocks.table, {
            ...block,
            hash: `h${i}`,
            foundAtMs: end - (i + 1) * 4 * HOUR_MS,
          }),
      ),
    },
    {
      database: beginning.database,
      lines: ["minute", "block"].map((span) =>
        beginningLine(beginning.table, span, end - 366 * DAY_MS)
      ),
    },
  ];
}

Deno.test({
  name:
    "influx: no question needs more files than the server opens, whatever it is about and however often its slots were written",
  ignore: python === null,
  fn: async () => {
    await using server = await startInflux(python!);
    const clock = new FakeClock(Date.now());
    const database = databaseName();
    await using series = await openInflux(`${server.url}/${database}`, { clock, raw: false });
    await using influx = new InfluxServer(parseInfluxUrl(`${server.url}/${database}`), {});
    const batches = year(database, clock.now());
    const untilMs = floorTo(clock.now(), SLOT_MS);
    const back = (days: number): Range => ({ fromMs: untilMs - days * DAY_MS, untilMs });
    const subjects = [
      { kind: "pool" },
      { kind: "account", account: "a" },
      { kind: "worker", account: "a", worker: "w" },
    ] as const;

    /** Every question of the port; what the server was asked for it. */
    const askAll = async () => {
      await server.questions();
      for (const subject of subjects) {
        const sums = await series.sums(subject, [back(1), back(7), back(30), back(365)]);
        const [day, week, month, whole] = sums.map(({ valid }) => valid.shares);
        assert(day! > 0 && week! > day! && month! > week! && whole! > month!, `${sums}`);
        for (
          const [days, step] of [[1, SLOT_MS], [7, HOUR_MS], [30, HOUR_MS], [80, HOUR_MS], [
            365,
            DAY_MS,
          ]] as const
        ) {
          const steps = await series.chart(subject, back(days), step);
          assert(steps.every(({ valid }) => valid.shares > 0) || days === 365);
        }
        assert(await series.best(subject, back(365)));
      }
      for (const days of [1, 7, 30, 365]) {
        assertEquals((await series.workers("a", back(days), { limit: 10 })).length, 1);
        assertEquals((await series.top(back(days), 10)).length, 1);
        assertEquals((await series.online(back(days))).workers, 1);
      }
      assertEquals(
        (await series.figures({ fromMs: untilMs - 2_000 * MINUTE_MS, untilMs })).length > 1_900,
        true,
      );
      assertEquals((await series.blocks({ untilMs, limit: 1_000 })).length, 600);
      assertEquals(await series.blockCount(back(365)), 600);
      assertEquals(await series.rolledUntil(), floorTo(clock.now(), HOUR_MS));
      assertEquals((await series.rollUp(back(2))).days > 0, true);
      await series.health();
      const asked = await server.questions();
      assert(asked.length > 50);
      for (const { sql } of asked) {
        const isBound = /time >= '[^']+' AND time < '/.test(sql);
        assert(isBound || sql.includes("information_schema"), `without bounds in time: ${sql}`);
      }
      return asked;
    };

    const write = () =>
      Promise.all(batches.map(({ database, lines }) => influx.write(database, lines)));
    await write();
    for (const { sql, files, refused } of await askAll()) {
      // How many blocks a stretch has nobody knows before: only theirs may be refused, and are asked in halves.
      if (sql.includes("FROM blocks")) continue;
      assertEquals(refused, false);
      for (const [, count] of files) assertLessOrEqual(count, SLOTS_PER_QUERY, sql);
    }
    // Each slot in four files now: a day of minutes has 576.
    for (let more = 0; more < 3; more++) {
      await server.snapshot();
      await write();
    }
    assertEquals(4 * SLOTS_PER_QUERY > FILES_MAX, true);
    assertEquals((await series.rollUp(back(2))).days > 0, true);
    const [after] = await series.sums(subjects[0], [back(2)]);
    assertEquals(after!.valid.shares, 2 * DAY_MS / SLOT_MS);
    const refused = (await server.questions()).filter((question) => question.refused);
    assertEquals(refused.some(({ sql }) => sql.includes("FROM pool_minute")), true);
  },
});
