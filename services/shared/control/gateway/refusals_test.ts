import { Code, ConnectError } from "@connectrpc/connect";
import { assert, assertEquals } from "@std/assert";
import { BlockService, MinerService, PoolService } from "@gopool/proto/api";
import { silent, systemClock } from "@gopool/runtime";
import { captureLog, FakeClock, settle } from "@gopool/testing";
import fc from "@gopool/testing/fc";
import { createGateway, serving } from "./gateway.ts";
import { BODY_MS, READ_MAX_BYTES, URL_MAX_CHARS } from "./limits.ts";
import { servingRandom } from "./random_fixture.ts";
import { serveGateway } from "./served_fixture.ts";

const gateway = createGateway({
  services: [PoolService, BlockService, MinerService].map(servingRandom),
  clock: systemClock,
  log: silent,
});

async function ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(`http://pool${path}`, { method, ...init });
  const response = await gateway.fetch(request, { address: "192.0.2.1" });
  assert(response !== null, path);
  return response;
}

/** Status, code and sentence of an error. */
async function refused(...asked: Parameters<typeof ask>): Promise<[number, string, string]> {
  const response = await ask(...asked);
  assertEquals(response.headers.get("content-type"), "application/json");
  const { code, message } = await response.json();
  return [response.status, code, message];
}

const JSON_TYPE = { "content-type": "application/json" };
const SETTINGS = "/api/v1/miners/x/settings";

Deno.test("a path that is nobody's is left to others, one below ours is not found", async () => {
  for (const path of ["/", "/docs", "/api", "/api/pool", "/api/v2/pool", "/metrics"]) {
    const response = await gateway.fetch(new Request(`http://pool${path}`), { address: "" });
    assertEquals([path, response], [path, null]);
  }
  for (const path of ["/api/v1", "/api/v1/", "/api/v1/x", "/api/v1/pool/", "/api/v1//pool"]) {
    const [status, code, message] = await refused("GET", path);
    assertEquals([path, status, code], [path, 404, "not_found"]);
    assert(message.includes("/api/openapi.json"));
  }
  const [status] = await refused("POST", "/gopool.api.v1.PoolService/NoSuch");
  assertEquals(status, 404);
});

Deno.test("a method that is not answered is told those that are", async () => {
  for (const method of ["DELETE", "PUT", "POST"]) {
    const response = await ask(method, "/api/v1/pool");
    assertEquals([response.status, response.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
    assertEquals((await response.json()).code, "unimplemented");
  }
  const options = await ask("OPTIONS", SETTINGS);
  assertEquals([options.status, options.headers.get("allow")], [204, "GET, HEAD, OPTIONS, POST"]);
  const rpc = await ask("GET", "/gopool.api.v1.PoolService/GetPool");
  assertEquals([rpc.status, rpc.headers.get("allow")], [405, "POST"]);
});

Deno.test("HEAD is GET without the body", async () => {
  for (const [path, status] of [["/api/v1/pool", 200], ["/api/v1/blocks/xyz", 400]] as const) {
    const head = await ask("HEAD", path);
    assertEquals([head.status, await head.text()], [status, ""]);
    assertEquals(head.headers.get("content-type"), "application/json");
  }
  const stream = await ask("HEAD", "/api/v1/pool/live");
  assertEquals([stream.headers.get("content-type"), stream.body], ["text/event-stream", null]);
});

Deno.test("a body of another type, too large, or no text is refused for that", async () => {
  const outcomes = [
    await refused("POST", SETTINGS, { body: "a=b" }),
    await refused("POST", SETTINGS, { headers: { "content-type": "text/json" }, body: "{}" }),
    await refused("POST", SETTINGS, { headers: JSON_TYPE, body: " ".repeat(READ_MAX_BYTES + 1) }),
    await refused("POST", SETTINGS, { headers: JSON_TYPE, body: new Uint8Array([0xff]) }),
    await refused("POST", SETTINGS, { headers: JSON_TYPE, body: "" }),
  ];
  assertEquals(outcomes.map(([status, code]) => [status, code]), [
    [415, "invalid_argument"],
    [415, "invalid_argument"],
    [413, "resource_exhausted"],
    [400, "invalid_argument"],
    [400, "invalid_argument"],
  ]);
});

Deno.test("by Connect, a body that is no message is the caller's mistake, in either form", async () => {
  const path = "/gopool.api.v1.PoolService/GetPoolChart";
  const send = (type: string, body: BodyInit) =>
    refused("POST", path, { headers: { "content-type": type }, body });
  // A tag that does not end; a length beyond the end; a wire type that there is not.
  for (const bytes of [[0xff], [0x0a, 0x05, 0x01], [0x0f]]) {
    assertEquals(await send("application/proto", new Uint8Array(bytes)), [
      400,
      "invalid_argument",
      "the body is no GetPoolChartRequest in protobuf's binary form",
    ]);
  }
  const [status, code] = await send("application/json", "{");
  assertEquals([status, code], [400, "invalid_argument"]);
  // A fault of ours stays one.
  const failing = serving(PoolService, {
    getPoolChart: () => {
      throw new TypeError("broken");
    },
  });
  await using served = serveGateway({ services: [failing] });
  const headers = { "content-type": "application/proto" };
  const fault = await fetch(`${served.url}${path}`, {
    method: "POST",
    headers,
    body: new Uint8Array([0x08, 0x01]),
  });
  assertEquals([fault.status, (await fault.json()).code], [500, "internal"]);
});

Deno.test("a body whose length is not told is cut at the bound", async () => {
  let given = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      given += 16_384;
      controller.enqueue(new Uint8Array(16_384).fill(32));
    },
  });
  const [status] = await refused("POST", SETTINGS, { headers: JSON_TYPE, body });
  assertEquals(status, 413);
  assert(given <= READ_MAX_BYTES + 4 * 16_384, String(given));
});

