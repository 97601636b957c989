/**
 * apiserver as a process of its own, under its own permissions, with its ledger away.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { controlClient } from "@gopool/control";
import { ControlService, Health, PublicApiService } from "@gopool/proto/control";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { CONTROL_TOKEN } from "../child_fixture.ts";
import { PATIENCE, Running } from "./running_fixture.ts";

Deno.test("apiserver serves what it can while its ledger is away, tells its operator, and drains with streams open", async () => {
  await using folder = await tempDir();
  const [api, control, nobody] = [freePort(), freePort(), freePort()];
  await using apiserver = new Running("apiserver", {
    GOPOOL_BUS_URL: `sqlite:${folder.path}/bus.db`,
    GOPOOL_STATE_URL: "memory:",
    GOPOOL_SERIES_URL: `sqlite:${folder.path}/series.sqlite`,
    GOPOOL_LEDGER_URL: `postgres://reader@127.0.0.1:${nobody}/books`,
    GOPOOL_API_LISTEN: `127.0.0.1:${api}`,
    GOPOOL_API_PAGE: folder.join("page"),
    GOPOOL_API_NETWORK: "regtest",
    GOPOOL_API_STRATUM_URLS: "stratum+tcp://pool.example:3333",
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${control}`,
  });
  await apiserver.ready();
  const url = `http://127.0.0.1:${api}`;
  const connection = await (await fetch(`${url}/api/v1/connection`)).json();
  assertEquals(connection.stratumUrls, ["stratum+tcp://pool.example:3333"]);
  const blocks = await fetch(`${url}/api/v1/blocks`);
  assertEquals([blocks.status, (await blocks.json()).code], [503, "unavailable"]);
  const pool = await (await fetch(`${url}/api/v1/pool`)).json();
  assert(pool.freshness.missing.some(({ part }: { part: string }) => part === "ledger"));

  using client = controlClient(`http://127.0.0.1:${control}`, CONTROL_TOKEN);
  const { listen, routes } = await client(PublicApiService).getPublicApi({});
  assertEquals(listen, `127.0.0.1:${api}`);
  assert(routes.some(({ route }) => route === "PoolService/GetPool"));
  const ledger = async () =>
    (await client(ControlService).status({})).parts.find(({ name }) => name === "apiserver/ledger");
  await waitFor(async () => (await ledger())?.health === Health.DEGRADED, "the word", PATIENCE);

  const stream = await fetch(`${url}/api/v1/pool/live`);
  const text = stream.text();
  assertEquals(await apiserver.end(), 0, apiserver.written);
  assertStringIncludes(await text, "the server ends");
});
