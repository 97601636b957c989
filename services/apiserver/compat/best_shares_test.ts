import { assertEquals } from "@std/assert";
import { SeriesUnavailable } from "@gopool/series";
import { TOP_MINERS_MOST } from "../public/limits.ts";
import { MINUTE, NOON_MS, stand } from "../public/stand_fixture.ts";
import { createCompat } from "./mod.ts";

Deno.test("the best shares of GET /api/info are asked of the store once a minute, a hundred at most", async () => {
  await using at = await stand();
  await at.mine([{ atMs: NOON_MS - MINUTE, difficulty: 2, achieved: 7 }]);
  await at.say({ settledUntilMs: BigInt(NOON_MS) });
  const asked = { top: 0, best: 0, limits: new Set<number>() };
  let isAway = true;
  const { series } = at.deps;
  const counted = Object.create(series, {
    top: {
      value: (...question: Parameters<typeof series.top>) => {
        asked.top++;
        asked.limits.add(question[1]);
        if (isAway) return Promise.reject(new SeriesUnavailable("away"));
        return series.top(...question);
      },
    },
    best: {
      value: (...question: Parameters<typeof series.best>) => {
        asked.best++;
        return series.best(...question);
      },
    },
  });
  const compat = createCompat({ ...at.deps, series: counted });
  const info = async () => {
    const response = (await compat(new Request("http://pool/api/info")))!;
    const { highScores } = await response.json();
    return [response.status, highScores?.[0]?.bestDifficulty];
  };
  assertEquals(await info(), [503, undefined]);
  isAway = false;
  for (let i = 0; i < 5; i++) assertEquals(await info(), [200, 7]);
  // The failure is not kept, the answer is.
  assertEquals([asked.top, asked.best, [...asked.limits]], [2, 1, [TOP_MINERS_MOST]]);
  await at.say({ settledUntilMs: BigInt(NOON_MS + MINUTE) });
  await info();
  assertEquals([asked.top, asked.best], [3, 2], "another minute");
});
