import { assertEquals, assertStringIncludes } from "@std/assert";
import { apiStand } from "./apiserver_fixture.ts";

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
