import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { declareNewState, StateUnavailable } from "./mod.ts";
import { bytes, client, clock, LONG_MS, withServer } from "./redis_client_fixture.ts";

withServer("a wrong password is told without it", { password: "right" }, async (server) => {
  await using a = await client(`redis://someone:wr%6Fng@127.0.0.1:${server.port}`);
  await assertRejects(() => a.state.get("k"), StateUnavailable, "WRONGPASS");
  assertStringIncludes(a.trouble()!, "WRONGPASS");
  assert(!/wrong@|:wrong|someone/.test(a.trouble()! + a.state.name));
  await using none = await client(`redis://127.0.0.1:${server.port}`);
  await assertRejects(() => none.state.get("k"), StateUnavailable, "NOAUTH");
  await using right = await client(server.url);
  assertEquals(await right.state.get("k"), null);
  await using byOption = await client(`redis://127.0.0.1:${server.port}`, { password: "right" });
  assertEquals(await byOption.state.get("k"), null);
});

withServer("databases are apart, and one that is not there is no other", {}, async (server) => {
  await using a = await client(`${server.url}/3`);
  await a.state.set("k", bytes("three"));
  await using b = await client(server.url);
  assertEquals(await b.state.get("k"), null);
  await using wrong = await client(`${server.url}/99`);
  await assertRejects(() => wrong.state.get("k"), StateUnavailable, "DB index is out of range");
});

withServer(
  "TLS is spoken with an authority of one's own, and refused without",
  { tls: true },
  async (server) => {
    await using a = await client(server.url, { ca: server.pem!.ca });
    await a.state.set("k", bytes("secret"));
    assertEquals(await a.state.get("k"), bytes("secret"));
    assertStringIncludes(a.state.name, "over TLS");
    await using b = await client(server.url);
    await assertRejects(() => b.state.get("k"), StateUnavailable, "is away");
    assert(b.trouble());
  },
);

withServer("what it may throw away, and may not be asked, is told", {
  flags: ["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"],
}, async (server) => {
  await using a = await client(server.url);
  assertStringIncludes(a.trouble()!, "Set it to noeviction");
  await a.state.set("k", bytes("x"));
  await server.ask("ACL", "SETUSER", "mute", "on", ">pw", "~*", "+@all", "-info");
  await using mute = await client(`redis://mute:pw@127.0.0.1:${server.port}`);
  assertStringIncludes(mute.trouble()!, "Allow it +info");
  assertEquals(await mute.state.get("k"), bytes("x"));
});

/** As README.md gives them. */
const RIGHTS =
  "+auth +select +info +get +set +del +exists +incrby +decrby +pexpire +pttl +time +eval +evalsha " +
  "+hget +hset +hdel +hlen +hgetall";

withServer("a user needs the rights that the README names, and no others", {}, async (server) => {
  const readme = await Deno.readTextFile(new URL("README.md", import.meta.url));
  assertStringIncludes(readme.replaceAll(/\s+/g, " "), RIGHTS);
  await server.ask("ACL", "SETUSER", "pool", "on", ">pw", "~gopool:*", ...RIGHTS.split(" "));
  const url = `redis://pool:pw@127.0.0.1:${server.port}/2?prefix=gopool:`;
  await declareNewState(url, { clock });
  await using a = await client(url);
  const lease = await a.state.acquire("x", "a", LONG_MS);
  await a.state.release((await a.state.renew(lease!, LONG_MS))!);
  await a.state.set("k", bytes("x"), LONG_MS);
  assertEquals(await a.state.compareAndSet("k", bytes("x"), bytes("y")), true);
  assertEquals(await a.state.get("k"), bytes("y"));
  await a.state.delete("k");
  assertEquals(await a.state.increment("n", 2, LONG_MS), 2);
  assertEquals(await a.state.tally("m", [{ key: "k", level: 3 }], LONG_MS), [3]);
  assertEquals(await a.state.tally("m", [{ key: "k", level: 0 }], LONG_MS), [0]);
  assertEquals((await a.state.take("b", { capacity: 2, perSecond: 1 }, 1)).granted, true);
  await a.state.increment("n", Number.MAX_SAFE_INTEGER).catch(() => {});
  assertEquals(await a.state.increment("n", 0), 2);
  assertEquals(a.trouble(), null);
});
