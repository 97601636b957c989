import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { sendReady, takesGzip } from "./etag.ts";
import { GZIP_MIN_BYTES, READY_ENTRY_MAX_BYTES } from "./limits.ts";
import { etagOf, Ready, type ReadyAnswer } from "./ready.ts";

const utf8 = new TextEncoder();

function answerOf(text: string, freshUntilMs = 1_000, staleUntilMs = 2_000): ReadyAnswer {
  const body = utf8.encode(text);
  const type = "application/json";
  return { route: "r", type, body, etag: etagOf(body), freshUntilMs, staleUntilMs };
}

function ask(headers: Record<string, string> = {}, method = "GET"): Request {
  return new Request("http://127.0.0.1/", { headers, method });
}

const LONG = JSON.stringify(Array.from({ length: 200 }, (_, i) => `miner ${i}`));

Deno.test("an answer is given until it is stale for too long", () => {
  const ready = new Ready();
  ready.put("/a", answerOf("a"));
  assertEquals(ready.get("/a", 0)?.route, "r");
  assertEquals(ready.get("/a", 1_999)?.route, "r");
  assertEquals(ready.get("/b", 0), null);
  assertEquals(ready.get("/a", 2_000), null);
  assertEquals([ready.count, ready.bytes], [0, 0]);
});

Deno.test("answers are bounded by bytes: the one not asked for longest goes", () => {
  const text = "x".repeat(1_000);
  const ready = new Ready(10_000);
  for (const key of ["/a", "/b", "/c", "/d"]) ready.put(key, answerOf(text));
  assertEquals(ready.count, 4);
  assert(ready.get("/a", 0) !== null);
  ready.put("/e", answerOf(text));
  assert(ready.get("/a", 0) !== null, "asked for last");
  assertEquals(ready.get("/b", 0), null);
  assert(ready.bytes <= 10_000);
  ready.put("/a", answerOf("short"));
  assertEquals(ready.count, 4);
  ready.put("/huge", answerOf("x".repeat(READY_ENTRY_MAX_BYTES)));
  assertEquals(ready.get("/huge", 0), null);
  assertEquals(ready.clear(), 4);
  assertEquals([ready.count, ready.bytes], [0, 0]);
});

Deno.test("who has the answer is told so, whatever form of it", async () => {
  const answer = answerOf(LONG);
  const whole = sendReady(answer, ask(), 0);
  const etag = whole.headers.get("etag")!;
  assertEquals(await whole.text(), LONG);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*", etag.replace(/"$/, '-gzip"')]) {
    const response = sendReady(answer, ask({ "if-none-match": known }), 0);
    assertEquals([response.status, await response.text()], [304, ""]);
    assert(response.headers.has("cache-control"));
  }
  const other = sendReady(answer, ask({ "if-none-match": '"other"' }), 0);
  assertEquals(other.status, 200);
  assertNotEquals(etagOf(utf8.encode("a")), etagOf(utf8.encode("b")));
});

Deno.test("an answer is packed for those who take it, with an etag of its own", async () => {
  const answer = answerOf(LONG);
  const packed = sendReady(answer, ask({ "accept-encoding": "br, gzip;q=0.5" }), 0);
  assertEquals(packed.headers.get("content-encoding"), "gzip");
  assertEquals(packed.headers.get("vary"), "accept-encoding");
  assertNotEquals(packed.headers.get("etag"), sendReady(answer, ask(), 0).headers.get("etag"));
  const bytes = new Uint8Array(await packed.arrayBuffer());
  assert(bytes.length < LONG.length / 2);
  assertEquals(packed.headers.get("content-length"), String(bytes.length));
  assertEquals(new TextDecoder().decode(gunzipSync(bytes)), LONG);
  const short = sendReady(
    answerOf("x".repeat(GZIP_MIN_BYTES - 1)),
    ask({ "accept-encoding": "gzip" }),
    0,
  );
  assertEquals(short.headers.get("content-encoding"), null);
  assertEquals(takesGzip("gzip;q=0, br"), false);
  assertEquals(takesGzip("identity"), false);
});

Deno.test("HEAD has the headers of GET and no body", async () => {
  const answer = answerOf(LONG);
  const head = sendReady(answer, ask({}, "HEAD"), 0);
  assertEquals(await head.text(), "");
  assertEquals(head.headers.get("content-length"), String(LONG.length));
  assertEquals(head.headers.get("etag"), sendReady(answer, ask(), 0).headers.get("etag"));
});

Deno.test("how long an answer may be kept goes down with its age", () => {
  const answer = answerOf("a", 10_000, 25_000);
  const said = (nowMs: number) => sendReady(answer, ask(), nowMs).headers.get("cache-control");
  assertEquals(said(0), "public, max-age=10, stale-while-revalidate=15");
  assertEquals(said(7_500), "public, max-age=2, stale-while-revalidate=15");
  assertEquals(said(20_000), "public, max-age=0, stale-while-revalidate=5");
});
