/** The topics tool on a real Kafka, under its own permissions. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { openBus, shareSubmissions, shareValid } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { testKafka } from "@gopool/testing/servers";
import { runTask } from "../child_fixture.ts";

const url = await testKafka();

Deno.test({
  name: "topics are created on Kafka once, looked into and written to; wrong ones are told",
  ignore: url === null,
  async fn() {
    const prefix = `${crypto.randomUUID().slice(0, 8)}.`;
    const env = { GOPOOL_BUS_URL: `${url}?prefix=${prefix}`, GOPOOL_SHARE_PARTITIONS: "3" };

    const missing = await runTask("topics", ["list"], env);
    assertEquals([missing.code, missing.stdout], [1, ""]);
    assertStringIncludes(missing.stderr, `${prefix}stats.live: run \`deno task topics create\``);

    const created = await runTask("topics", ["create"], env);
    assertEquals(created.code, 0, created.stderr);
    const lines = created.stdout.trim().split("\n");
    assertEquals(lines.length, 11);
    assertEquals(lines.includes(`created: ${prefix}share.submissions`), true);

    const again = await runTask("topics", ["create"], { ...env, GOPOOL_KAFKA_RETENTION: "40d" });
    assertEquals(again.code, 0, again.stderr);
    assertStringIncludes(again.stdout, "stood already, not changed: ");
    assertStringIncludes(
      again.stdout,
      `note: ${prefix}share.valid has retention.ms=2592000000, the settings say 3456000000`,
    );

    const wrong = await runTask("topics", ["create"], { ...env, GOPOOL_SHARE_PARTITIONS: "5" });
    assertEquals(wrong.code, 1, wrong.stderr);
    assertStringIncludes(wrong.stdout, "to be changed: ");

    {
      await using bus = await openBus(env.GOPOOL_BUS_URL, { clock: systemClock });
      assertEquals(await bus.partitions(shareValid), 3);
    }
    const note = ["reject", "--partition", "1", "--offset", "0", "--reason", "a test"];
    const rejected = await runTask("topics", note, env);
    assertEquals(rejected.code, 2, rejected.stdout);
    {
      await using bus = await openBus(env.GOPOOL_BUS_URL, { clock: systemClock });
      await bus.publish(shareSubmissions, [{ partition: 1, value: new Uint8Array() }]);
    }
    assertEquals((await runTask("topics", note, env)).code, 0);
    const list = await runTask("topics", ["list", "--json"], env);
    const found = list.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(found.find(({ topic }) => topic === shareSubmissions.name).records, 2);
  },
});

Deno.test("the embedded log makes its topics by itself", async () => {
  const { code, stderr } = await runTask("topics", ["create"], { GOPOOL_DATA_DIR: "/nowhere" });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "A bus at sqlite: makes its topics by itself");
});
