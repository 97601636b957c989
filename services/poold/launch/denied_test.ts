/**
 * Each program's flags, tried: a probe is run in its place and attempts what the program must be able to do, and
 * what it must not.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { installed } from "@gopool/ledger/programs";
import { freePort, tempDir } from "@gopool/testing";
import { runArgumentsOf } from "./mod.ts";
import { fromRoot } from "./needs.ts";
import { neighbour, NEVER, tried } from "./probing_fixture.ts";
import { PROGRAMS } from "./programs.ts";

Deno.test("a gateway reaches bus and state, listens where it is told, writes in its folder, and no more", async () => {
  await using folder = await tempDir();
  using kafka = neighbour();
  using redis = neighbour();
  const [stratum, health] = [freePort(), freePort()];
  const env = {
    GOPOOL_STRATUMD_NAME: "one",
    GOPOOL_BUS_URL: `kafka://${kafka.place}`,
    GOPOOL_STATE_URL: `redis://user:word@${redis.place}`,
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${stratum}`,
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${health}`,
    GOPOOL_DATA_DIR: folder.path,
  };
  const expected = {
    ...NEVER,
    [`connect ${kafka.place}`]: "done",
    [`connect ${redis.place}`]: "done",
    [`listen 127.0.0.1:${stratum}`]: "done",
    [`listen 127.0.0.1:${health}`]: "done",
    [`listen 0.0.0.0:${stratum}`]: "NotCapable",
    [`write ${folder.path}/x`]: "done",
    [`write ${folder.path}-beside`]: "NotCapable",
    "variable GOPOOL_STATE_URL": "done",
    "variable GOPOOL_NODE_URL": "unseen",
  };
  const outcome = await tried("stratumd", { ...env, GOPOOL_NODE_URL: "x" }, Object.keys(expected));
  assertEquals(outcome, expected);
});

Deno.test("a job manager reaches bus, state and node and reads the cookie; code of the machine only with ZMQ", async () => {
  await using folder = await tempDir();
  using kafka = neighbour();
  using node = neighbour();
  const cookie = folder.join("cookie");
  await Deno.writeTextFile(cookie, "a:b");
  const env = {
    GOPOOL_BUS_URL: `kafka://${kafka.place}`,
    GOPOOL_NODE_URL: `http://${node.place}`,
    GOPOOL_NODE_COOKIE: cookie,
    GOPOOL_POOL_ADDRESS: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    GOPOOL_HEALTH_LISTEN: "127.0.0.1:0",
  };
  const expected = {
    ...NEVER,
    // Port 0 is any that is free: then all of the address.
    "connect 127.0.0.1:1": "ConnectionRefused",
    [`connect ${kafka.place}`]: "done",
    [`connect ${node.place}`]: "done",
    [`read ${cookie}`]: "done",
    [`write ${cookie}`]: "NotCapable",
    "variable GOPOOL_POOL_ADDRESS": "done",
    "variable GOPOOL_STRATUM_LISTEN": "unseen",
  };
  assertEquals(await tried("jobmanager", env, Object.keys(expected)), expected);

  const zmq: Record<string, string> = { ...env, GOPOOL_NODE_ZMQ: "tcp://127.0.0.1:28332" };
  const [addon] = runArgumentsOf("jobmanager", { args: [], env: (name) => zmq[name] })
    .flatMap((flag) => /^--allow-ffi=(.+)$/.exec(flag)?.[1] ?? []);
  const attempts = {
    "ffi /lib/x86_64-linux-gnu/libc.so.6": "NotCapable",
    [`ffi ${addon}`]: "Error",
  };
  assertEquals(await tried("jobmanager", zmq, Object.keys(attempts)), attempts);
});

for (const name of ["shareproc", "blocksubmit"]) {
  Deno.test(`${name} touches no file, and reaches nothing but what its settings name`, async () => {
    using kafka = neighbour();
    using node = neighbour();
    const health = freePort();
    const env = {
      GOPOOL_BUS_URL: `kafka://${kafka.place}`,
      GOPOOL_NODE_URL: `http://u:p@${node.place}`,
      GOPOOL_HEALTH_LISTEN: `127.0.0.1:${health}`,
    };
    const expected = {
      ...NEVER,
      [`connect ${kafka.place}`]: "done",
      [`connect ${node.place}`]: name === "blocksubmit" ? "done" : "NotCapable",
      [`listen 127.0.0.1:${health}`]: "done",
      "read .": "NotCapable",
      "write ./x": "NotCapable",
      "variable GOPOOL_BUS_URL": "done",
      "variable GOPOOL_STATE_URL": "unseen",
    };
    assertEquals(await tried(name, env, Object.keys(expected)), expected);
  });
}

Deno.test("payoutd reaches log, ledger and node, reads its key, and writes only where payouts wait for a signature", async () => {
  await using folder = await tempDir();
  using kafka = neighbour();
  using ledger = neighbour();
  using node = neighbour();
  const health = freePort();
  const key = folder.join("key");
  await Deno.writeTextFile(key, "wpkh(secret)");
  await Deno.mkdir(folder.join("psbt"));
  const env = {
    GOPOOL_BUS_URL: `kafka://${kafka.place}`,
    GOPOOL_LEDGER_URL: `postgres://u:p@${ledger.place}/books`,
    GOPOOL_NODE_URL: `http://u:p@${node.place}`,
    GOPOOL_POOL_ADDRESS: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    GOPOOL_PAYOUTD_SIGNER: "key-file",
    GOPOOL_PAYOUTD_KEY_FILE: key,
    GOPOOL_PAYOUTD_PSBT_FOLDER: folder.join("psbt"),
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${health}`,
  };
  const expected = {
    ...NEVER,
    [`connect ${kafka.place}`]: "done",
    [`connect ${ledger.place}`]: "done",
    [`connect ${node.place}`]: "done",
    [`listen 127.0.0.1:${health}`]: "done",
    [`read ${key}`]: "done",
    [`write ${key}`]: "NotCapable",
    [`write ${folder.join("psbt", "1.psbt")}`]: "done",
    [`write ${folder.path}/x`]: "NotCapable",
    [`run ${installed()!.folder}/bin/postgres`]: "NotCapable",
    "variable GOPOOL_LEDGER_URL": "done",
    "variable GOPOOL_STATE_URL": "unseen",
  };
  assertEquals(await tried("payoutd", env, Object.keys(expected)), expected);
});

Deno.test("apiserver reaches log, state, statistics and ledger, reads its page, and writes and signs nothing", async () => {
  await using folder = await tempDir();
  using kafka = neighbour();
  using redis = neighbour();
  using influx = neighbour();
  using ledger = neighbour();
  using payoutd = neighbour();
  const [listen, health] = [freePort(), freePort()];
  const page = folder.join("page");
  await Deno.mkdir(page);
  await Deno.writeTextFile(`${page}/page.json`, "{}");
  const env = {
    GOPOOL_BUS_URL: `kafka://${kafka.place}`,
    GOPOOL_STATE_URL: `redis://${redis.place}`,
    GOPOOL_SERIES_URL: `influx://${influx.place}/gopool`,
    GOPOOL_SERIES_TOKEN: "a-token-of-the-series",
    GOPOOL_LEDGER_URL: `postgres://reader:p@${ledger.place}/books`,
    GOPOOL_API_LISTEN: `127.0.0.1:${listen}`,
    GOPOOL_API_PAGE: page,
    GOPOOL_API_PAYOUTD: `http://${payoutd.place}`,
    GOPOOL_API_PAYOUTD_TOKEN: "a-token-for-settings",
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${health}`,
  };
  const expected = {
    ...NEVER,
    [`connect ${kafka.place}`]: "done",
    [`connect ${redis.place}`]: "done",
    [`connect ${influx.place}`]: "done",
    [`connect ${ledger.place}`]: "done",
    [`connect ${payoutd.place}`]: "done",
    [`listen 127.0.0.1:${listen}`]: "done",
    [`listen 127.0.0.1:${health}`]: "done",
    [`listen 0.0.0.0:${listen}`]: "NotCapable",
    [`read ${page}/page.json`]: "done",
    [`write ${page}/x`]: "NotCapable",
    [`read ${folder.path}`]: "NotCapable",
    "variable GOPOOL_LEDGER_URL": "done",
    "variable GOPOOL_NODE_URL": "unseen",
  };
  assertEquals(await tried("apiserver", env, Object.keys(expected)), expected);
});

Deno.test("the whole pool listens for miners, reaches its own node, and writes in its folder", async () => {
  await using folder = await tempDir();
  const dataDir = folder.join("data");
  await Deno.mkdir(dataDir);
  const [stratum, node, ledger, api] = [freePort(), freePort(), freePort(), freePort()];
  const programs = `${installed()!.folder}/bin`;
  const env = {
    GOPOOL_DATA_DIR: dataDir,
    GOPOOL_LEDGER_PORT: String(ledger),
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${stratum}`,
    GOPOOL_SIMULATED_NODE_PORT: String(node),
    GOPOOL_API_LISTEN: `127.0.0.1:${api}`,
  };
  const expected = {
    ...NEVER,
    [`listen 127.0.0.1:${stratum}`]: "done",
    [`listen 127.0.0.1:${node}`]: "done",
    [`listen 127.0.0.1:${api}`]: "done",
    [`listen 0.0.0.0:${stratum}`]: "NotCapable",
    [`write ${dataDir}/x`]: "done",
    [`write ${dataDir}-beside`]: "NotCapable",
    "variable GOPOOL_DATA_DIR": "done",
    // Programs of the embedded ledger, and these alone; what it runs it may not change.
    [`run ${programs}/postgres`]: "done",
    "run /bin/sh": "NotCapable",
    [`write ${programs}/x`]: "NotCapable",
    [`connect 127.0.0.1:${ledger}`]: "ConnectionRefused",
  };
  assertEquals(await tried("poold", env, Object.keys(expected)), expected);
});

Deno.test("the topics tool reaches the bus, and no files where the bus is Kafka", async () => {
  await using folder = await tempDir();
  using kafka = neighbour();
  const env = { GOPOOL_BUS_URL: `kafka://${kafka.place}`, GOPOOL_DATA_DIR: folder.path };
  const expected = {
    ...NEVER,
    [`connect ${kafka.place}`]: "done",
    [`write ${folder.path}/x`]: "NotCapable",
  };
  assertEquals(await tried("topics", env, Object.keys(expected)), expected);
});

Deno.test("the migrations' tool reaches the ledger, reads its files, and runs and writes nothing", async () => {
  await using folder = await tempDir();
  using ledger = neighbour();
  const env = {
    GOPOOL_LEDGER_URL: `postgres://u:p@${ledger.place}/books`,
    GOPOOL_DATA_DIR: folder.path,
  };
  const expected = {
    ...NEVER,
    [`connect ${ledger.place}`]: "done",
    [`read ${fromRoot("services/shared/ledger/migrations/0001_books.sql")}`]: "done",
    [`write ${fromRoot("services/shared/ledger/migrations/x")}`]: "NotCapable",
    [`write ${folder.path}/x`]: "NotCapable",
    [`run ${installed()!.folder}/bin/postgres`]: "NotCapable",
  };
  assertEquals(await tried("migrate", env, Object.keys(expected)), expected);
});

/** Programs with a control address. */
const PROFILED = new Set([
  "stratumd",
  "jobmanager",
  "shareproc",
  "blocksubmit",
  "payoutd",
  "statsd",
  "apiserver",
  "poold",
]);

Deno.test("every program has a permission set, which allows nothing by itself", async () => {
  for (const { name, main, schema } of PROGRAMS) {
    const [folder] = /^.*\/services\/[a-z]+/.exec(main)!;
    const { permissions } = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
    // The sampler of the engine, for profiles: told by the launcher's table, allowed here.
    const sys = PROFILED.has(name) ? ["inspector"] : false;
    const never = { env: { ignore: true }, run: false, sys, ffi: false, import: false };
    assertEquals(permissions[name], never, name);
    assertEquals("controlListen" in schema, PROFILED.has(name), name);
  }
});
