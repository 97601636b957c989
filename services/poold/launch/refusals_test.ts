/**
 * What the launcher and the services refuse before they work: mistakes in settings, places that are taken.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { freePort, tempDir } from "@gopool/testing";
import { runTask } from "../child_fixture.ts";
import { Running } from "./running_fixture.ts";

const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

const MISTAKES: Record<string, { env: Record<string, string>; words: string[] }> = {
  stratumd: {
    env: {
      GOPOOL_BUS_URL: "kafka://user:secret@b1:9092",
      GOPOOL_STATE_URL: "redis://",
      GOPOOL_STRATUM_LISTEN: "nowhere",
    },
    words: [
      "GOPOOL_STRATUMD_NAME or --stratumd-name is required",
      "GOPOOL_STATE_URL=",
      "GOPOOL_STRATUM_LISTEN=",
      "must not carry user or password",
    ],
  },
  jobmanager: {
    env: {
      GOPOOL_NODE_URL: "http://h:1,http://h:2",
      GOPOOL_NODE_ZMQ: "tcp://h:3",
      GOPOOL_POOL_ADDRESS: `${ADDRESS}x`,
      GOPOOL_KAFKA_SASL: "plain",
    },
    words: [
      "GOPOOL_BUS_URL or --bus-url is required",
      "1 ZMQ addresses are named for 2 nodes",
      "is an address of no network",
      "GOPOOL_KAFKA_PASSWORD is required with GOPOOL_KAFKA_SASL=plain",
    ],
  },
  shareproc: {
    env: { GOPOOL_BUS_URL: "kafka://b1:9092", GOPOOL_KAFKA_CERT: "/c.pem", GOPOOL_POOL: "No!" },
    words: ["GOPOOL_KAFKA_CERT and GOPOOL_KAFKA_KEY belong together", "GOPOOL_POOL="],
  },
  blocksubmit: {
    env: { GOPOOL_BUS_URL: "amqp://b1", GOPOOL_HEALTH_LISTN: "x" },
    words: [
      "must start with sqlite: or memory: or kafka://",
      "GOPOOL_NODE_URL or --node-url is required",
      "did you mean GOPOOL_HEALTH_LISTEN?",
    ],
  },
};

for (const [name, { env, words }] of Object.entries(MISTAKES)) {
  Deno.test(`${name} tells every mistake in its settings at once, without passwords, and ends with 2`, async () => {
    const { code, stderr } = await runTask(name, [], env);
    for (const part of words) assertStringIncludes(stderr, part);
    assertEquals([code, stderr.includes("secret")], [2, false]);
  });
}

Deno.test("a port for health that is taken ends the process with a sentence, and code 1", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const place = `127.0.0.1:${(taken.addr as Deno.NetAddr).port}`;
  const { code, stdout } = await runTask("shareproc", [], {
    GOPOOL_BUS_URL: "memory:",
    GOPOOL_HEALTH_LISTEN: place,
    GOPOOL_LOG_FORMAT: "text",
  });
  assertEquals(code, 1);
  assertStringIncludes(stdout, `Cannot answer for health at ${place}: the port is taken`);
});

Deno.test("two gateways on one data folder: the second says so", async () => {
  await using folder = await tempDir();
  const env = {
    GOPOOL_BUS_URL: "memory:",
    GOPOOL_DATA_DIR: folder.path,
    GOPOOL_STRATUM_LISTEN: "127.0.0.1:0",
    GOPOOL_LOG_FORMAT: "text",
  };
  await using first = new Running("stratumd", { ...env, GOPOOL_STRATUMD_NAME: "one" });
  await first.saysWhyNot("waiting for a first job");
  const health = `127.0.0.1:${freePort()}`;
  const { code, stdout } = await runTask("stratumd", [], {
    ...env,
    GOPOOL_STRATUMD_NAME: "two",
    GOPOOL_HEALTH_LISTEN: health,
  });
  assertEquals(code, 1);
  assertStringIncludes(stdout, "Another instance is running on the data folder");
});

Deno.test("permissions of a program are printed one a line, each with the setting it comes from", async () => {
  const { code, stdout } = await runTask("permissions", ["blocksubmit"], {
    GOPOOL_BUS_URL: "kafka://b1:9092,b2:9092",
    GOPOOL_NODE_URL: "http://u:secret@n1:8332",
  });
  const lines = stdout.split("\n").map((line) => line.trim().split(/ {2,}/).join(" "));
  assertEquals(code, 0);
  assertGreater(lines.length, 4);
  for (
    const line of [
      "net b1:9092 to connect: GOPOOL_BUS_URL",
      "net n1:8332 to connect: GOPOOL_NODE_URL",
    ]
  ) {
    assert(lines.includes(line), stdout);
  }
  assertEquals(stdout.includes("secret"), false);
});