Deno.test("a URL that is too long is refused for that", async () => {
  const [status] = await refused("GET", `/api/v1/blocks?pageToken=${"x".repeat(URL_MAX_CHARS)}`);
  assertEquals(status, 414);
});

Deno.test("a rule that is broken is named with the field as JSON calls it", async () => {
  const response = await ask("GET", "/api/v1/blocks?pageSize=101");
  assertEquals(await response.json(), {
    code: "invalid_argument",
    message: "pageSize: must be less than or equal to 100",
    details: [{
      field: "pageSize",
      rule: "uint32.lte",
      message: "must be less than or equal to 100",
    }],
  });
});

Deno.test("an error's code is its status, and what it carries are headers", async () => {
  const CODES = [
    [Code.NotFound, 404],
    [Code.ResourceExhausted, 429],
    [Code.Unavailable, 503],
    [Code.DeadlineExceeded, 504],
    [Code.PermissionDenied, 403],
  ] as const;
  for (const [code, status] of CODES) {
    const failing = serving(PoolService, {
      getPool: () => {
        throw new ConnectError("not now", code, { "retry-after": "7" });
      },
    });
    await using served = serveGateway({ services: [failing] });
    const response = await fetch(`${served.url}/api/v1/pool`);
    assertEquals([response.status, response.headers.get("retry-after")], [status, "7"]);
    assertEquals((await response.json()).message, "not now");
  }
});

Deno.test("what has no implementation says so", async () => {
  await using served = serveGateway({ services: [serving(PoolService, {})] });
  const response = await fetch(`${served.url}/api/v1/pool`);
  assertEquals([response.status, (await response.json()).code], [501, "unimplemented"]);
});

Deno.test("whatever is asked is answered, and nothing of it is a fault of ours", async () => {
  const { log, lines } = captureLog();
  const stand = createGateway({
    services: [PoolService, BlockService, MinerService].map(servingRandom),
    clock: systemClock,
    log,
  });
  const methods = fc.constantFrom("GET", "POST", "HEAD", "PUT", "OPTIONS", "PURGE");
  const part = fc.oneof(
    fc.constantFrom("api", "v1", "miners", "blocks", "pool", "settings", "live", "%", "%2F", ".."),
    fc.constantFrom("gopool.api.v1.PoolService", "GetPool", "a".repeat(101), "\u0000", "é"),
    fc.string(),
  );
  const path = fc.array(part, { maxLength: 6 }).map((parts) => `/${parts.join("/")}`);
  const query = fc.webQueryParameters();
  const type = fc.constantFrom("application/json", "application/proto", "text/plain", "");
  const body = fc.oneof(fc.json(), fc.string());
  await fc.assert(
    fc.asyncProperty(methods, path, query, type, body, async (method, path, query, type, body) => {
      const url = `http://pool${path}?${query}`;
      if (!URL.canParse(url)) return;
      const request = new Request(url, {
        method,
        ...(["GET", "HEAD"].includes(method) ? {} : { body, headers: { "content-type": type } }),
      });
      const response = await stand.fetch(request, { address: "192.0.2.1" });
      await response?.text();
      assert(response === null || response.status < 500, `${method} ${url}: ${response?.status}`);
    }),
    { numRuns: 500 },
  );
  assertEquals(lines.filter(({ level }) => level === "error"), []);
});

Deno.test("a body that comes by drops holds nobody's place for long, by REST and by Connect", async () => {
  const clock = new FakeClock();
  const slow = createGateway({ services: [servingRandom(MinerService)], clock, log: silent });
  for (const path of [SETTINGS, "/gopool.api.v1.MinerService/ChangeMinerSettings"]) {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    });
    const request = new Request(`http://pool${path}`, { method: "POST", headers: JSON_TYPE, body });
    let isOver = false;
    const answered = slow.fetch(request, { address: "192.0.2.1" }).finally(() => isOver = true);
    await clock.advance(BODY_MS - 1);
    await settle();
    assertEquals(isOver, false, path);
    await clock.advance(1);
    const response = (await answered)!;
    assert([408, 504].includes(response.status), `${path} ${response.status}`);
    const { code, message } = await response.json();
    assertEquals([code, message], ["deadline_exceeded", "the body did not come within 10 s"]);
  }
});
