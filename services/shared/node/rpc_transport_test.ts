/** What lies below HTTP, broken in every way that a test can break it. @module */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { accessOf } from "./access.ts";
import { type FetchLike, Rpc } from "./rpc.ts";
import { openRpc, unavailable, withLogin } from "./rpc_fixture.ts";

Deno.test("a port where nobody listens, and a name that does not exist, are said so", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = listener.addr.port;
  listener.close();
  using refused = openRpc({ url: withLogin(new URL(`http://127.0.0.1:${port}`)) });
  assertStringIncludes(
    (await unavailable(refused.rpc)).message,
    `Cannot reach 127.0.0.1:${port}: connection refused`,
  );
  // The words of Deno's fetch for a name that does not resolve; no test asks a name server.
  const failing: FetchLike = () =>
    Promise.reject(
      new TypeError("fetch failed", {
        cause: new Error("client error (Connect): dns error: failed"),
      }),
    );
  const access = accessOf({ url: new URL("http://node.invalid:8332") }, Deno.readTextFile);
  const rpc = new Rpc({ clock: systemClock, access, fetch: failing, longFetch: failing });
  assertEquals(
    (await unavailable(rpc)).message,
    "Cannot reach node.invalid:8332: no such host name",
  );
});

Deno.test("what answers without HTTP is said so, and asked once", async () => {
  await using server = rawServer(() => "SSH-2.0-OpenSSH\r\n");
  using opened = openRpc({ url: server.url });
  assertMatch((await unavailable(opened.rpc)).message, /does not speak HTTP/);
  assertEquals(server.connections(), 1);
});

Deno.test("a connection that breaks before the answer is tried once more, on a new one", async () => {
  const body = '{"result":7,"error":null,"id":1}';
  await using server = rawServer((n) =>
    n === 1 ? "" : `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  );
  using opened = openRpc({ url: server.url });
  assertEquals(await opened.rpc.call("getblockcount"), 7);
  assertEquals(server.connections(), 2);
});

Deno.test("a connection that breaks again is a node that cannot be reached", async () => {
  await using server = rawServer((n) =>
    n % 2 ? "" : 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"result":'
  );
  using opened = openRpc({ url: server.url });
  assertMatch((await unavailable(opened.rpc)).message, /broke before the answer was whole/);
  assertEquals(server.connections(), 2);
});

/** A TCP server that reads a request and writes this, without knowing HTTP. `n` counts connections from 1. */
function rawServer(
  answer: (n: number) => string,
): AsyncDisposable & { url: URL; connections: () => number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      connections++;
      await connection.read(new Uint8Array(10_000));
      await connection.write(new TextEncoder().encode(answer(connections)));
      connection.close();
    }
  })();
  return {
    url: new URL(`http://127.0.0.1:${listener.addr.port}`),
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}
