/**
 * Streams with a client that goes away, one that is slow, and a server that ends.
 *
 * @module
 */
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ControlService, create, WatchEventsResponseSchema } from "@gopool/proto/control";
import { waitFor } from "@gopool/testing";
import { type ControlClient, controlClient, type Protocol } from "./client.ts";
import { CHIEF, serveStubs, stubOf, type StubServer } from "./stub_fixture.ts";

const PROTOCOLS: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

/** A stream of ours that says how far it has come, and how it has ended. */
interface Source {
  told: number;
  ended: number;
}

/** @param chars Of each message. */
function provideStream({ server }: StubServer, chars: number, most: number): Source {
  const source: Source = { told: 0, ended: 0 };
  async function* watchEvents(_: unknown, { signal }: HandlerContext) {
    try {
      while (source.told < most && !signal.aborted) {
        source.told++;
        yield create(WatchEventsResponseSchema, {
          event: { what: { case: "log", value: { message: "x".repeat(chars) } } },
        });
      }
      // Nothing more happens: it waits, as a watcher does.
      if (!signal.aborted) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      }
    } finally {
      source.ended++;
    }
  }
  server.provide(ControlService, { ...stubOf(ControlService), watchEvents });
  return source;
}

for (const protocol of PROTOCOLS) {
  Deno.test(`a stream ends at the server when its client aborts it, over ${protocol}`, async () => {
    await using stubs = await serveStubs();
    const source = provideStream(stubs, 1, 3);
    using client = controlClient(stubs.url, CHIEF.token, { protocol });
    const stop = new AbortController();
    let got = 0;
    const error = await assertRejects(async () => {
      for await (const _ of client(ControlService).watchEvents({}, { signal: stop.signal })) {
        if (++got === 3) stop.abort();
      }
    }, ConnectError);
    assertEquals([got, error.code], [3, Code.Canceled]);
    await waitFor(() => source.ended === 1, "the stream's end at the server");
  });

  Deno.test(`a stream ends at the server when the connection is lost, over ${protocol}`, async () => {
    await using stubs = await serveStubs();
    const source = provideStream(stubs, 1, 1);
    using client = controlClient(stubs.url, CHIEF.token, { protocol });
    const stream = client(ControlService).watchEvents({})[Symbol.asyncIterator]();
    await stream.next();
    client.close();
    await assertRejects(() => stream.next(), ConnectError);
    await waitFor(() => source.ended === 1, "the stream's end at the server");
  });

  Deno.test(`a slow client holds its stream back, and no other call, over ${protocol}`, async () => {
    await using stubs = await serveStubs();
    const source = provideStream(stubs, 100_000, 1_000);
    using client = controlClient(stubs.url, CHIEF.token, { protocol });
    const stop = new AbortController();
    const stream = client(ControlService).watchEvents({}, { signal: stop.signal });
    const slow = stream[Symbol.asyncIterator]();
    await slow.next();
    await standsStill(client, source);
    // HTTP/2's windows and buffers on both sides: megabytes at most, of the hundred that there are.
    assert(source.told < 100, `${source.told} messages were made for a client that has read one`);
    stop.abort();
    await waitFor(() => source.ended === 1, "the stream's end at the server");
  });

  Deno.test(`a server that ends tells its streams so, over ${protocol}`, async () => {
    const stubs = await serveStubs();
    const source = provideStream(stubs, 1, 1);
    using client = controlClient(stubs.url, CHIEF.token, { protocol });
    const stream = client(ControlService).watchEvents({})[Symbol.asyncIterator]();
    await stream.next();
    const next = stream.next().then(({ done }) => done ? "ended" : "more", ConnectError.from);
    await stubs[Symbol.asyncDispose]();
    const result = await next;
    assertEquals(source.ended, 1);
    // A stream that watches its signal may end in order.
    assert(
      result === "ended" || (result as ConnectError).code === Code.Unavailable,
      String(result),
    );
  });
}

/** Waits until a stream makes no more, by the time that other calls on its connection take. */
async function standsStill(client: ControlClient, source: Source): Promise<void> {
  let before = -1;
  await waitFor(async () => {
    for (let calls = 0; calls < 20; calls++) await client(ControlService).status({});
    const still = source.told === before;
    before = source.told;
    return still;
  }, "a stream that stands still");
}

Deno.test("a server that ends lets a call finish, and refuses new connections meanwhile", async () => {
  const stubs = await serveStubs();
  const begun = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    async drain() {
      begun.resolve();
      await enough.promise;
      return {};
    },
  });
  using client = controlClient(stubs.url, CHIEF.token);
  const call = client(ControlService).drain({}).then(() => null, ConnectError.from);
  await begun.promise;
  const ended = stubs[Symbol.asyncDispose]();
  using other = controlClient(stubs.url, CHIEF.token);
  await assertRejects(() => other(ControlService).status({}), ConnectError);
  enough.resolve();
  assertEquals(await call, null);
  await ended;
  assertEquals(stubs.records.length, 1);
});

Deno.test("a server ends in bounded time under a client that neither reads nor leaves", async () => {
  const stubs = await serveStubs();
  provideStream(stubs, 100_000, 1_000);
  using client = controlClient(stubs.url, CHIEF.token);
  const stream = client(ControlService).watchEvents({})[Symbol.asyncIterator]();
  await stream.next();
  await stubs[Symbol.asyncDispose]();
  await assertRejects(async () => {
    while (!(await stream.next()).done);
    throw new ConnectError("ended");
  }, ConnectError);
});
