import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { freePort, waitFor } from "@gopool/testing";
import { startRedis } from "@gopool/testing/servers";
import { declareNewState, StateUnavailable } from "./mod.ts";
import {
  binary,
  bytes,
  client,
  clock,
  DEADLINE,
  LONG_MS,
  withServer,
} from "./redis_client_fixture.ts";
import { openWire } from "./wire_fixture.ts";

withServer("killed and back with its file, it has its data", {
  aof: true,
  flags: ["--appendfsync", "always"],
}, async (server) => {
  await declareNewState(server.url, { clock });
  await using a = await client(server.url);
  await a.state.set("kept", bytes("x"));
  const lease = await a.state.acquire("led", "a", LONG_MS);
  await server.kill();
  await assertRejects(() => a.state.get("kept"), StateUnavailable, "is away");
  await waitFor(() => a.trouble(), "trouble to be told", DEADLINE);
  await server.restart();
  await a.untilBack();
  assertEquals(a.trouble(), null);
  assertEquals(await a.state.get("kept"), bytes("x"));
  assertEquals((await a.state.renew(lease!, LONG_MS))?.fence, lease!.fence);
  assertEquals(await a.state.acquire("led", "b", LONG_MS), null);
});

withServer("restarted, it grants no free name for one TTL: the last grants may be lost", {
  aof: true,
}, async (server) => {
  await declareNewState(server.url, { clock });
  await using a = await client(server.url);
  const before = await a.state.acquire("before", "a", LONG_MS);
  assert(before !== null);
  await server.stop();
  await server.restart();
  await a.untilBack();
  assertEquals(await a.state.acquire("free", "a", LONG_MS), null);
  assertMatch(
    a.trouble()!,
    /new or may have lost leases: it grants none of 60 s before it has been so for 60 s/,
  );
  // A shorter one waits for its own time only.
  await waitFor(() => a.state.acquire("short", "a", 300), "a short lease", DEADLINE);
  assertEquals(await a.state.acquire("free", "a", LONG_MS), null);
});

withServer("killed and back empty, its holders go on and all others wait", {}, async (server) => {
  await declareNewState(server.url, { clock });
  await using a = await client(server.url);
  await using b = await client(server.url);
  const lease = await a.state.acquire("led", "a", LONG_MS);
  await server.kill();
  await server.restart();
  await Promise.all([a.untilBack(), b.untilBack()]);
  assertEquals(await b.state.acquire("led", "b", LONG_MS), null);
  assertEquals((await a.state.renew(lease!, LONG_MS))?.fence, lease!.fence);
  assertEquals(await b.state.acquire("led", "b", LONG_MS), null);
});

withServer(
  "a new server grants nothing for one TTL, unless it was declared new",
  {},
  async (server) => {
    await using a = await client(server.url);
    assertEquals(await a.state.acquire("x", "a", LONG_MS), null);
    assertStringIncludes(a.trouble()!, "is new or may have lost leases");
    await declareNewState(server.url, { clock });
    assert(await a.state.acquire("x", "a", LONG_MS));
    // Not while somebody is at work.
    const again = await assertRejects(
      () => declareNewState(server.url, { clock }),
      StateUnavailable,
    );
    assertStringIncludes(again.message, "is in use: 1 leases are held");
  },
);

withServer(
  "while it hangs every call settles, and none is done later that was refused",
  {},
  async (server) => {
    await using a = await client(server.url);
    await a.state.increment("count", 1);
    server.stall(true);
    // Under way when it hangs: these may still be done, once.
    const underWay = await Promise.allSettled([1, 2, 3].map(() => a.state.increment("count", 1)));
    for (const one of underWay) {
      assert(one.status === "rejected" && one.reason instanceof StateUnavailable, "no answer");
      assertMatch(one.reason.message, /is away: it has not answered within 1 s/);
    }
    for (let i = 0; i < 20; i++) {
      await assertRejects(() => a.state.increment("count", 100), StateUnavailable);
    }
    await clock.sleep(2_000);
    await assertRejects(() => a.state.increment("count", 100), StateUnavailable);
    await waitFor(() => a.trouble(), "trouble to be told", DEADLINE);
    server.stall(false);
    await a.untilBack();
    const count = await a.state.increment("count", 0);
    assert(count >= 1 && count <= 4, `counted to ${count}`);
    assertEquals(a.trouble(), null);
  },
);

withServer(
  "a wire that hangs is given up, also while it connects; one that is cut is noticed",
  { password: "pw" },
  async (server) => {
    await using wire = openWire(server.port);
    await using a = await client(`redis://:pw@127.0.0.1:${wire.port}`);
    await a.state.set("k", bytes("1"));
    for (const mode of ["hang", "cut", "hang"] as const) {
      wire.set(mode);
      await assertRejects(() => a.state.get("k"), StateUnavailable);
      await waitFor(() => a.trouble(), "trouble to be told", DEADLINE);
      await clock.sleep(1_500);
      await assertRejects(() => a.state.get("k"), StateUnavailable);
      wire.set("open");
      await a.untilBack();
      assertEquals(await a.state.get("k"), bytes("1"));
    }
  },
);

withServer("closing takes no longer than an answer, hanging or away", {}, async (server) => {
  for (const away of [() => Promise.resolve(server.stall(true)), () => server.kill()]) {
    const a = await client(server.url);
    await away();
    const call = assertRejects(() => a.state.get("k"), StateUnavailable);
    await a.state[Symbol.asyncDispose]();
    await call;
    server.stall(false);
  }
});

withServer("a master that became a replica is left until it is one again", {}, async (server) => {
  await using a = await client(server.url);
  await server.ask("REPLICAOF", "127.0.0.1", "1");
  await assertRejects(() => a.state.set("k", bytes("x")), StateUnavailable, "READONLY");
  await waitFor(() => a.trouble()?.endsWith("it is a replica"), "trouble to be told", DEADLINE);
  await assertRejects(() => a.state.get("k"), StateUnavailable);
  await server.ask("REPLICAOF", "NO", "ONE");
  await a.untilBack();
  await a.state.set("k", bytes("x"));
});

withServer("a full server refuses and stays in touch", {
  flags: ["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"],
}, async (server) => {
  await using a = await client(server.url);
  await a.state.set("small", bytes("x"));
  await assertRejects(
    async () => {
      for (let i = 0; i < 50; i++) await a.state.set(`big-${i}`, new Uint8Array(500_000));
    },
    StateUnavailable,
    "OOM",
  );
  assertEquals(await a.state.get("small"), bytes("x"));
  assertEquals(a.trouble(), null);
});

Deno.test({
  name: "redis: a server that is not there yet is found when it comes",
  ignore: binary === null,
  async fn() {
    const port = freePort();
    await using a = await client(`redis://127.0.0.1:${port}`);
    await assertRejects(() => a.state.get("k"), StateUnavailable, "is away: connect ECONNREFUSED");
    assertStringIncludes(a.trouble()!, "ECONNREFUSED");
    await using _server = await startRedis(binary!, { port });
    await a.untilBack();
    assertEquals(a.trouble(), null);
  },
});
