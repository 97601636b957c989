import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import http2 from "node:http2";
import { openState, type State, StateUnavailable } from "@gopool/state";
import { systemClock } from "@gopool/runtime";
import { samples, waitFor } from "@gopool/testing";
import { type ApiStand, apiStand, type ApiStandOptions } from "./apiserver_fixture.ts";
import { STREAMS_PER_CLIENT_MAX, URL_MAX_CHARS } from "./limits.ts";

function test(promise: string, options: ApiStandOptions, body: (stand: ApiStand) => Promise<void>) {
  Deno.test(promise, async () => {
    await using stand = await apiStand(options);
    await body(stand);
  });
}

/** Status and text of an answer that is read whole. */
async function got(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test("the pool is answered as JSON, with how long it may be kept", {}, async ({ url }) => {
  const { status, headers, text } = await got(`${url}/api/v1/connection`);
  assertEquals(status, 200);
  assertEquals(JSON.parse(text).stratumUrls, ["stratum+tcp://pool.example:3333"]);
  assertMatch(headers.get("cache-control")!, /^public, max-age=\d+, stale-while-revalidate=\d+$/);
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertEquals(headers.get("access-control-allow-origin"), "*");
  assertStringIncludes(headers.get("content-security-policy")!, "default-src 'none'");
  assertEquals([...headers.keys()].filter((name) => name.startsWith("gopool")), []);
});

test("an answer that somebody has is not sent again; HEAD has its headers", {}, async ({ url }) => {
  const first = await got(`${url}/api/v1/connection`);
  const etag = first.headers.get("etag")!;
  const again = await got(`${url}/api/v1/connection`, { headers: { "if-none-match": etag } });
  assertEquals([again.status, again.text], [304, ""]);
  const head = await got(`${url}/api/v1/connection`, { method: "HEAD" });
  assertEquals([head.status, head.text], [200, ""]);
  const packed = await got(`${url}/api/v1/connection`, { headers: { "accept-encoding": "gzip" } });
  assertEquals(packed.text, first.text);
});

test(
  "answers come from memory while they are fresh, until an operator flushes",
  {},
  async (stand) => {
    const { url, apiserver: { desk } } = stand;
    for (let i = 0; i < 5; i++) await got(`${url}/api/v1/connection`);
    assertEquals([desk.counts.kept.made, desk.counts.kept.ready], [1, 4]);
    assertEquals(await desk.flush(), { dropped: 1, everywhere: true });
    await got(`${url}/api/v1/connection`);
    assertEquals(desk.counts.kept.made, 2);
    const routes = desk.counts.routes.get("PoolService/GetConnection");
    assertEquals(routes, { "2xx": 6, "3xx": 0, "4xx": 0, "5xx": 0 });
  },
);

test("many who ask at once are answered by one computation", {}, async ({ url, apiserver }) => {
  const all = await Promise.all(Array.from({ length: 40 }, () => got(`${url}/api/v1/connection`)));
  assertEquals(new Set(all.map(({ text }) => text)).size, 1);
  assertEquals(apiserver.desk.counts.kept.made, 1);
});

test("what is away is missing in the answer, and asked for again soon", {}, async ({ url }) => {
  const { status, headers, text } = await got(`${url}/api/v1/pool`);
  assertEquals(status, 200);
  const { freshness } = JSON.parse(text);
  assertEquals(freshness.stale, true);
  assert(freshness.missing.some(({ part }: { part: string }) => part === "ledger"));
  assertMatch(headers.get("cache-control")!, /max-age=[01],/);
});

test(
  "errors are JSON with a sentence, the page is the page, and nothing else is here",
  {},
  async ({ url }) => {
    const wrong = await got(`${url}/api/v1/miners/nobody`);
    assertEquals(wrong.status, 400);
    assertEquals(JSON.parse(wrong.text).code, "invalid_argument");
    assertEquals(wrong.headers.get("cache-control"), "no-store");
    const page = await got(`${url}/`);
    assertStringIncludes(page.text, "<title>pool</title>");
    assertEquals(page.headers.get("content-security-policy"), "default-src 'self'");
    const nothing = await got(`${url}/wp-login.php`);
    assertEquals([nothing.status, JSON.parse(nothing.text).code], [404, "not_found"]);
    const long = await got(`${url}/${"x".repeat(URL_MAX_CHARS)}`);
    assertEquals(long.status, 414);
    const info = await got(`${url}/api/network`);
    assert(info.status === 200 || info.status === 503, `${info.status}`);
  },
);

test(
  "Connect and gRPC-Web are answered on the same port, also over HTTP/2",
  {},
  async ({ url, port }) => {
    const path = "/gopool.api.v1.PoolService/GetConnection";
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    const connect = await got(`${url}${path}`, init);
    assertEquals(JSON.parse(connect.text).network, "regtest");
    assertEquals([...connect.headers.keys()].filter((name) => name.startsWith("gopool")), []);
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const over2 = await new Promise<string>((resolve, reject) => {
      session.on("error", reject);
      const stream = session.request({ ":path": "/api/v1/connection" });
      let text = "";
      stream.setEncoding("utf8").on("data", (piece) => text += piece).on(
        "end",
        () => resolve(text),
      );
      stream.on("error", reject).end();
    });
    await new Promise<void>((resolve) => session.close(resolve));
    assertEquals(JSON.parse(over2).network, "regtest");
  },
);

test("a page elsewhere may ask where the operator lets it", {
  settings: { apiOrigins: ["https://stats.example"] },
}, async ({ url }) => {
  const asks = (origin: string) =>
    got(`${url}/api/v1/pool`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const may = await asks("https://stats.example");
  assertEquals(may.status, 204);
  assertEquals(may.headers.get("access-control-allow-origin"), "https://stats.example");
  assertStringIncludes(may.headers.get("access-control-allow-headers")!, "Content-Type");
  const mayNot = await asks("https://other.example");
  assertEquals(mayNot.headers.get("access-control-allow-origin"), null);
  const answer = await got(`${url}/api/v1/connection`, {
    headers: { origin: "https://stats.example" },
  });
  assertEquals(answer.headers.get("access-control-allow-origin"), "https://stats.example");
  assertStringIncludes(answer.headers.get("vary")!, "origin");
});

test("who asks too much is told when to come again", {
  settings: { apiRate: 1, apiBurst: 5 },
}, async ({ url, apiserver }) => {
  const first = await got(`${url}/api/v1/connection`);
  assertEquals(first.headers.get("ratelimit-policy"), '"default";q=5;w=5');
  assertMatch(first.headers.get("ratelimit")!, /^"default";r=4;t=1$/);
  for (let i = 0; i < 4; i++) await got(`${url}/`);
  const refused = await got(`${url}/api/v1/connection`);
  assertEquals([refused.status, JSON.parse(refused.text).code], [429, "resource_exhausted"]);
  assertMatch(refused.headers.get("retry-after")!, /^\d+$/);
  assertMatch(refused.headers.get("ratelimit")!, /^"default";r=0;t=\d+$/);
  assertEquals(apiserver.desk.limiter!.refused, 1);
  // A stranger's word about who it is counts for nothing.
  const lies = { "x-forwarded-for": "198.51.100.77" };
  assertEquals((await got(`${url}/api/v1/connection`, { headers: lies })).status, 429);
});

test("behind a trusted proxy each client has its own limit", {
  settings: {
    apiRate: 1,
    apiBurst: 2,
    apiTrustedProxies: [{ address: "127.0.0.1", bits: 32, family: "ipv4" }],
  },
}, async ({ url, apiserver }) => {
  const by = async (client: string) =>
    (await got(`${url}/api/v1/connection`, { headers: { "x-forwarded-for": client } })).status;
  assertEquals([await by("192.0.2.1"), await by("192.0.2.1"), await by("192.0.2.1")], [
    200,
    200,
    429,
  ]);
  assertEquals(await by("192.0.2.2"), 200);
  assertEquals(apiserver.desk.limiter!.top(1)[0], { client: "192.0.2.1", requests: 3, refused: 1 });
});

/** A state that is away from when it is told. */
async function fragile(): Promise<{ state: State; away: () => void }> {
  const real = await openState("memory:", { clock: systemClock });
  let isAway = false;
  const state = new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (isAway && typeof name === "string") {
        return () => Promise.reject(new StateUnavailable("away"));
      }
      return value.bind(target);
    },
  });
  return { state, away: () => void (isAway = true) };
}

