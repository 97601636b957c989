/**
 * The services as processes, each under its own permissions, on a real Kafka, a real Redis and a simulated node.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { blockFound, openBus, shareValid } from "@gopool/bus";
import { startSimulatedNode } from "@gopool/node/simulated";
import { seededRandom, silent, systemClock } from "@gopool/runtime";
import { declareNewState } from "@gopool/state";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { testKafka, testRedis } from "@gopool/testing/servers";
import { ownPool, runTask } from "../child_fixture.ts";
import { createDemoMiner } from "../demo/miner.ts";
import { counted } from "../topics/count.ts";
import { PATIENCE, Running } from "./running_fixture.ts";

const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const kafka = await testKafka();
const redis = await testRedis();

/** Settings of a pool of its own on the shared servers, and its node. */
async function stand() {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir());
  const prefix = `processes-${crypto.randomUUID().slice(0, 8)}.`;
  const node = open.use(
    await startSimulatedNode({
      memory: true,
      port: 0,
      user: "pool",
      password: "a:b",
      // Some 65,000 hashes: blocks now and then, shares in between.
      difficulty: { fixedBits: 0x1f00ffff },
      transactionsPerBlock: 3,
      clock: systemClock,
      random: seededRandom(1),
    }),
  );
  const settings = {
    bus: { GOPOOL_BUS_URL: `${kafka}?prefix=${prefix}`, GOPOOL_SHARE_PARTITIONS: "2" },
    state: { GOPOOL_STATE_URL: `${redis}?prefix=${prefix}` },
    node: { GOPOOL_NODE_URL: node.url },
    payee: { GOPOOL_POOL_ADDRESS: ADDRESS },
  };
  const port = freePort();
  const env: Record<string, Record<string, string>> = {
    jobmanager: { ...settings.bus, ...settings.state, ...settings.node, ...settings.payee },
    shareproc: settings.bus,
    blocksubmit: { ...settings.bus, ...settings.node },
    stratumd: {
      ...settings.bus,
      ...settings.state,
      GOPOOL_STRATUMD_NAME: "one",
      GOPOOL_STRATUM_LISTEN: `127.0.0.1:${port}`,
      GOPOOL_STRATUM_START_DIFFICULTY: "0.0000001",
      GOPOOL_STRATUM_VARDIFF: "off",
      GOPOOL_DATA_DIR: folder.path,
    },
  };
  const owned = open.move();
  return {
    env,
    node,
    port,
    settings,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function demoMiner(port: number) {
  return createDemoMiner({
    clock: systemClock,
    random: seededRandom(2),
    log: silent,
    options: () => ({ host: "127.0.0.1", port, username: `${ADDRESS}.demo`, userAgent: "demo/1" }),
  });
}

Deno.test({
  name: "under their permissions the four services mine on Kafka and Redis, and drain when told to",
  ignore: kafka === null || redis === null,
}, async () => {
  await using it = await stand();
  const clock = systemClock;
  await declareNewState(it.settings.state.GOPOOL_STATE_URL, { clock });
  const created = await runTask("topics", ["create"], it.settings.bus);
  assertEquals(created.code, 0, created.stderr);

  await using jobmanager = new Running("jobmanager", it.env.jobmanager!);
  await using shareproc = new Running("shareproc", it.env.shareproc!);
  await using blocksubmit = new Running("blocksubmit", it.env.blocksubmit!);
  await using stratumd = new Running("stratumd", it.env.stratumd!);
  for (const service of [jobmanager, shareproc, blocksubmit, stratumd]) await service.ready();

  const miner = demoMiner(it.port);
  const stop = new AbortController();
  const mining = miner.run(stop.signal);
  const accepted = (least: number) =>
    waitFor(() => miner.stats.accepted >= least, `${least} shares`, PATIENCE);
  await accepted(20);
  await waitFor(() => it.node.submissions.length > 0, "a block at the node", PATIENCE);

  // In the middle of the work, the gateway first: what it has answered is all there is.
  assertEquals(await stratumd.end(), 0);
  stop.abort();
  await mining;
  const { GOPOOL_BUS_URL } = it.settings.bus;
  await using bus = await openBus(GOPOOL_BUS_URL, { clock });
  const valid = () => counted(bus, shareValid);
  await waitFor(
    async () => (await valid()).distinct >= miner.stats.accepted,
    "all that was answered true to be judged",
    PATIENCE,
  );
  assertEquals((await valid()).troubles, []);
  await waitFor(
    async () => (await counted(bus, blockFound)).distinct > 0,
    "the block's outcome",
    PATIENCE,
  );
  const codes = await Promise.all([shareproc, jobmanager, blocksubmit].map((one) => one.end()));
  assertEquals(codes, [0, 0, 0]);
  assert(it.node.submissions.some(({ answer }) => answer === null), "a block was accepted");
});

Deno.test({
  name: "the whole pool in one process mines on Kafka and Redis as well",
  ignore: kafka === null || redis === null,
}, async () => {
  await using it = await stand();
  await using folder = await tempDir();
  const { bus, state } = it.settings;
  await declareNewState(state.GOPOOL_STATE_URL, { clock: systemClock });
  const env = { ...bus, ...state, ...ownPool(folder.path) };
  const refused = await runTask("start", [], env);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stdout, "deno task topics create");
  assertEquals((await runTask("topics", ["create"], bus)).code, 0);

  await using pool = new Running("start", env);
  await pool.ready();
  await pool.says(/shares [1-9]\d* accepted, [1-9]\d* booked/, PATIENCE.deadlineMs);
  assertEquals(await pool.end(), 0, pool.written);
});

