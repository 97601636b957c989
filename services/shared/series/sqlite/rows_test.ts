import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FakeClock, tempDir } from "@gopool/testing";
import { foldOf, minutesAgo, point } from "../contract_stand.ts";
import { DAY_MS, floorTo, HOUR_MS } from "../levels.ts";
import { openSeries } from "../mod.ts";
import { ofOneFiner } from "./roll_up.ts";
import { LEVELS, makeIfNew } from "./schema.ts";
import * as selects from "./selects.ts";

Deno.test("no question about totals walks through a whole table", () => {
  const database = new DatabaseSync(":memory:");
  makeIfNew(database, ":memory:");
  const all = LEVELS.flatMap((level) => [
    selects.ofSubject("pool", level),
    selects.ofSubject("account", level),
    selects.ofSubject("worker", level),
    selects.workOfAll(level),
    selects.lastSeen(level),
    selects.validWorkers(level),
    selects.workersSeen(level),
    selects.bestOfAccounts(level),
    selects.bestOfWorkers(level),
  ]).concat((["pool", "account", "worker"] as const).flatMap((subject) => [
    // In the order that they stand in: sorting an hour's would hold everybody up.
    ofOneFiner(subject, "hour"),
    ofOneFiner(subject, "day"),
  ]));
  for (const sql of all) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) =>
      String(detail)
    );
    assert(plan.every((step) => step.startsWith("SEARCH")), `${sql}\n${plan.join("\n")}`);
    // An index by whom, then the time, where one subject is asked about; else along the table.
    const isOfOne = /(account|worker) = \? AND at >=/.test(sql);
    assertStringIncludes(plan.at(-1)!, isOfOne ? "_of (" : "PRIMARY KEY (at");
    if (/account = \?/.test(sql) && !isOfOne) assertStringIncludes(plan.at(-1)!, "AND account=?");
  }
  database.close();
});

Deno.test("retention takes rows away with the names that nobody has any more, raw shares first", async () => {
  await using dir = await tempDir();
  const path = dir.join("series.sqlite");
  const clock = new FakeClock();
  const retentions = {
    rawMs: HOUR_MS,
    minutesMs: 2 * DAY_MS,
    hoursMs: 40 * DAY_MS,
    daysMs: 400 * DAY_MS,
  };
  await using series = await openSeries(`sqlite:${path}`, { clock, raw: true, retentions });
  const day = floorTo(clock.now(), DAY_MS) - DAY_MS;
  const workers = Array.from(
    { length: 1_200 },
    (_, i) => point({ minuteMs: day, worker: `rig ${i}` }),
  );
  const raw = {
    account: "a",
    worker: "b",
    status: "valid",
    jobId: "1",
    difficulty: 1,
    latencyMs: 1,
    partition: 0,
    offset: 1,
  } as const;
  await series.write(foldOf(workers, {
    raw: [{ ...raw, loggedAtMs: clock.now() - 2 * HOUR_MS }, { ...raw, loggedAtMs: clock.now() }],
  }));
  const count = (table: string) => {
    const database = new DatabaseSync(path, { readOnly: true });
    const row = database.prepare(`SELECT count(*) AS n FROM ${table}`).get();
    database.close();
    return Number(row!.n);
  };
  const counts = () => ["raw", "worker_minute", "worker_hour", "worker_day", "worker"].map(count);
  await series.prune(clock.now());
  assertEquals(counts(), [1, 1_200, 0, 0, 1_200]);
  clock.stepWall(10 * DAY_MS);
  await series.prune(clock.now());
  assertEquals(counts(), [0, 1_200, 0, 0, 1_200], "nothing goes before it is rolled up");
  await series.rollUp({ fromMs: day, untilMs: day + DAY_MS });
  await series.prune(clock.now());
  assertEquals(counts(), [0, 0, 1_200, 1_200, 1_200]);
  clock.stepWall(40 * DAY_MS);
  await series.prune(clock.now());
  assertEquals(counts(), [0, 0, 0, 1_200, 1_200]);
  const [sum] = await series.sums({ kind: "worker", account: "bc1qalice", worker: "rig 7" }, [{
    fromMs: day,
    untilMs: day + DAY_MS,
  }]);
  assertEquals(sum!.valid.shares, 1);
  clock.stepWall(400 * DAY_MS);
  await series.prune(clock.now());
  assertEquals(counts(), [0, 0, 0, 0, 0]);
  // A name that comes back gets a number anew.
  const minuteMs = minutesAgo(clock, 1);
  await series.write(foldOf([point({ minuteMs, worker: "rig 7" })]));
  const range = { fromMs: minuteMs, untilMs: minuteMs + 60_000 };
  assertEquals((await series.workers("bc1qalice", range, { limit: 5 })).length, 1);
});

Deno.test("raw shares are kept only where they are asked for, once each", async () => {
  await using dir = await tempDir();
  const share = {
    account: "bc1qalice",
    worker: "rig\u0000\\",
    status: "stale",
    jobId: "0000000100000002",
    difficulty: 65_536.5,
    latencyMs: -3,
    loggedAtMs: 1_767_000_000_123,
    partition: 3,
    offset: 2 ** 40,
  } as const;
  for (const raw of [true, false]) {
    const path = dir.join(`${raw}.sqlite`);
    await using series = await openSeries(`sqlite:${path}`, { clock: new FakeClock(), raw });
    for (let i = 0; i < 2; i += 1) await series.write(foldOf([], { raw: [share] }));
    const database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare("SELECT job, difficulty, offset, hex(worker) AS worker FROM raw")
      .all();
    database.close();
    const wanted = {
      job: share.jobId,
      difficulty: 65_536.5,
      offset: 2 ** 40,
      worker: "726967005C",
    };
    assertEquals(rows.map((row) => ({ ...row })), raw ? [wanted] : []);
  }
});
