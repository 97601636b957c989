import { assert, assertEquals } from "@std/assert";
import { BlockService, MinerService, PayoutService, PoolService } from "@gopool/proto/api";
import { COMMENTS } from "@gopool/proto/api/comments";
import { findBrowser, openBrowser } from "@gopool/testing/browser";
import { createDocs } from "./docs.ts";
import { openApi } from "./openapi/document.ts";

const document = openApi({
  services: [PoolService, BlockService, MinerService, PayoutService],
  title: "A pool <of> ours",
  version: "v1",
  description: "What everybody has to know.",
  comments: COMMENTS,
});

async function answer(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await createDocs(document).fetch(new Request(`http://pool${path}`, init));
  assert(response !== null, path);
  return response;
}

Deno.test("/api/openapi.json is the document", async () => {
  const response = await answer("/api/openapi.json");
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(await response.json(), JSON.parse(JSON.stringify(document)));
});

Deno.test("a page is packed for whom it may, and not sent again to whoever has it", async () => {
  const plain = await answer("/docs/swagger-ui.js");
  const packed = await answer("/docs/swagger-ui.js", {
    headers: { "accept-encoding": "br, gzip" },
  });
  const refused = await answer("/docs/swagger-ui.js", {
    headers: { "accept-encoding": "gzip;q=0" },
  });
  assertEquals(packed.headers.get("content-encoding"), "gzip");
  assertEquals(refused.headers.get("content-encoding"), null);
  assert((await packed.bytes()).length * 3 < (await plain.bytes()).length);
  const etag = plain.headers.get("etag")!;
  const known = await answer("/docs/swagger-ui.js", {
    headers: { "if-none-match": `"x", ${etag}` },
  });
  assertEquals([known.status, await known.text()], [304, ""]);
});

Deno.test("HEAD has no body, POST no answer, and another path is another's", async () => {
  const head = await answer("/docs", { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
  assertEquals((await answer("/docs", { method: "POST" })).status, 405);
  const docs = createDocs(document);
  for (const path of ["/", "/docs2", "/docs/x", "/constructor"]) {
    assertEquals(await docs.fetch(new Request(`http://pool${path}`)), null);
    assertEquals(docs.has(path), false);
  }
});

Deno.test("a pool's name cannot write into the page", async () => {
  const text = await (await answer("/docs")).text();
  assert(text.includes("<title>A pool &lt;of> ours</title>"));
});

const chromium = findBrowser();

Deno.test({
  name: "a browser shows the document at /docs, and asks nobody else",
  ignore: chromium === null,
  async fn() {
    const docs = createDocs(document);
    const stop = new AbortController();
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen: () => {} },
      async (request) => await docs.fetch(request) ?? new Response(null, { status: 404 }),
    );
    try {
      await using browser = await openBrowser(chromium!);
      const page = await browser.newPage();
      const asked: string[] = [];
      const faults: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).host));
      page.on("console", (message) => {
        if (message.type() === "error") faults.push(message.text());
      });
      page.on("pageerror", (error) => faults.push(String(error)));
      await page.goto(`http://127.0.0.1:${server.addr.port}/docs`);
      await page.waitForSelector(".opblock-summary-path", { timeout: 30_000 });
      const shown = await page.$$eval(".opblock", (blocks) => blocks.length);
      const operations = Object.values(document.paths).flatMap((path) => Object.keys(path)).length;
      assertEquals(shown, operations);
      assertEquals(faults, []);
      assertEquals([...new Set(asked)].filter((host) => host !== ""), [
        `127.0.0.1:${server.addr.port}`,
      ]);
    } finally {
      stop.abort();
      await server.finished;
    }
  },
});
