/** Several apiservers of one pool, on a real Redis. @module */
import { assert, assertEquals } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { openState } from "@gopool/state";
import { waitFor } from "@gopool/testing";
import { testRedis } from "@gopool/testing/servers";
import { type ApiStand, apiStand } from "./apiserver_fixture.ts";

const redis = await testRedis();

async function two(
  settings: { apiRate: number; apiBurst: number },
  work: (
    one: ApiStand,
    other: ApiStand,
  ) => Promise<void>,
): Promise<void> {
  const url = `${redis}?prefix=${crypto.randomUUID()}:`;
  await using first = await openState(url, { clock: systemClock });
  await using second = await openState(url, { clock: systemClock });
  await using one = await apiStand({ state: first, settings });
  await using other = await apiStand({ state: second, settings });
  await work(one, other);
}

async function ask(stand: ApiStand, path = "/api/v1/connection"): Promise<number> {
  const response = await fetch(`${stand.url}${path}`);
  await response.body?.cancel();
  return response.status;
}

Deno.test("what one has computed the other gives, and a flush at one reaches the other", {
  ignore: redis === null,
}, () =>
  two({ apiRate: 0, apiBurst: 1 }, async (one, other) => {
    const kept = (stand: ApiStand) => stand.apiserver.desk.counts.kept;
    await ask(one);
    await ask(other);
    assertEquals([kept(one).made, kept(other).made, kept(other).shared], [1, 0, 1]);
    assertEquals((await one.apiserver.desk.flush()).everywhere, true);
    await waitFor(() => other.apiserver.desk.ready.count === 0, "the other's flush");
    await ask(other);
    assertEquals(kept(other).made, 1);
  }));

Deno.test(
  "what a client may ask holds over both",
  { ignore: redis === null },
  () =>
    two({ apiRate: 1, apiBurst: 30 }, async (one, other) => {
      const statuses: number[] = [];
      // The page: nothing has to be computed for it, which would cost more.
      const startMs = performance.now();
      for (let i = 0; i < 30; i++) statuses.push(await ask(one, "/"), await ask(other, "/"));
      const answered = statuses.filter((status) => status === 200).length;
      // So many came back meanwhile; a second more for the edges.
      const back = Math.ceil((performance.now() - startMs) / 1_000) + 1;
      assert(answered >= 30 && answered <= 30 + back, `${answered} of 60, ${back} came back`);
    }),
);
