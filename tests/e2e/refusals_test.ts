/**
 * What the pool says when it cannot start, or cannot start yet: each trouble its own sentence.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { seededRandom, systemClock } from "@gopool/runtime";
import { freePort, tempDir } from "@gopool/testing";
import { ownPool, RunningTask, runTask } from "@gopool/poold/child_fixture";

/** Addresses of two networks that nobody has the key of. */
const REGTEST = "bcrt1qvahhqmm0dsnhxgrnd9kh2mrpw35k7m3q7k0yj4";
const MAIN = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

function node(port: number): Promise<SimulatedNode> {
  return startSimulatedNode({
    memory: true,
    port,
    user: "alice",
    password: "s3cret",
    // No block is found while these tests look.
    difficulty: { fixedBits: 0x1d00ffff },
    transactionsPerBlock: 3,
    clock: systemClock,
    random: seededRandom(1),
  });
}

const noStack = (text: string) => assert(!/\n\s+at /.test(text), text);

Deno.test("mistakes in the settings end it with code 2, all at once, before anything is made", async () => {
  await using folder = await tempDir();
  const dataDir = folder.join("data");
  const { code, stderr, stdout } = await runTask("start", ["--stratum-vardiff=maybe"], {
    ...ownPool(dataDir),
    GOPOOL_NODE_URL: "http://alice:s3cret@127.0.0.1:1",
    GOPOOL_NODE_ZMQQ: "tcp://127.0.0.1:2",
  });
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^Cannot start poold:\n/);
  for (
    const words of [
      "--stratum-vardiff=",
      "GOPOOL_NODE_ZMQQ: no such setting; did you mean GOPOOL_NODE_ZMQ?",
      "GOPOOL_POOL_ADDRESS is required with GOPOOL_NODE_URL",
    ]
  ) assertStringIncludes(stderr, words);
  assert(!stderr.includes("s3cret"));
  await Deno.stat(dataDir).then(() => assert(false, "a folder was made"), () => {});
});

Deno.test("the help is printed with code 0", async () => {
  const { code, stdout } = await runTask("start", ["--help"], {});
  assertEquals(code, 0);
  assertStringIncludes(stdout, "--stratum-listen HOST:PORT");
  assertStringIncludes(stdout, "GOPOOL_STRATUM_LISTEN");
});

Deno.test("ports that are taken and a folder that is held: each is told as a sentence, with code 1", async () => {
  await using folder = await tempDir();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const other = String(taken.addr.port);

  const simulated = await runTask("start", [], {
    ...ownPool(folder.join("a")),
    GOPOOL_SIMULATED_NODE_PORT: other,
  });
  assertEquals(simulated.code, 1);
  assertStringIncludes(simulated.stdout, `Port ${other} on 127.0.0.1 is taken`);
  assertStringIncludes(simulated.stdout, "GOPOOL_SIMULATED_NODE_PORT");
  noStack(simulated.stdout);

  const env = ownPool(folder.join("b"));
  const stratum = await runTask("start", [], {
    ...env,
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${other}`,
  });
  assertEquals(stratum.code, 1);
  assertStringIncludes(
    stratum.stdout,
    `Cannot listen for miners at 127.0.0.1:${other}: another program listens there already`,
  );
  noStack(stratum.stdout);

  await using first = new RunningTask("start", { ...env, GOPOOL_DEMO_MINER: "off" });
  await first.says("Point a miner at");
  const second = await runTask("start", [], { ...env, ...ownPool(folder.join("b")) });
  assertEquals(second.code, 1);
  assertStringIncludes(second.stdout, "Another instance is running on the data folder");
  noStack(second.stdout);
});

Deno.test("a node that is away, refuses the login, starts and syncs is waited for, and each is said", async () => {
  await using folder = await tempDir();
  const port = freePort();
  const cookie = folder.join(".cookie");
  await Deno.writeTextFile(cookie, "__cookie__:of an earlier start");
  await using pool = new RunningTask("start", {
    ...ownPool(folder.join("data")),
    GOPOOL_NODE_URL: `http://127.0.0.1:${port}`,
    GOPOOL_NODE_COOKIE: cookie,
    GOPOOL_POOL_ADDRESS: REGTEST,
  });
  await pool.says(
    `No node answers yet, waiting: Cannot reach 127.0.0.1:${port}: connection refused`,
  );

  {
    await using core = await node(port);
    await pool.says("refuses the login (HTTP 401): user and password, or the cookie file");
    core.warmingUp(true);
    await Deno.writeTextFile(cookie, "alice:s3cret");
    await pool.says(`127.0.0.1:${port} is starting`);
    core.syncing(true);
    core.warmingUp(false);
    await pool.says("is still catching up with the network");
    assert(!pool.written.includes("Point a miner at"), "there is no work yet");
    core.syncing(false);
    await pool.says("Point a miner at");
  }
  // Away later: it is said, and it is no reason to end.
  await pool.says(new RegExp(`node 127.0.0.1:${port}: Cannot reach`));
  await using _ = await node(port);
  await pool.says(`node 127.0.0.1:${port}: well again`);
  pool.signal("SIGTERM");
  assertEquals(await pool.ended(), 0);
  noStack(pool.written);
  assert(!pool.written.includes("s3cret"));
});

Deno.test("Ctrl-C while a node is waited for ends with code 0", async () => {
  await using folder = await tempDir();
  await using pool = new RunningTask("start", {
    ...ownPool(folder.join("data")),
    GOPOOL_NODE_URL: `http://u:p@127.0.0.1:${freePort()}`,
    GOPOOL_POOL_ADDRESS: REGTEST,
  });
  await pool.says("No node answers yet");
  pool.signal("SIGINT");
  assertEquals(await pool.ended(), 0);
  noStack(pool.written);
});

Deno.test("an address of another network than the node's is refused with code 2", async () => {
  await using folder = await tempDir();
  await using core = await node(0);
  const { code, stdout, stderr } = await runTask("start", [], {
    ...ownPool(folder.join("data")),
    GOPOOL_NODE_URL: core.url,
    GOPOOL_POOL_ADDRESS: MAIN,
  });
  assertEquals(code, 2);
  assertStringIncludes(stderr, `GOPOOL_POOL_ADDRESS=${MAIN}`);
  assertStringIncludes(stderr, "regtest");
  noStack(stdout + stderr);
});
