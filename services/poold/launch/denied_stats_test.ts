/**
 * What statsd and apiserver may touch, tried as in denied_test.ts.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { freePort, tempDir } from "@gopool/testing";
import { installed } from "@gopool/ledger/programs";
import { neighbour, NEVER, tried } from "./probing_fixture.ts";

Deno.test("statsd reaches log, state and series, and writes no file", async () => {
  await using folder = await tempDir();
  using kafka = neighbour();
  using redis = neighbour();
  using influx = neighbour();
  const health = freePort();
  const env = {
    GOPOOL_BUS_URL: `kafka://${kafka.place}`,
    GOPOOL_STATE_URL: `redis://user:word@${redis.place}`,
    GOPOOL_SERIES_URL: `influx://${influx.place}/gopool`,
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${health}`,
  };
  const expected = {
    ...NEVER,
    [`connect ${kafka.place}`]: "done",
    [`connect ${redis.place}`]: "done",
    [`connect ${influx.place}`]: "done",
    [`listen 127.0.0.1:${health}`]: "done",
    [`write ${folder.path}/series.db`]: "NotCapable",
    "variable GOPOOL_SERIES_URL": "done",
    "variable GOPOOL_LEDGER_URL": "unseen",
  };
  assertEquals(await tried("statsd", env, Object.keys(expected)), expected);
});

Deno.test("statsd on a file writes that file and what SQLite keeps beside it", async () => {
  await using folder = await tempDir();
  using kafka = neighbour();
  const file = folder.join("series.db");
  const env = {
    GOPOOL_BUS_URL: `kafka://${kafka.place}`,
    GOPOOL_SERIES_URL: `sqlite:${file}`,
  };
  const expected = {
    ...NEVER,
    [`write ${file}`]: "done",
    [`write ${file}-wal`]: "done",
    [`write ${file}x`]: "NotCapable",
  };
  assertEquals(await tried("statsd", env, Object.keys(expected)), expected);
});

Deno.test("apiserver listens for the public, reaches stores and payoutd, reads its page and writes nothing", async () => {
  await using folder = await tempDir();
  using kafka = neighbour();
  using redis = neighbour();
  using influx = neighbour();
  using ledger = neighbour();
  using payoutd = neighbour();
  const [api, health] = [freePort(), freePort()];
  const page = folder.join("page");
  await Deno.mkdir(page);
  await Deno.writeTextFile(`${page}/manifest.json`, "{}");
  const env = {
    GOPOOL_BUS_URL: `kafka://${kafka.place}`,
    GOPOOL_STATE_URL: `redis://user:word@${redis.place}`,
    GOPOOL_SERIES_URL: `influx://${influx.place}/gopool`,
    GOPOOL_LEDGER_URL: `postgres://u:p@${ledger.place}/books`,
    GOPOOL_API_LISTEN: `127.0.0.1:${api}`,
    GOPOOL_API_PAYOUTD: `http://${payoutd.place}`,
    GOPOOL_API_PAYOUTD_TOKEN: "a-token-of-the-tests",
    GOPOOL_API_PAGE: page,
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${health}`,
  };
  const expected = {
    ...NEVER,
    [`connect ${kafka.place}`]: "done",
    [`connect ${redis.place}`]: "done",
    [`connect ${influx.place}`]: "done",
    [`connect ${ledger.place}`]: "done",
    [`connect ${payoutd.place}`]: "done",
    [`listen 127.0.0.1:${api}`]: "done",
    [`listen 0.0.0.0:${api}`]: "NotCapable",
    [`listen 127.0.0.1:${health}`]: "done",
    [`read ${page}/manifest.json`]: "done",
    [`write ${page}/manifest.json`]: "NotCapable",
    [`read ${folder.path}`]: "NotCapable",
    [`run ${installed()!.folder}/bin/postgres`]: "NotCapable",
    "variable GOPOOL_LEDGER_URL": "done",
    "variable GOPOOL_PAYOUTD_KEY_FILE": "unseen",
  };
  assertEquals(await tried("apiserver", env, Object.keys(expected)), expected);
});
