/**
 * Each route against the shape that public-pool serves: its source is named at each (benjamin-wilson/public-pool at
 * b971e9c). Exact: no field more, none less, and of the type it has there.
 *
 * @module
 */
import {
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { workOf } from "@gopool/series";
import { restOver } from "../public/rest_fixture.ts";
import {
  ALICE,
  BOB,
  MINUTE,
  NETWORK_DIFFICULTY,
  NOON_MS,
  type Stand,
  stand,
} from "../public/stand_fixture.ts";
import { createCompat } from "./mod.ts";

async function mined(settings: Parameters<typeof stand>[0] = {}): Promise<Stand> {
  const at = await stand(settings);
  Object.assign(at.books, {
    terms: () => Promise.resolve({ scheme: "PPLNS", feeBasisPoints: 150, thresholdSats: 5n }),
    firstSeen: () => Promise.resolve(new Map([["rig1", NOON_MS]])),
  });
  // A share each minute of the last two hours.
  await at.mine(
    Array.from({ length: 120 }, (_, i) => [
      { atMs: NOON_MS - (i + 1) * MINUTE, difficulty: 2, achieved: 10.125 },
      { atMs: NOON_MS - (i + 1) * MINUTE + 1, difficulty: 1, worker: "" },
    ]).flat(),
  );
  await at.series.writeBlock({
    hash: "ab".repeat(32),
    height: 7,
    foundAtMs: NOON_MS - 30 * MINUTE,
    finder: ALICE,
    worker: "rig1",
    networkDifficulty: NETWORK_DIFFICULTY,
    effort: 0.5,
  });
  await at.say({
    settledUntilMs: BigInt(NOON_MS),
    height: 9,
    accounts: 1,
    workers: 2,
    networkDifficulty: NETWORK_DIFFICULTY,
  });
  return at;
}

function askOf(at: Stand) {
  const compat = createCompat(at.deps);
  return async (path: string, method = "GET") => {
    const response = await compat(new Request(`http://pool.example${path}`, { method }));
    if (response === null) return null;
    return { status: response.status, body: await response.json() };
  };
}

const SPEED = workOf(3) / 60;
const BLOCK = {
  height: 7,
  minerAddress: ALICE,
  worker: "rig1",
  sessionId: /^[0-9a-f]{8}$/,
};

/** Holds a value against a template: patterns for texts, other values as they are. */
function assertShape(found: unknown, template: unknown, path = ""): void {
  if (template instanceof RegExp) {
    assertEquals(
      [typeof found, template.test(String(found))],
      ["string", true],
      `${path}: ${found}`,
    );
  } else if (typeof template === "object" && template !== null) {
    assertEquals(Object.keys(found as object), Object.keys(template), path);
    for (const [key, value] of Object.entries(template)) {
      assertShape((found as Record<string, unknown>)[key], value, `${path}/${key}`);
    }
  } else assertEquals(found, template, path);
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

// src/app.controller.ts, pool()
Deno.test("GET /api/pool has the shape that public-pool's has", async () => {
  await using at = await mined();
  const { body } = (await askOf(at)("/api/pool"))!;
  assertAlmostEquals(body.totalHashRate, SPEED, 1);
  assertShape({ ...body, totalHashRate: 0 }, {
    totalHashRate: 0,
    blockHeight: 8,
    totalMiners: 2,
    blocksFound: [BLOCK],
    fee: 1.5,
  });
});

// src/app.controller.ts, info(); src/ORM: client.service.ts, address-settings.service.ts, blocks.service.ts
Deno.test("GET /api/info has the shape that public-pool's has", async () => {
  await using at = await mined();
  const { body } = (await askOf(at)("/api/info"))!;
  assertAlmostEquals(body.userAgents[0].totalHashRate, SPEED, 1);
  body.userAgents[0].totalHashRate = 0;
  assertShape(body, {
    blockData: [BLOCK],
    userAgents: [{ userAgent: "all", count: 2, bestDifficulty: 10.125, totalHashRate: 0 }],
    highScores: [{ updatedAt: ISO, bestDifficulty: 10.125, bestDifficultyUserAgent: "" }],
    uptime: ISO,
  });
});

// src/models/bitcoin-rpc/IMiningInfo.ts
Deno.test("GET /api/network has the shape that public-pool's has", async () => {
  await using at = await mined();
  const { body } = (await askOf(at)("/api/network"))!;
  assertAlmostEquals(body.networkhashps, workOf(NETWORK_DIFFICULTY) / 600, 1);
  assertShape({ ...body, networkhashps: 0 }, {
    blocks: 8,
    currentblockweight: 0,
    currentblocktx: 0,
    difficulty: NETWORK_DIFFICULTY,
    networkhashps: 0,
    pooledtx: 0,
    chain: "regtest",
    warnings: "",
  });
});

// src/ORM/client-statistics/client-statistics.service.ts, getChartDataForSite() and getChartDataForAddress()
Deno.test("charts are ten-minute slots by their beginning, without the one that is not over", async () => {
  await using at = await mined();
  const ask = askOf(at);
  await at.clock.advance(5 * MINUTE);
  await at.say({ settledUntilMs: BigInt(NOON_MS + 5 * MINUTE) });
  for (const path of ["/api/info/chart", `/api/client/${ALICE}/chart`]) {
    const { body } = (await ask(path))!;
    assertEquals([body.length, body[0].label, body.at(-1).label], [
      12,
      "2026-11-23T10:00:00.000Z",
      "2026-11-23T11:50:00.000Z",
    ], path);
    for (const slot of body) {
      assertShape({ ...slot, data: 0 }, { label: ISO, data: 0 });
      assertAlmostEquals(slot.data, SPEED, 1);
    }
  }
});

// src/controllers/client/client.controller.ts, getClientInfo()
Deno.test("GET /api/client/{address} has the shape that public-pool's has", async () => {
  await using at = await mined();
  const { body } = (await askOf(at)(`/api/client/${ALICE}`))!;
  const [first, second] = body.workers;
  assertAlmostEquals(first.hashRate + second.hashRate, SPEED, 1);
  first.hashRate = second.hashRate = 0;
  const nameless = { hashRate: 0, startTime: null, lastSeen: ISO };
  const rig1 = { hashRate: 0, startTime: "2026-11-23T12:00:00.000Z", lastSeen: ISO };
  assertShape(body, {
    bestDifficulty: 10.125,
    workersCount: 2,
    workers: [
      { sessionId: /^[0-9a-f]{8}$/, name: "worker", bestDifficulty: "1.00", ...nameless },
      { sessionId: /^[0-9a-f]{8}$/, name: "rig1", bestDifficulty: "10.13", ...rig1 },
    ],
  });
  assertEquals((await askOf(at)(`/api/client/${BOB}`))!.body, { workersCount: 0, workers: [] });
});

// src/controllers/client/client.controller.ts, getWorkerGroupInfo() and getWorkerInfo()
Deno.test("GET /api/client/{address}/{worker} and its session have the shapes that public-pool's have", async () => {
  await using at = await mined();
  const ask = askOf(at);
  const { body: { workers } } = (await ask(`/api/client/${ALICE}`))!;
  for (const { name, sessionId, startTime } of workers) {
    const { body } = (await ask(`/api/client/${ALICE}/${name}`))!;
    const [slot] = body.chartData;
    assertShape(slot, { label: ISO, data: slot.data });
    assertEquals(body.chartData.length, 12);
    const group = { name, bestDifficulty: name === "rig1" ? 10 : 1 };
    assertShape({ ...body, chartData: [] }, { ...group, chartData: [] });
    const one = (await ask(`/api/client/${ALICE}/${name}/${sessionId}`))!.body;
    assertEquals(one, { ...body, sessionId, startTime });
  }
  assertEquals((await ask(`/api/client/${ALICE}/rig1/00000000`))!.status, 404);
});

Deno.test("a worker's name in a path is percent-encoded text, and one that is no such text is 400", async () => {
  await using at = await mined();
  await at.mine([{ atMs: NOON_MS - MINUTE, worker: "größer/ 7", achieved: 77 }]);
  const ask = askOf(at);
  const { body } = (await ask(`/api/client/${ALICE}/${encodeURIComponent("größer/ 7")}`))!;
  assertEquals([body.name, body.bestDifficulty], ["größer/ 7", 77]);
  const bad = (await ask(`/api/client/${ALICE}/%ff`))!;
  assertEquals([bad.status, bad.body.statusCode, bad.body.error], [400, 400, "Bad Request"]);
  assertEquals((await ask(`/api/client/${ALICE}/${"x".repeat(257)}`))!.status, 400);
});

Deno.test("what is none of these routes is nobody's, and they are only read", async () => {
  await using at = await mined();
  const ask = askOf(at);
  for (const path of ["/", "/api", "/api/v1/pool", "/api/pool/", "/api/client", "/api/info/x"]) {
    assertEquals(await ask(path), null, path);
  }
  assertEquals((await ask("/api/pool", "POST"))!.status, 405);
});

Deno.test("an address that is none is 400 with a sentence, a store that is away is 503", async () => {
  await using at = await mined();
  const ask = askOf(at);
  for (const rest of ["", "/chart", "/rig1", "/rig1/00000000"]) {
    const { status, body } = (await ask(`/api/client/nobody${rest}`))!;
    assertEquals(status, 400, rest);
    assertStringIncludes(body.message, "nobody");
  }
  at.breakSeries();
  for (const path of ["/api/pool", "/api/info", "/api/info/chart", `/api/client/${ALICE}`]) {
    const { status, body } = (await ask(path))!;
    assertEquals([status, body.statusCode], [503, 503], path);
    assertEquals(JSON.stringify(body).includes("10.0.0.7"), false);
  }
});

Deno.test("a figure is the one that the pool's own API gives", async () => {
  await using at = await mined();
  const ask = askOf(at), get = restOver(at.deps);
  const { body: pool } = await get("/api/v1/pool");
  const window = pool.hashrates.find((one: { window: string }) => one.window === "WINDOW_15M");
  assertEquals((await ask("/api/pool"))!.body.totalHashRate, window.hashesPerSecond);
  assertEquals((await ask("/api/network"))!.body.difficulty, pool.networkDifficulty);
  const { body: chart } = await get("/api/v1/pool/chart");
  const slots = new Map(
    chart.points.map((one: { at: string; hashesPerSecond: number }) => [
      Date.parse(one.at),
      one.hashesPerSecond,
    ]),
  );
  for (const { label, data } of (await ask("/api/info/chart"))!.body) {
    assertEquals(data, slots.get(Date.parse(label)), label);
  }
});

Deno.test("where finders are not shown, a block's session is not that of its finder's machine", async () => {
  const sessionsOf = async (finders: "full" | "short" | "hidden") => {
    await using at = await mined({ finders });
    const ask = askOf(at);
    const [block] = (await ask("/api/info"))!.body.blockData;
    const { workers } = (await ask(`/api/client/${ALICE}`))!.body;
    const own = workers.find(({ name }: { name: string }) => name === "rig1").sessionId;
    return [block.sessionId, own];
  };
  const [shown, own] = await sessionsOf("full");
  assertEquals(shown, own);
  for (const finders of ["short", "hidden"] as const) {
    const [session, machine] = await sessionsOf(finders);
    assertNotEquals(session, machine, finders);
  }
});

Deno.test("what is refused is kept by nobody", async () => {
  await using at = await mined();
  const compat = createCompat(at.deps);
  for (const path of ["/api/client/hello", `/api/client/${ALICE}/rig1/00000000`]) {
    const response = (await compat(new Request(`http://pool.example${path}`)))!;
    assertEquals(response.headers.get("cache-control"), "no-store", path);
    await response.body?.cancel();
  }
});
