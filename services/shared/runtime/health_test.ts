import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { type Phase, readinessOf, serveHealth } from "./health.ts";
import { createMetrics, type MetricsRegistry } from "./metrics.ts";
import { createStatusBoard } from "./status_board.ts";
import { FatalError } from "./supervise.ts";

const HERE = { host: "127.0.0.1", port: 0 };

function stand(metrics?: MetricsRegistry) {
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  let phase: Phase = "working";
  const port = serveHealth(HERE, { name: "tried", board, clock, phase: () => phase, metrics });
  return {
    board,
    clock,
    port,
    enter: (next: Phase) => phase = next,
    async ask(path: string, init: RequestInit = {}) {
      const response = await fetch(`http://127.0.0.1:${port.port}${path}`, init);
      return { status: response.status, text: await response.text() };
    },
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
  };
}

Deno.test("ready is who works and has no part that is down; the reasons say which", () => {
  const part = (name: string, health: "ok" | "degraded" | "down") =>
    ({ part: name, health, detail: "so it is", sinceMs: 0 }) as const;
  assertEquals(readinessOf("working", [part("a", "ok")]), {
    ready: true,
    reasons: [],
    troubles: [],
  });
  assertEquals(readinessOf("working", [part("a", "degraded"), part("b", "down")]), {
    ready: false,
    reasons: ["b: so it is"],
    troubles: ["a: so it is"],
  });
  assertEquals(readinessOf("starting", []).reasons, ["The process is starting"]);
  assertEquals(readinessOf("stopping", [part("a", "ok")]).ready, false);
});

Deno.test("/readyz answers 200 and 503 with the reasons, as the board changes", async () => {
  await using it = stand();
  it.board.set("bus", "ok", "open");
  assertEquals((await it.ask("/readyz")).status, 200);
  it.board.set("bus", "down", "No broker answers");
  const { status, text } = await it.ask("/readyz");
  assertEquals(status, 503);
  assertEquals(JSON.parse(text), {
    service: "tried",
    ready: false,
    reasons: ["bus: No broker answers"],
    troubles: [],
  });
  it.board.clear("bus");
  assertEquals((await it.ask("/readyz")).status, 200);
  it.enter("stopping");
  assertEquals((await it.ask("/readyz")).status, 503);
});

Deno.test("/healthz answers 200 whatever is down: the process lives", async () => {
  await using it = stand();
  it.board.set("bus", "down", "No broker answers");
  await it.clock.advance(61_000);
  const { status, text } = await it.ask("/healthz");
  assertEquals([status, JSON.parse(text).upSeconds], [200, 61]);
});

Deno.test("nothing else is answered", async () => {
  await using it = stand();
  assertEquals((await it.ask("/")).status, 404);
  assertEquals((await it.ask("/readyz", { method: "POST", body: "x" })).status, 405);
  assertEquals(await it.ask("/readyz", { method: "HEAD" }), { status: 200, text: "" });
});

Deno.test("/metrics shows what the process counts, where it is given any", async () => {
  const metrics = createMetrics();
  metrics.gauge("gopool_tried", "Tried.", () => 1);
  await using it = stand(metrics);
  const response = await fetch(`http://127.0.0.1:${it.port.port}/metrics`);
  assertStringIncludes(await response.text(), "\ngopool_tried 1\n");
  assertStringIncludes(response.headers.get("content-type") ?? "", "version=0.0.4");
  assertEquals(await it.ask("/"), { status: 404, text: "Ask /healthz or /readyz or /metrics\n" });
  await using without = stand();
  assertEquals((await without.ask("/metrics")).status, 404);
});

Deno.test("a port that is taken is a sentence that names the setting", () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  const { port } = taken.addr as Deno.NetAddr;
  const error = assertThrows(
    () =>
      serveHealth({ host: "127.0.0.1", port }, {
        name: "tried",
        board,
        clock,
        phase: () => "working",
      }),
    FatalError,
  );
  assertStringIncludes(error.message, `127.0.0.1:${port}: the port is taken`);
  assertStringIncludes(error.message, "GOPOOL_HEALTH_LISTEN");
});

Deno.test("a prober that keeps its connection does not keep the port", async () => {
  const it = stand();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: it.port.port });
  await connection.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"));
  const answer = new Uint8Array(1_024);
  assert(await connection.read(answer) !== null);
  await it.port[Symbol.asyncDispose]();
  connection.close();
});
