import http2 from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { BlockService, ControlService, LedgerService } from "@gopool/proto/control";
import { FatalError } from "@gopool/runtime";
import { captureLog, FakeClock, waitFor } from "@gopool/testing";
import { controlClient } from "./client.ts";
import { note } from "./note.ts";
import { rawClient } from "./raw_fixture.ts";
import { CHIEF, serveStubs, stubOf } from "./stub_fixture.ts";

const STATUS = ControlService.method.status;

async function failed(call: Promise<unknown>): Promise<ConnectError> {
  return await assertRejects(() => call, ConnectError);
}

Deno.test("a service that is not provided yet says that it starts, and answers once it is", async () => {
  await using stubs = await serveStubs({ provided: [LedgerService] });
  using client = controlClient(stubs.url, CHIEF.token);
  const error = await failed(client(ControlService).status({}));
  assertEquals(error.code, Code.Unavailable);
  assertStringIncludes(error.rawMessage, "the service is starting");
  const stream = client(ControlService).watchEvents({})[Symbol.asyncIterator]();
  assertEquals((await failed(stream.next())).code, Code.Unavailable);
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    status: () => ({ name: "a" }),
  });
  assertEquals((await client(ControlService).status({})).name, "a");
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    status: () => ({ name: "b" }),
  });
  assertEquals((await client(ControlService).status({})).name, "b");
});

Deno.test("a service that was not named when the server was made cannot be provided", async () => {
  await using stubs = await serveStubs({ serves: [ControlService] });
  assertThrows(
    () => stubs.server.provide(BlockService, stubOf(BlockService)),
    TypeError,
    "gopool.control.v1.BlockService",
  );
});

Deno.test("what fails inside is in the log, and the caller learns where to look", async () => {
  const { log, lines } = captureLog();
  await using stubs = await serveStubs({ log });
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    status: () => Promise.reject(new Error("password=hunter2")),
    async *watchEvents() {
      yield await Promise.resolve({});
      throw new Error("password=hunter2");
    },
  });
  using client = controlClient(stubs.url, CHIEF.token);
  const unary = await failed(client(ControlService).status({}));
  const stream = client(ControlService).watchEvents({})[Symbol.asyncIterator]();
  await stream.next();
  for (const error of [unary, await failed(stream.next())]) {
    assertEquals(error.code, Code.Internal);
    assertStringIncludes(error.rawMessage, "its log tells why");
    assert(!error.rawMessage.includes("hunter2"));
  }
  const said = lines.filter(({ level }) => level === "error");
  assertEquals(
    said.map(({ facts }) => String(facts["error"])),
    Array(2).fill("Error: password=hunter2"),
  );
});

Deno.test("a changing call is recorded with who, what, before and after, and with its error", async () => {
  await using stubs = await serveStubs();
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    drain({ service }, context) {
      note(context, { before: "working", after: "drained" });
      if (service === "broken") throw new ConnectError("cannot", Code.FailedPrecondition);
      return {};
    },
  });
  using client = controlClient(stubs.url, CHIEF.token);
  await client(ControlService).drain({ service: "stratumd" });
  await failed(client(ControlService).drain({ service: "broken" }));
  await client(ControlService).status({});
  const call = {
    method: "gopool.control.v1.ControlService/Drain",
    caller: "chief",
    before: "working",
    after: "drained",
  };
  assertEquals(stubs.records, [
    { ...call, request: `{"service":"stratumd"}`, error: "" },
    { ...call, request: `{"service":"broken"}`, error: "[failed_precondition] cannot" },
  ]);
});

for (const protocol of ["grpc", "grpc-web", "connect"] as const) {
  Deno.test(`a deadline ends a call whose implementation does not look, over ${protocol}`, async () => {
    await using stubs = await serveStubs();
    stubs.server.provide(ControlService, {
      ...stubOf(ControlService),
      status: () => new Promise(() => {}),
    });
    using client = controlClient(stubs.url, CHIEF.token, { protocol });
    const error = await failed(client(ControlService).status({}, { timeoutMs: 50 }));
    assertEquals(error.code, Code.DeadlineExceeded);
  });
}

