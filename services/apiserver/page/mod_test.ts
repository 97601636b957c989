import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { tempDir } from "@gopool/testing";
import { openPage, type Page } from "./mod.ts";
import { pagePreparation } from "./prepare.ts";

const ORIGIN = "http://pool.example";
const ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

function get(page: Page, path: string, headers: HeadersInit = {}, method = "GET") {
  return page.fetch(new Request(ORIGIN + path, { headers, method }));
}

/** Builds the page from these sources, as the launcher does. */
async function build(folder: string): Promise<void> {
  const args = pagePreparation(folder)!;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" })
    .output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
}

async function built(folder: string): Promise<Page> {
  await build(folder);
  return openPage({ folder });
}

Deno.test("the page: each route is the document, its assets are kept for ever, it is small", async () => {
  await using folder = await tempDir();
  const page = await built(folder.path);
  assert(page.built);

  const document = get(page, "/")!;
  assertEquals(document.headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(document.headers.get("cache-control"), "no-cache");
  const html = await document.text();
  for (const route of ["/blocks", "/blocks/00ff", `/miner/${ADDRESS}`, "/payouts", "/connect"]) {
    assertEquals(await get(page, route)!.text(), html, route);
  }

  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
  assertEquals(assets.length, 3);
  let compressed = 0;
  for (const path of assets) {
    const asset = get(page, path, { "accept-encoding": "gzip, deflate" })!;
    assertEquals(asset.status, 200);
    assertEquals(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assertEquals(asset.headers.get("content-encoding"), "gzip");
    compressed += (await asset.arrayBuffer()).byteLength;
  }
  // Issue 7: at most 150 kB of script and style, compressed.
  assert(compressed < 150_000, `${compressed} bytes`);
});

Deno.test("the page: its policy lets nothing of elsewhere in, and its one script within by hash", async () => {
  await using folder = await tempDir();
  const page = await built(folder.path);
  const document = get(page, "/")!;
  const policy = document.headers.get("content-security-policy")!;
  assertMatch(policy, /default-src 'none'/);
  assert(!/unsafe|https?:|\*/.test(policy), policy);
  const within = /<script>([^]*?)<\/script>/.exec(await document.text())![1]!;
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(within));
  assert(policy.includes(`'sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}'`));
  assertEquals(document.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("the page: what is not of the page is left to others", async () => {
  await using folder = await tempDir();
  const page = await built(folder.path);
  const browser = { accept: "text/html,*/*" };
  assertEquals(get(page, "/api/v1/pool"), null);
  assertEquals(get(page, "/api/v1/nothing", browser), null);
  assertEquals(get(page, "/docs", browser), null);
  assertEquals(get(page, "/assets/app-000000000000.js", browser), null);
  assertEquals(get(page, "/", {}, "POST"), null);
  // A program is told by the API that there is no such thing, a person by the page.
  assertEquals(get(page, "/wp-admin"), null);
  assertEquals(get(page, "/wp-admin", browser)!.status, 404);
  assertEquals(get(page, "/miner/<script>", browser)!.status, 404);
});

Deno.test("the page: who has it is told so, in the coding that it takes", async () => {
  await using folder = await tempDir();
  const page = await built(folder.path);
  const plain = get(page, "/")!;
  assertEquals(plain.headers.get("content-encoding"), null);
  const brotli = get(page, "/", { "accept-encoding": "gzip, br" })!;
  assertEquals(brotli.headers.get("content-encoding"), "br");
  assertEquals(brotli.headers.get("vary"), "accept-encoding");
  const refusing = get(page, "/", { "accept-encoding": "br;q=0, gzip" })!;
  assertEquals(refusing.headers.get("content-encoding"), "gzip");

  const etag = brotli.headers.get("etag")!;
  assertNotEquals(etag, plain.headers.get("etag"));
  const known = get(page, "/", { "accept-encoding": "br", "if-none-match": `W/${etag}` })!;
  assertEquals([known.status, known.body], [304, null]);
  assertEquals(get(page, "/", { "if-none-match": etag })!.status, 200);

  const head = get(page, "/", { "accept-encoding": "br" }, "HEAD")!;
  assertEquals([head.status, head.body], [200, null]);
  assertEquals(head.headers.get("content-length"), brotli.headers.get("content-length"));
});

Deno.test("the page: built once for the same sources, whole or not at all", async () => {
  await using folder = await tempDir();
  assertMatch(pagePreparation(folder.path)!.at(-2)!, /build\/main\.ts$/);
  await build(folder.path);
  assertEquals(pagePreparation(folder.path), null);

  // As a build of other sources would have left it.
  const list = folder.join("page.json");
  const manifest = JSON.parse(await Deno.readTextFile(list));
  await Deno.writeTextFile(list, JSON.stringify({ ...manifest, key: "another" }));
  await Deno.writeTextFile(folder.join("app-0123456789ab.js"), "old");
  await Deno.writeTextFile(folder.join("mine.txt"), "somebody's");
  assertNotEquals(pagePreparation(folder.path), null);
  await build(folder.path);
  const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name);
  assert(!names.includes("app-0123456789ab.js"));
  assert(names.includes("mine.txt"));
});

Deno.test("the page: where none was built its routes say so, and nothing else is touched", async () => {
  await using folder = await tempDir();
  const page = await openPage({ folder: folder.join("none") });
  assert(!page.built);
  const answer = get(page, "/blocks")!;
  assertEquals(answer.status, 503);
  assertMatch(await answer.text(), /has not been built/);
  assertEquals(get(page, "/api/v1/pool"), null);
});
