import { assert, assertEquals, assertThrows } from "@std/assert";
import { FatalError } from "@gopool/runtime";
import { captureLog, silent, waitFor } from "@gopool/testing";
import { servePublic } from "./public_port.ts";

/** ms; long enough for an answer that is waited for. */
const DRAIN = 1_000;
const ANYWHERE = { host: "127.0.0.1", port: 0 };

Deno.test("what is under way may end; what never ends is cut after a while", async () => {
  const begun: string[] = [];
  const free = Promise.withResolvers<void>();
  const server = servePublic(
    ANYWHERE,
    async (request) => {
      const { pathname } = new URL(request.url);
      begun.push(pathname);
      if (pathname === "/soon") await free.promise;
      else await new Promise(() => {});
      return new Response("done");
    },
    silent,
    DRAIN,
  );
  const url = `http://127.0.0.1:${server.port}`;
  const soon = fetch(`${url}/soon`);
  const never = fetch(`${url}/never`).then(() => "answered", () => "cut");
  await waitFor(() => begun.length === 2, "both requests");
  const startMs = performance.now();
  const ended = server[Symbol.asyncDispose]();
  free.resolve();
  assertEquals(await (await soon).text(), "done");
  assertEquals(await never, "cut");
  await ended;
  assert(performance.now() - startMs >= DRAIN - 50);
});

Deno.test("a fault is answered with 500 and told to the log, not to the caller", async () => {
  const { log, lines } = captureLog();
  await using server = servePublic(ANYWHERE, () => {
    throw new Error("secret");
  }, log);
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  const text = await response.text();
  assertEquals([response.status, JSON.parse(text).code], [500, "internal"]);
  assert(!text.includes("secret"));
  assertEquals(lines.length, 1);
});

Deno.test("a port that is taken is told in a sentence that names the setting", async () => {
  await using server = servePublic(ANYWHERE, () => new Response(), silent);
  const { port } = server;
  assertThrows(
    () => servePublic({ ...ANYWHERE, port }, () => new Response(), silent),
    FatalError,
    "taken by another program. Name another place with GOPOOL_API_LISTEN",
  );
});
