import { Code, ConnectError } from "@connectrpc/connect";
import { assertEquals, assertRejects } from "@std/assert";
import { ControlService } from "@gopool/proto/control";
import { freePort } from "@gopool/testing";
import { controlClient } from "./client.ts";
import { CHIEF, serveStubs } from "./stub_fixture.ts";

Deno.test("a server that closes each connection at once is unavailable, and harms its caller in no other way", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closing = (async () => {
    for await (const connection of listener) connection.close();
  })();
  // The end comes at another moment each time: between the socket, the session and the call.
  for (let round = 0; round < 20; round++) {
    using client = controlClient(`http://127.0.0.1:${listener.addr.port}`, "");
    const error = await assertRejects(() => client(ControlService).status({}), ConnectError);
    assertEquals([Code.Unavailable, Code.Internal].includes(error.code), true, String(error));
  }
  listener.close();
  await closing;
});

Deno.test("where nobody listens a call is unavailable, and the same client finds a server that comes later", async () => {
  const port = freePort();
  using client = controlClient(`http://127.0.0.1:${port}`, CHIEF.token);
  const error = await assertRejects(() => client(ControlService).status({}), ConnectError);
  assertEquals(error.code, Code.Unavailable);
  await using _stubs = await serveStubs({ listen: { host: "127.0.0.1", port } });
  await client(ControlService).status({});
});

Deno.test("a client goes on with a server that has started again", async () => {
  const first = await serveStubs();
  const { port } = first.server;
  using client = controlClient(first.url, CHIEF.token);
  await client(ControlService).status({});
  await first[Symbol.asyncDispose]();
  await assertRejects(() => client(ControlService).status({}), ConnectError);
  await using second = await serveStubs({ listen: { host: "127.0.0.1", port } });
  await client(ControlService).status({});
  assertEquals(second.seen.length, 1);
});
