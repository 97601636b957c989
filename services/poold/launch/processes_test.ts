/**
 * The services as processes, each under its own permissions, on a real Kafka, a real Redis and a simulated node.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertLess, assertStringIncludes } from "@std/assert";
import { blockFound, openBus, shareValid } from "@gopool/bus";
import { startSimulatedNode } from "@gopool/node/simulated";
import { type Readiness, seededRandom, silent, systemClock } from "@gopool/runtime";
import { declareNewState } from "@gopool/state";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { testKafka, testRedis } from "@gopool/testing/servers";
import { RunningTask, runTask } from "../child_fixture.ts";
import { createDemoMiner } from "../demo/miner.ts";
import { counted } from "../topics/count.ts";

const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
/** A busy machine may take long; every wait ends as soon as its condition holds. */
const PATIENCE = { deadlineMs: 60_000 };
/** What the runtime gives a process to drain, and some for the machine. */
const END_WITHIN_MS = 15_000;

/** A service as a task, and what its health port says. */
class Running extends RunningTask {
  readonly #health: string;

  constructor(readonly name: string, env: Record<string, string>) {
    const health = `127.0.0.1:${freePort()}`;
    super(name, { GOPOOL_LOG_FORMAT: "text", ...env, GOPOOL_HEALTH_LISTEN: health });
    this.#health = `http://${health}`;
  }

  /** Null while the port does not answer yet. */
  async lives(): Promise<boolean | null> {
    const response = await fetch(`${this.#health}/healthz`).catch(() => null);
    await response?.body?.cancel();
    return response === null ? null : response.ok;
  }

  async readiness(): Promise<Readiness | null> {
    const response = await fetch(`${this.#health}/readyz`).catch(() => null);
    if (response === null) return null;
    const said: Readiness = await response.json();
    assertEquals(response.status, said.ready ? 200 : 503);
    return said;
  }

  async ready(): Promise<void> {
    let said: Readiness | null = null;
    try {
      await waitFor(async () => (said = await this.readiness())?.ready, "it is ready", PATIENCE);
    } catch (error) {
      throw new Error(`${this.name}: ${JSON.stringify(said)}\n${this.written}`, { cause: error });
    }
  }

  /** Waits until it says that it is not ready, for a reason with these words. */
  async saysWhyNot(words: string): Promise<void> {
    const reasons = async () => (await this.readiness())?.reasons.join("\n");
    try {
      await waitFor(async () => (await reasons())?.includes(words), words, PATIENCE);
    } catch (error) {
      throw new Error(`${this.name}: ${await reasons()}\n${this.written}`, { cause: error });
    }
  }

  /** Tells it to end. @returns Its exit code, after a bounded time. */
  async end(): Promise<number> {
    const startedMs = performance.now();
    this.signal("SIGTERM");
    const code = await this.ended();
    assertLess(performance.now() - startedMs, END_WITHIN_MS, `${this.name}: ${this.written}`);
    return code;
  }
}

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
  const valid = async () => (await counted(bus, shareValid)).distinct;
  await waitFor(async () => await valid() >= miner.stats.accepted, "all to be judged", PATIENCE);
  assertEquals(await valid(), miner.stats.accepted);
  await waitFor(
    async () => (await counted(bus, blockFound)).distinct > 0,
    "the block's outcome",
    PATIENCE,
  );
  const codes = await Promise.all([shareproc, jobmanager, blocksubmit].map((one) => one.end()));
  assertEquals(codes, [0, 0, 0]);
  assert(it.node.submissions.some(({ answer }) => answer === null), "a block was accepted");
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
  for (const line of ["net b1:9092 GOPOOL_BUS_URL", "net n1:8332 GOPOOL_NODE_URL"]) {
    assert(lines.includes(line), stdout);
  }
  assertEquals(stdout.includes("secret"), false);
});
