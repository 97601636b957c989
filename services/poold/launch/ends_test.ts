/**
 * Ends under trouble: a process that is told to end does so in bounded time, whatever is away.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { startSimulatedNode } from "@gopool/node/simulated";
import { seededRandom, silent, systemClock } from "@gopool/runtime";
import { declareNewState } from "@gopool/state";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { startKafka, startRedis, testKafkaJars, testRedisBinary } from "@gopool/testing/servers";
import { runTask } from "../child_fixture.ts";
import { createDemoMiner } from "../demo/miner.ts";
import { PATIENCE, Running } from "./running_fixture.ts";

const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const jars = await testKafkaJars();
const redisBinary = await testRedisBinary();

Deno.test({
  name: "with broker, Redis and node all stalled, the four services still end in bounded time",
  ignore: jars === null || redisBinary === null,
}, async () => {
  await using folder = await tempDir();
  await using kafka = await startKafka(jars!);
  await using redis = await startRedis(redisBinary!);
  await using node = await startSimulatedNode({
    memory: true,
    port: 0,
    user: "u",
    password: "p",
    difficulty: { fixedBits: 0x1e00ffff },
    transactionsPerBlock: 1,
    clock: systemClock,
    random: seededRandom(1),
  });
  const bus = { GOPOOL_BUS_URL: `kafka://${kafka.bootstrap}` };
  const state = { GOPOOL_STATE_URL: redis.url };
  const port = freePort();
  await declareNewState(redis.url, { clock: systemClock });
  assertEquals((await runTask("topics", ["create"], bus)).code, 0);
  await using jobmanager = new Running("jobmanager", {
    ...bus,
    ...state,
    GOPOOL_NODE_URL: node.url,
    GOPOOL_POOL_ADDRESS: ADDRESS,
  });
  await using shareproc = new Running("shareproc", bus);
  await using blocksubmit = new Running("blocksubmit", { ...bus, GOPOOL_NODE_URL: node.url });
  await using stratumd = new Running("stratumd", {
    ...bus,
    ...state,
    GOPOOL_STRATUMD_NAME: "one",
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${port}`,
    GOPOOL_STRATUM_START_DIFFICULTY: "0.0000001",
    GOPOOL_STRATUM_VARDIFF: "off",
    GOPOOL_DATA_DIR: folder.path,
  });
  const services = [stratumd, shareproc, blocksubmit, jobmanager];
  for (const service of services) await service.ready();
  const miner = createDemoMiner({
    clock: systemClock,
    random: seededRandom(2),
    log: silent,
    options: () => ({ host: "127.0.0.1", port, username: `${ADDRESS}.a`, userAgent: "demo/1" }),
  });
  const stop = new AbortController();
  const mining = miner.run(stop.signal);
  await waitFor(() => miner.stats.accepted > 10, "shares", PATIENCE);

  kafka.stall(true);
  redis.stall(true);
  node.stall(true);
  // Each says what it misses, before it is told to end.
  await stratumd.saysWhyNot("stratumd/jobs");
  await shareproc.saysWhyNot("Cannot read");
  await jobmanager.saysWhyNot("nodes: ");
  await blocksubmit.saysWhyNot("nodes: ");
  await Promise.all(services.map(async (service) => {
    const code = await service.end();
    // On a slow machine the last moments may pass the grace: said by the code, and bounded all the same.
    assert(code === 0 || code === 3, `${code}: ${service.written}`);
    assert(!service.written.includes("left open"), service.written);
  }));
  stop.abort();
  await mining;
  kafka.stall(false);
  redis.stall(false);
  node.stall(false);
});
