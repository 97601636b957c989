import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { startSentinel, testRedisBinary } from "@gopool/testing/servers";
import { declareNewState, openState, StateUnavailable } from "./mod.ts";

const binary = await testRedisBinary();
const clock = systemClock;
const LONG_MS = 60_000;
/** A failover takes seconds, and more on a busy machine. */
const DEADLINE = { deadlineMs: 60_000 };

Deno.test({
  name: "redis: the master that the Sentinels name is followed, and leases outlive the change",
  ignore: binary === null,
  async fn() {
    await using servers = await startSentinel(binary!, { password: "secret" });
    await declareNewState(servers.url, { clock });
    let trouble: string | null = null;
    const onTrouble = (why: string | null) => trouble = why;
    await using state = await openState(servers.url, { clock, onTrouble });
    const lease = await state.acquire("led", "a", LONG_MS);
    await state.set("kept", new Uint8Array([7]));
    const [master, replica] = servers.servers;
    // The replica has it all, but for the last lease.
    await waitFor(async () => await replica.ask("GET", "kept") !== null, "the replica", DEADLINE);
    await replica.ask("CONFIG", "SET", "replica-read-only", "no");
    await replica.ask("HDEL", "leases", "lease:led");
    await master.kill();
    await assertRejects(() => state.get("kept"), StateUnavailable);
    await waitFor(() => trouble, "trouble to be told", DEADLINE);
    assertEquals(
      await waitFor(() => state.get("kept").catch(() => null), "the new master", DEADLINE),
      new Uint8Array([7]),
    );
    assertEquals(await servers.masterPort(), replica.port);
    assertEquals(await state.acquire("led", "b", LONG_MS), null, "a lost grant is not given again");
    assertEquals((await state.renew(lease!, LONG_MS))?.fence, lease!.fence);
    assertEquals(await state.acquire("led", "b", LONG_MS), null);
  },
});

Deno.test({
  name: "redis: a name that the Sentinels do not know, and Sentinels that are not there, are told",
  ignore: binary === null,
  async fn() {
    await using servers = await startSentinel(binary!);
    const wrong = servers.url.replace(/\/[^/]*$/, "/nobody");
    await using state = await openState(wrong, { clock });
    await assertRejects(() => state.get("k"), StateUnavailable, "know no master of that name");
    await using none = await openState("redis+sentinel://127.0.0.1:1,127.0.0.1:2/x", { clock });
    const away = await assertRejects(() => none.get("k"), StateUnavailable);
    assertMatch(away.message, /2 is away: the Sentinel 127.0.0.1:[12] does not answer/);
  },
});
