/**
 * Services as processes on a Kafka and a Redis that speak TLS and want a login: settings and secrets by variables
 * and files, permissions as ever.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startSimulatedNode } from "@gopool/node/simulated";
import { seededRandom, systemClock } from "@gopool/runtime";
import { declareNewState } from "@gopool/state";
import { tempDir } from "@gopool/testing";
import { startKafka, startRedis, testKafkaJars, testRedisBinary } from "@gopool/testing/servers";
import { runTask } from "../child_fixture.ts";
import { Running } from "./running_fixture.ts";

const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const jars = await testKafkaJars();
const redisBinary = await testRedisBinary();

Deno.test({
  name:
    "a job manager works over TLS and SCRAM, its secrets in files, and tells what is wrong with them",
  ignore: jars === null || redisBinary === null,
}, async () => {
  await using folder = await tempDir();
  const login = { username: "pool", password: "s3cret word" };
  await using kafka = await startKafka(jars!, { tls: true, sasl: login });
  await using redis = await startRedis(redisBinary!, { tls: true, password: "an0ther" });
  await using node = await startSimulatedNode({
    memory: true,
    port: 0,
    user: "u",
    password: "p",
    difficulty: { fixedBits: 0x1f00ffff },
    transactionsPerBlock: 1,
    clock: systemClock,
    random: seededRandom(1),
  });
  const { files } = kafka.pem!;
  const secret = async (name: string, text: string) => {
    await Deno.writeTextFile(folder.join(name), `${text}\n`);
    return folder.join(name);
  };
  const bus = {
    GOPOOL_BUS_URL: `kafka://${kafka.listeners.saslTls}`,
    GOPOOL_KAFKA_TLS: "on",
    GOPOOL_KAFKA_CA: files.ca,
    GOPOOL_KAFKA_SASL: "scram-sha-512",
    GOPOOL_KAFKA_USER: login.username,
    GOPOOL_KAFKA_PASSWORD_FILE: await secret("kafka", login.password),
  };
  const env = {
    ...bus,
    GOPOOL_STATE_URL_FILE: await secret("state", redis.url),
    GOPOOL_STATE_CA: redis.pem!.files.ca,
    GOPOOL_NODE_URL: node.url,
    GOPOOL_POOL_ADDRESS: ADDRESS,
  };
  await declareNewState(redis.url, { clock: systemClock, ca: redis.pem!.ca });
  const created = await runTask("topics", ["create"], bus);
  assertEquals(created.code, 0, created.stderr);
  {
    await using jobmanager = new Running("jobmanager", env);
    await jobmanager.ready();
    assertEquals(await jobmanager.end(), 0);
    for (const word of [login.password, "an0ther"]) assert(!jobmanager.written.includes(word));
  }

  const told = async (change: Record<string, string>) => {
    const { code, stdout } = await runTask("shareproc", [], {
      ...bus,
      GOPOOL_HEALTH_LISTEN: "127.0.0.1:0",
      GOPOOL_LOG_FORMAT: "text",
      ...change,
    });
    assertEquals(code, 1, stdout);
    return stdout;
  };
  const refused = await told({ GOPOOL_KAFKA_PASSWORD_FILE: await secret("wrong", "wr0ng") });
  assertStringIncludes(refused, "Cannot open the bus at Kafka");
  assert(!refused.includes("wr0ng"));
  const missing = await told({ GOPOOL_KAFKA_CA: folder.join("nowhere.pem") });
  assertStringIncludes(missing, "nowhere.pem");

  // A certificate that nobody has vouched for may be renewed: waited for, and told.
  const { GOPOOL_KAFKA_CA: _, ...untrusting } = bus;
  await using shareproc = new Running("shareproc", untrusting);
  await shareproc.saysWhyNot("certificate");
  await shareproc.says("unable to verify");
  assertEquals(await shareproc.end(), 0);
});