Deno.test({
  name: "a broker that the cluster names and the settings do not is out of reach, and told so",
  ignore: !kafka?.includes("127.0.0.1"),
}, async () => {
  // The broker calls itself by its address.
  const byName = kafka!.replace("127.0.0.1", "localhost");
  await using shareproc = new Running("shareproc", { GOPOOL_BUS_URL: byName });
  await shareproc.saysWhyNot(kafka!.slice("kafka://".length));
  await shareproc.saysWhyNot("GOPOOL_BUS_URL");
  assertEquals(await shareproc.end(), 0);
});

Deno.test("a broker that is away is waited for: alive, not ready, with the reason, and ended at once when told", async () => {
  const away = `kafka://127.0.0.1:${freePort()}`;
  await using shareproc = new Running("shareproc", { GOPOOL_BUS_URL: away });
  await shareproc.saysWhyNot("bus: ");
  await shareproc.saysWhyNot("The process is starting");
  assertEquals(await shareproc.lives(), true);
  assertEquals(await shareproc.end(), 0);
});

Deno.test("a node that is away keeps a job manager and a submitter from being ready, and is named", async () => {
  await using folder = await tempDir();
  const place = `127.0.0.1:${freePort()}`;
  const env = {
    GOPOOL_BUS_URL: `sqlite:${folder.path}/bus.db`,
    GOPOOL_NODE_URL: `http://u:secret@${place}`,
  };
  await using jobmanager = new Running("jobmanager", { ...env, GOPOOL_POOL_ADDRESS: ADDRESS });
  await using blocksubmit = new Running("blocksubmit", env);
  for (const service of [jobmanager, blocksubmit]) {
    await service.saysWhyNot("nodes: ");
    const said = JSON.stringify(await service.readiness());
    assertStringIncludes(said, place);
    assert(!said.includes("secret"));
    assertEquals(await service.lives(), true);
    assertEquals(await service.end(), 0);
  }
});

Deno.test("a gateway without a job is not ready, and says so", async () => {
  await using folder = await tempDir();
  await using stratumd = new Running("stratumd", {
    GOPOOL_BUS_URL: `sqlite:${folder.path}/bus.db`,
    GOPOOL_DATA_DIR: folder.path,
    GOPOOL_STRATUMD_NAME: "one",
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${freePort()}`,
  });
  await stratumd.saysWhyNot("waiting for a first job");
  assertEquals(await stratumd.end(), 0);
});
