import { assertEquals, assertStringIncludes } from "@std/assert";
import { apiStand } from "./apiserver_fixture.ts";
import { COMPUTED_TOKENS } from "./limits.ts";

Deno.test("a query that nobody reads makes no answer of a compatible route another", async () => {
  await using at = await apiStand();
  for (const query of ["", "?x=1", "?x=2"]) {
    const response = await fetch(`${at.url}/api/info${query}`);
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
  const { counts, ready } = at.apiserver.desk;
  assertEquals([ready.count, counts.kept.ready], [1, 2]);
});

Deno.test("a Host that is none is refused, and no fault of ours", async () => {
  await using at = await apiStand();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: at.port });
  const asked = "GET /api/v1/pool HTTP/1.1\r\nhost: x y\r\nconnection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(asked));
  const text = await new Response(connection.readable).text();
  assertStringIncludes(text, " 400 ");
  assertStringIncludes(text, "no host");
});

Deno.test("an answer that stores are asked for costs more than a file of the page", async () => {
  // So slow that nothing comes back meanwhile.
  await using at = await apiStand({ settings: { apiRate: 0.001, apiBurst: 200 } });
  const cost = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${at.url}${path}`, init);
    await response.body?.cancel();
    const left = Number(/r=(\d+)/.exec(response.headers.get("ratelimit")!)![1]);
    const before = last;
    last = left;
    return before - left;
  };
  let last = 200;
  const dear = 1 + COMPUTED_TOKENS;
  const connection = "/api/v1/connection";
  const json = { "content-type": "application/json" };
  const call = { method: "POST", headers: json, body: "{}" };
  const costs: [number, string, RequestInit?][] = [
    [dear, connection],
    [1, connection],
    [dear, `${connection}?`],
    [dear, "/gopool.api.v1.PoolService/GetConnection", call],
    [dear, "/api/v1/miners/nobody/settings"],
    [dear, "/api/network?x=1"],
    [1, "/api/network?x=2"],
    [1, "/"],
    [1, "/api/openapi.json"],
    [1, "/nothing"],
  ];
  for (const [wanted, path, init] of costs) {
    assertEquals([path, await cost(path, init)], [path, wanted]);
  }
});
