import { assertEquals } from "@std/assert";
import { SeriesUnavailable } from "@gopool/series";
import { TOP_MINERS_MOST } from "./limits.ts";
import { restOver } from "./rest_fixture.ts";
import { ALICE, BOB, MINUTE, NOON_MS, stand } from "./stand_fixture.ts";

Deno.test("the top miners are reckoned once a minute, whatever number of them is asked for", async () => {
  await using at = await stand();
  await at.mine([
    { atMs: NOON_MS - MINUTE, difficulty: 2 },
    { atMs: NOON_MS - MINUTE, account: BOB },
  ]);
  await at.say({ settledUntilMs: BigInt(NOON_MS) });
  let asked = 0, isAway = true;
  const series = Object.create(at.deps.series, {
    top: {
      value: (...question: Parameters<typeof at.deps.series.top>) => {
        asked++;
        if (isAway) return Promise.reject(new SeriesUnavailable("away"));
        return at.deps.series.top(...question);
      },
    },
  });
  const get = restOver({ ...at.deps, series });
  const shown = async (pageSize: number) => {
    const { status, body } = await get(`/api/v1/miners?page_size=${pageSize}`);
    return [status, body.miners?.map(({ address }: { address: string }) => address)];
  };
  assertEquals((await shown(1))[0], 503);
  isAway = false;
  assertEquals(await shown(1), [200, [ALICE]]);
  assertEquals(await shown(2), [200, [ALICE, BOB]]);
  assertEquals(await shown(TOP_MINERS_MOST), [200, [ALICE, BOB]]);
  assertEquals(asked, 2);
  assertEquals((await get(`/api/v1/miners?page_size=${TOP_MINERS_MOST + 1}`)).status, 400);
  await at.say({ settledUntilMs: BigInt(NOON_MS + MINUTE) });
  await shown(1);
  assertEquals(asked, 3, "another minute");
});