Deno.test("without the state everything is served on, and limits hold", async () => {
  const { state, away } = await fragile();
  await using stand = await apiStand({ state, settings: { apiRate: 1, apiBurst: 3 } });
  away();
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await got(`${stand.url}/api/v1/connection`)).status);
  assertEquals(statuses, [200, 200, 200, 429, 429]);
  assert(stand.apiserver.desk.limiter!.isAlone);
  assertEquals((await stand.apiserver.desk.flush()).everywhere, false);
});

/** Reads a stream of events until `wanted` have come. */
async function events(response: Response, wanted: number): Promise<string[]> {
  const found: string[] = [];
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (found.length < wanted) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop()!;
    found.push(...parts.filter((part) => part.includes("data: ")));
  }
  await reader.cancel();
  return found;
}

test(
  "live figures come as server-sent events, and a stream that ends is counted out",
  {},
  async (stand) => {
    const { url, say, apiserver: { desk, live } } = stand;
    await say({ hashrate: 5e12, height: 7 });
    const gone = new AbortController();
    const response = await fetch(`${url}/api/v1/pool/live`, { signal: gone.signal });
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    assertEquals(desk.streams.all, 1);
    const [first] = await events(response, 1);
    assertStringIncludes(first!, '"hashesPerSecond":5000000000000');
    gone.abort();
    await waitFor(() => desk.streams.all === 0 && live.watchers === 0, "the stream's end");
  },
);