Deno.test("a change that nobody waits for any more is finished, and recorded as it came to", async () => {
  const begun = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  await using stubs = await serveStubs();
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    async drain(_, context) {
      begun.resolve();
      await enough.promise;
      note(context, { before: "working", after: "drained" });
      return {};
    },
  });
  using client = controlClient(stubs.url, CHIEF.token);
  const stop = new AbortController();
  const call = failed(client(ControlService).drain({}, { signal: stop.signal }));
  await begun.promise;
  stop.abort();
  assertEquals((await call).code, Code.Canceled);
  assertEquals(stubs.records, []);
  enough.resolve();
  await waitFor(() => stubs.records.length === 1, "the record");
  assertEquals([stubs.records[0]?.after, stubs.records[0]?.error], ["drained", ""]);
});

Deno.test("a call without a deadline gets one, and one that asks for too long is told so", async () => {
  const clock = new FakeClock();
  const begun = Promise.withResolvers<void>();
  await using stubs = await serveStubs({ clock });
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    status() {
      begun.resolve();
      return new Promise(() => {});
    },
  });
  using client = controlClient(stubs.url, CHIEF.token);
  const call = failed(client(ControlService).status({}));
  await begun.promise;
  await clock.advance(60_000);
  assertEquals((await call).code, Code.DeadlineExceeded);
  const long = await failed(client(ControlService).status({}, { timeoutMs: 4_000_000 }));
  assertEquals(long.code, Code.InvalidArgument);
});

Deno.test("an implementation is told that its caller has gone", async () => {
  const gone = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await using stubs = await serveStubs();
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    status(_, { signal }) {
      begun.resolve();
      signal.addEventListener("abort", () => gone.resolve());
      return gone.promise.then(() => ({}));
    },
  });
  using client = controlClient(stubs.url, CHIEF.token);
  const stop = new AbortController();
  const call = failed(client(ControlService).status({}, { signal: stop.signal }));
  await begun.promise;
  stop.abort();
  assertEquals((await call).code, Code.Canceled);
  await gone.promise;
});

Deno.test("an answer that is too large is refused, and the server goes on", async () => {
  const { log } = captureLog();
  await using stubs = await serveStubs({ log });
  let name = "x".repeat(17 * 1_048_576);
  stubs.server.provide(ControlService, { ...stubOf(ControlService), status: () => ({ name }) });
  using client = controlClient(stubs.url, CHIEF.token);
  assertEquals((await failed(client(ControlService).status({}))).code, Code.ResourceExhausted);
  name = "small";
  assertEquals((await client(ControlService).status({})).name, "small");
});

Deno.test("requests that name no authority, an odd one or no method end in an answer, not the process", async () => {
  await using stubs = await serveStubs();
  const statuses: number[] = [];
  for (const authority of ["a:99999", "[", "", "a b"]) {
    statuses.push(await statusWith(stubs.url, authority));
  }
  // Refused by us, or by HTTP/2 already (0), which ends that connection.
  assertEquals(statuses.filter((status) => status !== 400 && status !== 0), []);
  assert(statuses.includes(400), String(statuses));
  using raw = rawClient(stubs.url);
  const other = { ...STATUS, name: "NoSuch" } as typeof STATUS;
  assertEquals((await raw.post(other, { json: "{}" })).status, 404);
  const answer = await raw.post(STATUS, { token: CHIEF.token, json: "{}" });
  assertEquals([answer.status, answer.text], [200, "{}"]);
});

Deno.test("a port that is taken is told in a sentence", async () => {
  await using stubs = await serveStubs();
  const listen = { host: "127.0.0.1", port: stubs.server.port };
  const error = await assertRejects(() => serveStubs({ listen }), FatalError);
  assertStringIncludes(error.message, "the port is taken");
  assertStringIncludes(error.message, "GOPOOL_CONTROL_LISTEN");
});

/** What a request with this authority is answered; 0 where the connection is ended. */
async function statusWith(url: string, authority: string): Promise<number> {
  const session = http2.connect(url);
  let status = 0;
  const closed = new Promise<void>((resolve) => session.on("close", () => resolve()));
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":authority": authority,
    ":path": "/gopool.control.v1.ControlService/Status",
    "content-type": "application/json",
  });
  stream.on("error", () => {});
  stream.on("response", (headers) => status = headers[":status"] ?? 0);
  stream.on("close", () => session.destroy());
  stream.resume();
  stream.end("{}");
  await closed;
  return status;
}
