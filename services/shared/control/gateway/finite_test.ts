import { assertEquals } from "@std/assert";
import { PoolService } from "@gopool/proto/api";
import { captureLog } from "@gopool/testing";
import { serving } from "./gateway.ts";
import { serveGateway } from "./served_fixture.ts";

Deno.test("what is no number is 0 in JSON, and told to the log", async () => {
  const { log, lines } = captureLog();
  const odd = serving(PoolService, {
    getPool: () => ({
      name: "NaN",
      currentEffort: 1 / 0,
      networkDifficulty: 7,
      hashrates: [{ standardError: 0 / 0, hashesPerSecond: 5 }],
      bestShare: { difficulty: -1 / 0 },
    }),
  });
  await using served = serveGateway({ services: [odd], log });
  const pool = await (await fetch(`${served.url}/api/v1/pool`)).json();
  const [speed] = pool.hashrates;
  assertEquals([pool.name, pool.currentEffort, pool.networkDifficulty], ["NaN", 0, 7]);
  assertEquals([speed.standardError, speed.hashesPerSecond, pool.bestShare.difficulty], [0, 5, 0]);
  assertEquals(lines.map(({ level, facts }) => [level, facts]), [["error", {
    method: "gopool.api.v1.PoolService/GetPool",
    fields: ["hashrates.standardError", "bestShare.difficulty", "currentEffort"],
  }]]);
});

Deno.test("a miner may be called NaN", async () => {
  const { log, lines } = captureLog();
  const named = serving(PoolService, { getPool: () => ({ name: "NaN", scheme: "-Infinity" }) });
  await using served = serveGateway({ services: [named], log });
  const { name, scheme } = await (await fetch(`${served.url}/api/v1/pool`)).json();
  assertEquals([name, scheme, lines], ["NaN", "-Infinity", []]);
});
