import { assertEquals, assertRejects } from "@std/assert";
import { waitFor } from "../wait_for.ts";
import { startRedis, startSentinel, testRedis, testRedisBinary } from "./mod.ts";
import { askRedis } from "./redis_wire.ts";

const binary = await testRedisBinary();
const shared = await testRedis();
const ignore = binary === null;
/** A machine under load takes its time. */
const deadlineMs = 60_000;

Deno.test({
  name: "the Redis that all tests share is there",
  ignore: shared === null,
  fn: async () =>
    assertEquals(await askRedis({ port: Number(new URL(shared!).port) }, ["PING"]), "PONG"),
});

Deno.test({
  name: "a Redis that is killed has lost everything, unless it writes its data down",
  ignore,
  fn: async () => {
    for (const aof of [false, true]) {
      await using redis = await startRedis(binary!, { aof, flags: ["--appendfsync", "always"] });
      assertEquals(await redis.ask("SET", "name", "value"), "OK");
      await redis.kill();
      await assertRejects(() => redis.ask("PING"));
      await redis.restart();
      assertEquals(await redis.ask("GET", "name"), aof ? "value" : null);
    }
  },
});

Deno.test({
  name: "a Redis that stands still answers when it is woken",
  ignore,
  fn: async () => {
    await using redis = await startRedis(binary!);
    redis.stall(true);
    let answered = false;
    const answer = redis.ask("ECHO", "awake").finally(() => answered = true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertEquals(answered, false);
    redis.stall(false);
    assertEquals(await answer, "awake");
  },
});

Deno.test({
  name: "a Redis with TLS and password takes the right ones only",
  ignore,
  fn: async () => {
    const password = "it's a secret";
    await using redis = await startRedis(binary!, { tls: true, password });
    const { port, pem } = redis;
    assertEquals(new URL(redis.url).protocol, "rediss:");
    assertEquals(await redis.ask("PING"), "PONG");
    await assertRejects(() => askRedis({ port, password }, ["PING"]));
    const { ca } = pem!;
    await assertRejects(() => askRedis({ port, ca, password: "another" }, ["PING"]), Error, "PASS");
    await assertRejects(() => askRedis({ port, ca }, ["PING"]), Error, "NOAUTH");
  },
});

for (const sentinels of [1, 3] as const) {
  Deno.test({
    name: `${sentinels} Sentinel(s) make the replica the master when the master is killed`,
    ignore,
    fn: async () => {
      await using redis = await startSentinel(binary!, { sentinels, password: "secret" });
      const [master, replica] = redis.servers;
      assertEquals(await redis.masterPort(), master.port);
      await master.ask("SET", "name", "value");
      const copied = () =>
        replica.ask("GET", "name").then((value) => value === "value", () => false);
      await waitFor(copied, "the replica to have it", { deadlineMs });
      await master.kill();
      const moved = async () => await redis.masterPort() === replica.port;
      await waitFor(moved, "the Sentinels to name the replica", { deadlineMs });
      const taken = () => replica.ask("SET", "name", "new").then(() => true, () => false);
      await waitFor(taken, "the replica to take a write", { deadlineMs });
    },
  });
}
