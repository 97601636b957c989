import { assert, assertEquals } from "@std/assert";
import { MinerService, PoolService } from "@gopool/proto/api";
import { Code, ConnectError, createClient, type HandlerContext } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { FakeClock, waitFor } from "@gopool/testing";
import { serving } from "./gateway.ts";
import { HEARTBEAT_MS, STREAM_LIFE_MS, UNARY_DEFAULT_MS } from "./limits.ts";
import { serveGateway } from "./served_fixture.ts";

/** Streams that say one thing and then wait for their end, and how they ended. */
function waiting() {
  const ended: string[] = [];
  const signals: AbortSignal[] = [];
  const service = serving(PoolService, {
    async *watchPool(_: unknown, { signal }: HandlerContext) {
      signals.push(signal);
      try {
        yield { miners: 1 };
        await new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      } finally {
        ended.push("ended");
      }
    },
  });
  return { service, ended, signals };
}

async function opened(url: string) {
  const gone = new AbortController();
  const response = await fetch(`${url}/api/v1/pool/live`, { signal: gone.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  return {
    response,
    read: async () => (await reader.read()).value ?? null,
    leave: () => gone.abort(),
  };
}

Deno.test("a reader that goes ends its stream", async () => {
  const { service, ended } = waiting();
  await using served = serveGateway({ services: [service] });
  const stream = await opened(served.url);
  assert((await stream.read())?.startsWith("event: message\ndata: {"));
  stream.leave();
  await waitFor(() => ended.length === 1, "the stream's end");
});

Deno.test("a stream that has nothing to say shows that it lives", async () => {
  const clock = new FakeClock();
  const { service } = waiting();
  await using served = serveGateway({ services: [service], clock });
  const stream = await opened(served.url);
  await stream.read();
  for (let beat = 0; beat < 2; beat++) {
    let told: string | null = null;
    stream.read().then((text) => told = text);
    // Sent again and again until one is through: it takes its time over the socket.
    const text = await waitFor(async () => {
      if (told === null) await clock.advance(HEARTBEAT_MS);
      return told;
    }, "a sign of life");
    assert(String(text).startsWith(": still here\n\n"), String(text));
  }
  stream.leave();
});

Deno.test("a stream ends after its life, with a failure that says to ask again", async () => {
  const clock = new FakeClock();
  const { service, ended } = waiting();
  await using served = serveGateway({ services: [service], clock });
  const stream = await opened(served.url);
  await stream.read();
  await clock.advance(STREAM_LIFE_MS);
  let told = "";
  for (let text = await stream.read(); text !== null; text = await stream.read()) told += text;
  assert(told.includes(`event: failure\ndata: {"code":"unavailable"`), told);
  await waitFor(() => ended.length === 1, "the stream's end");
});

Deno.test("a server that ends says so to its streams", async () => {
  const stop = new AbortController();
  const { service } = waiting();
  await using served = serveGateway({ services: [service], stop: stop.signal });
  const stream = await opened(served.url);
  await stream.read();
  stop.abort(new ConnectError("the server ends", Code.Unavailable));
  assertEquals(
    await stream.read(),
    `event: failure\ndata: {"code":"unavailable","message":"the server ends"}\n\n`,
  );
  assertEquals(await stream.read(), null);
});

Deno.test("one stream too many is refused with 429, and has a place when another went", async () => {
  const { service, ended } = waiting();
  await using served = serveGateway({ services: [service], streamsMax: 1 });
  const first = await opened(served.url);
  await first.read();
  const second = await fetch(`${served.url}/api/v1/pool/live`);
  assertEquals([second.status, second.headers.get("retry-after")], [429, "60"]);
  assertEquals((await second.json()).code, "resource_exhausted");
  first.leave();
  await waitFor(() => ended.length === 1, "the stream's end");
  await waitFor(async () => {
    const third = await opened(served.url);
    third.leave();
    return third.response.status === 200;
  }, "a place");
});

Deno.test("a stream that fails at once has the error's status, one that fails later an event", async () => {
  const failing = serving(MinerService, {
    // deno-lint-ignore require-yield
    async *watchMiner({ address }: { address: string }) {
      await Promise.resolve();
      if (address === "none") throw new ConnectError("no such miner", Code.NotFound);
      throw new Error("the password is 1234");
    },
  });
  await using served = serveGateway({ services: [failing] });
  const found = await fetch(`${served.url}/api/v1/miners/none/live`);
  assertEquals([found.status, (await found.json()).message], [404, "no such miner"]);
  const fault = await fetch(`${served.url}/api/v1/miners/x/live`);
  assertEquals([fault.status, (await fault.text()).includes("1234")], [500, false]);
  const wrong = await fetch(`${served.url}/api/v1/miners/${"x".repeat(101)}/live`);
  assertEquals([wrong.status, (await wrong.json()).code], [400, "invalid_argument"]);
});

Deno.test("a call that takes too long is ended, whatever deadline a caller of REST names", async () => {
  const clock = new FakeClock();
  const called = Promise.withResolvers<void>();
  const slow = serving(PoolService, {
    getPool: () => {
      called.resolve();
      return new Promise<never>(() => {});
    },
  });
  await using served = serveGateway({ services: [slow], clock });
  const answer = fetch(`${served.url}/api/v1/pool`, {
    headers: { "connect-timeout-ms": "59000" },
  });
  await called.promise;
  await clock.advance(UNARY_DEFAULT_MS);
  const response = await answer;
  assertEquals([response.status, (await response.json()).code], [504, "deadline_exceeded"]);
});

Deno.test("over Connect a deadline that is too far is refused", async () => {
  await using served = serveGateway({ services: [serving(PoolService, { getPool: () => ({}) })] });
  const transport = createConnectTransport({ baseUrl: served.url, httpVersion: "1.1" });
  const client = createClient(PoolService, transport);
  const outcome = await client.getPool({}, { timeoutMs: 3_600_000 }).catch((error) => error.code);
  assertEquals(outcome, Code.InvalidArgument);
});