test(
  "one address may have so many streams and no more",
  {},
  async ({ url, say, apiserver: { desk } }) => {
    await say({ hashrate: 1 });
    const gone = new AbortController();
    const { signal } = gone;
    const open = await Promise.all(
      Array.from(
        { length: STREAMS_PER_CLIENT_MAX },
        () => fetch(`${url}/api/v1/pool/live`, { signal }),
      ),
    );
    const more = await got(`${url}/api/v1/pool/live`);
    assertEquals([more.status, JSON.parse(more.text).code], [429, "resource_exhausted"]);
    await open.pop()!.body!.cancel();
    await waitFor(() => desk.streams.all < STREAMS_PER_CLIENT_MAX, "a place");
    const again = await fetch(`${url}/api/v1/pool/live`, { signal });
    assertEquals(again.status, 200);
    gone.abort();
    await Promise.allSettled([...open, again].map((one) => one.body?.cancel()));
    await waitFor(() => desk.streams.all === 0, "the streams' end");
  },
);

test("it ends in time with streams open, telling them so", {}, async ({ url, say, end }) => {
  await say({ hashrate: 1 });
  const response = await fetch(`${url}/api/v1/pool/live`);
  const text = response.text();
  await end();
  // One that was cut would say nothing.
  assertStringIncludes(await text, "event: ");
});

test("what it did is told to Prometheus", {}, async ({ url, metrics }) => {
  for (let i = 0; i < 3; i++) await got(`${url}/api/v1/connection`);
  await got(`${url}/none`);
  const requests = await samples(metrics, "gopool_apiserver_requests_total");
  assertEquals(requests['{route="PoolService/GetConnection",code="2xx"}'], 3);
  assertEquals(requests['{route="none",code="4xx"}'], 1);
  const answers = await samples(metrics, "gopool_apiserver_answers_total");
  assertEquals(answers['{kept="ready"}'], 2);
  assertEquals(answers['{kept="made"}'], 1);
  assert((await samples(metrics, "gopool_apiserver_ready_bytes"))[""]! > 0);
  const seconds = await samples(metrics, "gopool_apiserver_request_seconds_count");
  assertEquals(seconds, { '{kept="ready"}': 2, '{kept="made"}': 2 });
});

test("a request that never ends holds nobody up", {}, async ({ port, url, end }) => {
  const slow = await Deno.connect({ hostname: "127.0.0.1", port });
  await slow.write(new TextEncoder().encode("GET /api/v1/pool HTTP/1.1\r\nhost: x\r\n"));
  assertEquals((await got(`${url}/api/v1/connection`)).status, 200);
  await end();
  slow.close();
});
