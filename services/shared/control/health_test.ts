import { Code, ConnectError } from "@connectrpc/connect";
import { assertEquals, assertRejects } from "@std/assert";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@gopool/proto/grpc";
import { waitFor } from "@gopool/testing";
import { controlClient } from "./client.ts";
import { HEALTH_WATCHERS_MAX } from "./limits.ts";
import { serveStubs } from "./stub_fixture.ts";

const CONTROL = "gopool.control.v1.ControlService";

Deno.test("Check says of the server and of each service what readiness says, without a token", async () => {
  await using stubs = await serveStubs();
  using client = controlClient(stubs.url, "");
  for (const service of ["", CONTROL, "grpc.health.v1.Health"]) {
    stubs.ready = true;
    assertEquals((await client(Health).check({ service })).status, Status.SERVING);
    stubs.ready = false;
    assertEquals((await client(Health).check({ service })).status, Status.NOT_SERVING);
  }
  const error = await assertRejects(() => client(Health).check({ service: "x.Y" }), ConnectError);
  assertEquals(error.code, Code.NotFound);
});

Deno.test("Watch says at once how it is, then each change, and at last that nothing is served", async () => {
  const stubs = await serveStubs();
  using client = controlClient(stubs.url, "");
  const watch = client(Health).watch({ service: CONTROL })[Symbol.asyncIterator]();
  const next = async () => (await watch.next()).value?.status;
  assertEquals(await next(), Status.SERVING);
  stubs.ready = false;
  assertEquals(await next(), Status.NOT_SERVING);
  stubs.ready = true;
  assertEquals(await next(), Status.SERVING);
  const last = next();
  await stubs[Symbol.asyncDispose]();
  assertEquals(await last, Status.NOT_SERVING);
  assertEquals((await watch.next()).done, true);
});

Deno.test("Watch of a name that is not known says so, and goes on", async () => {
  await using stubs = await serveStubs();
  using client = controlClient(stubs.url, "");
  const stop = new AbortController();
  const watch = client(Health).watch({ service: "x.Y" }, { signal: stop.signal });
  await assertRejects(async () => {
    for await (const { status } of watch) {
      assertEquals(status, Status.SERVICE_UNKNOWN);
      stop.abort();
    }
  }, ConnectError);
});

Deno.test("no more watch than may be, whoever they are; Check answers all the same, and one that goes makes room", async () => {
  await using stubs = await serveStubs();
  using client = controlClient(stubs.url, "");
  const begin = async () => {
    const stop = new AbortController();
    const watch = client(Health).watch({}, { signal: stop.signal })[Symbol.asyncIterator]();
    await watch.next();
    return stop;
  };
  const watching = [];
  for (let n = 0; n < HEALTH_WATCHERS_MAX; n++) watching.push(await begin());
  const error = await assertRejects(begin, ConnectError, "already: Check answers");
  assertEquals(error.code, Code.ResourceExhausted);
  assertEquals((await client(Health).check({})).status, Status.SERVING);
  watching.pop()!.abort();
  await waitFor(
    async () => await begin().then((stop) => watching.push(stop) > 0, () => false),
    "room",
  );
  for (const stop of watching) stop.abort();
});
