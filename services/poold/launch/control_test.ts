/**
 * The control address of a service as a process of its own, under its own permissions.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Code, ConnectError, controlClient } from "@gopool/control";
import { ControlService, LogLevel, Phase, Source } from "@gopool/proto/control";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { CONTROL_TOKEN, runTask } from "../child_fixture.ts";
import { PATIENCE, Running } from "./running_fixture.ts";

Deno.test("a service on a machine without settings makes its token, answers who shows it, drains, works again, and is profiled", async () => {
  await using folder = await tempDir();
  const port = freePort();
  const tokenFile = folder.join("token");
  await using shareproc = new Running("shareproc", {
    GOPOOL_BUS_URL: `sqlite:${folder.path}/bus.db`,
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${port}`,
    GOPOOL_CONTROL_TOKENS: "",
    GOPOOL_CONTROL_TOKEN_FILE: tokenFile,
    GOPOOL_INTERNAL_TOKEN: "a-secret-of-the-pool",
  });
  await shareproc.ready();
  const { mode } = await Deno.stat(tokenFile);
  assertEquals(mode! & 0o777, 0o600);
  const token = (await Deno.readTextFile(tokenFile)).trim();
  const url = `http://127.0.0.1:${port}`;
  using nobody = controlClient(url, "");
  const refusal = await assertRejects(() => nobody(ControlService).status({}), ConnectError);
  assertEquals(refusal.code, Code.Unauthenticated);
  using client = controlClient(url, token, { protocol: "connect" });
  const control = client(ControlService);

  const status = await control.status({});
  assertEquals([status.name, status.phase, status.ready], ["shareproc", Phase.WORKING, true]);
  assertEquals(status.services.map(({ name }) => name), ["shareproc"]);
  assertEquals(status.lags.map(({ topic, group, lag }) => [topic, group, lag]), [
    ["share.submissions", "shareproc", 0n],
  ]);
  const { settings } = await control.settings({});
  const setting = (name: string) => settings.find(({ variable }) => variable === name)!;
  assertEquals(setting("GOPOOL_CONTROL_LISTEN").source, Source.ENVIRONMENT);
  assertEquals(setting("GOPOOL_POOL").source, Source.DEFAULT);
  assertEquals(setting("GOPOOL_INTERNAL_TOKEN").value, "(secret)");
  assert(!JSON.stringify(settings.map(({ value }) => value)).includes("a-secret-of-the-pool"));

  const drained = await control.drain({ waitMs: 20_000 });
  assertEquals(drained.services[0]!.phase, Phase.DRAINED);
  await shareproc.saysWhyNot("The process is drained");
  assertEquals(await shareproc.lives(), true);
  const again = await control.undrain({});
  assertEquals(again.services[0]!.phase, Phase.WORKING);
  await shareproc.ready();

  await control.setLogLevel({ level: LogLevel.DEBUG, forMs: 200 });
  const level = async () => (await control.getLogLevel({})).level;
  await waitFor(async () => (await level()) === LogLevel.INFO, "the level's end", PATIENCE);
  let bytes = 0;
  for await (const { chunk } of control.profile({ forMs: 50 })) bytes += chunk.length;
  assert(bytes > 100, `a profile of ${bytes} bytes`);
  assertEquals(await shareproc.end(), 0);
  assert(!shareproc.written.includes(token));
});

Deno.test("a process that drains with a watcher on its events ends in time when it is told to", async () => {
  await using folder = await tempDir();
  const port = freePort();
  await using blocksubmit = new Running("blocksubmit", {
    GOPOOL_BUS_URL: `sqlite:${folder.path}/bus.db`,
    GOPOOL_NODE_URL: `http://u:p@127.0.0.1:${freePort()}`,
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${port}`,
  });
  await blocksubmit.saysWhyNot("nodes: ");
  using client = controlClient(`http://127.0.0.1:${port}`, CONTROL_TOKEN);
  const seen: string[] = [];
  const watching = (async () => {
    const stream = client(ControlService).watchEvents({ past: 100 }, { timeoutMs: 0 });
    for await (const { event } of stream) {
      if (event?.what.case === "phase") seen.push(Phase[event.what.value.phase]);
    }
  })().catch((error) => ConnectError.from(error).code);
  await waitFor(() => seen.includes("WORKING"), "the events", PATIENCE);
  await client(ControlService).drain({ service: "blocksubmit", waitMs: 20_000 });
  await waitFor(() => seen.includes("DRAINED"), "the drain", PATIENCE);
  assertEquals(await blocksubmit.end(), 0);
  await watching;
});

Deno.test("beyond loopback without tokens nothing starts, and a port that is taken is told with its setting", async () => {
  const open = await runTask("shareproc", [], {
    GOPOOL_BUS_URL: "memory:",
    GOPOOL_CONTROL_LISTEN: "0.0.0.0:8203",
    GOPOOL_CONTROL_TOKENS: "",
  });
  assertEquals(open.code, 2);
  assertStringIncludes(open.stderr, "it needs GOPOOL_CONTROL_TOKENS");
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const place = `127.0.0.1:${(taken.addr as Deno.NetAddr).port}`;
  const { code, stdout } = await runTask("shareproc", [], {
    GOPOOL_BUS_URL: "memory:",
    GOPOOL_CONTROL_LISTEN: place,
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_LOG_FORMAT: "text",
  });
  assertEquals(code, 1);
  assertStringIncludes(stdout, place);
  assertStringIncludes(stdout, "GOPOOL_CONTROL_LISTEN");
});
