import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "@gopool/testing/fc";
import { call, PASSWORD, post, startTestNode, USER } from "./node_fixture.ts";

Deno.test("wrong or absent credentials are answered with 401 and no word more", async () => {
  await using node = await startTestNode();
  for (const authorization of [null, "Basic " + btoa("pool:wrong"), "Bearer x"]) {
    const { status, body, headers } = await post(node, "{}", { authorization });
    assertEquals([status, body, headers.get("www-authenticate")], [
      401,
      "",
      'Basic realm="jsonrpc"',
    ]);
  }
});

Deno.test("the URL carries the credentials that open the node", async () => {
  await using node = await startTestNode();
  const url = new URL(node.url);
  assertEquals(decodeURIComponent(url.username), USER);
  assertEquals(decodeURIComponent(url.password), PASSWORD);
  assertEquals(url.host, node.name);
});

Deno.test("errors go with the statuses of Bitcoin Core", async () => {
  await using node = await startTestNode();
  const statusOf = async (body: string) => (await post(node, body)).status;
  assertEquals((await post(node, "", { method: "GET" })).status, 405);
  assertEquals(await statusOf("{"), 500);
  assertEquals(await statusOf("7"), 500);
  assertEquals(await statusOf('{"id":1}'), 400);
  assertEquals(await statusOf('{"id":1,"method":7}'), 400);
  assertEquals(await statusOf('{"id":1,"method":"getblockcount","params":3}'), 400);
  assertEquals(await statusOf('{"id":1,"method":"nosuch"}'), 404);
  assertEquals(await statusOf('{"id":1,"method":"getblockhash","params":[-1]}'), 500);
  assertEquals(await statusOf('{"id":1,"method":"getblockcount"}'), 200);
});

Deno.test("JSON-RPC 2.0 has its own shape: 200 for errors, no answer to a notification", async () => {
  await using node = await startTestNode();
  const ask = async (request: Record<string, unknown>) => {
    const { status, body } = await post(node, JSON.stringify({ jsonrpc: "2.0", ...request }));
    return [status, body === "" ? null : JSON.parse(body)];
  };
  assertEquals(await ask({ id: 5, method: "getblockcount" }), [
    200,
    { jsonrpc: "2.0", result: 100, id: 5 },
  ]);
  assertEquals(await ask({ id: "x", method: "nosuch" }), [
    200,
    { jsonrpc: "2.0", error: { code: -32601, message: "Method not found" }, id: "x" },
  ]);
  assertEquals(await ask({ method: "getblockcount" }), [204, null]);
});

Deno.test("a batch is answered in order, errors among results", async () => {
  await using node = await startTestNode();
  const { status, body } = await post(
    node,
    JSON.stringify([
      { id: 1, method: "getblockcount" },
      { id: 2, method: "nosuch" },
      7,
      { jsonrpc: "2.0", method: "getblockcount" },
      { id: 3, method: "getbestblockhash", params: [] },
    ]),
  );
  assertEquals(status, 200);
  const answers = JSON.parse(body);
  assertEquals(answers.map(({ id }: { id: unknown }) => id), [1, 2, null, 3]);
  assertEquals(answers[0].result, 100);
  assertEquals(answers[1].error.code, -32601);
  assertEquals(answers[2].error.code, -32600);
  assertMatch(answers[3].result, /^[0-9a-f]{64}$/);
});

Deno.test("parameters may be named, and a wrong name or type is told", async () => {
  await using node = await startTestNode();
  assertMatch(await call(node, "getblockhash", { height: 3 }), /^[0-9a-f]{64}$/);
  assertEquals((await call(node, "getblockhash", { hight: 3 })).code, -8);
  assertEquals((await call(node, "getblockhash", ["3"])).code, -3);
  assertEquals((await call(node, "getblockhash", [1.5])).code, -32700);
  assertEquals((await call(node, "getblockhash", [])).code, -1);
  assertEquals((await call(node, "getblockhash", [1, 2])).code, -1);
});

Deno.test("any body gets an answer, and the node goes on", async () => {
  await using node = await startTestNode({ transactionsPerBlock: 3 });
  const methods = [
    "getblocktemplate",
    "submitblock",
    "getblock",
    "getblockheader",
    "getblockhash",
    "sendrawtransaction",
    "gettxout",
    "invalidateblock",
    "getrawmempool",
    "getblockchaininfo",
    "constructor",
    "__proto__",
  ];
  const hash = node.bestHash;
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(hash, "00".repeat(32), { rules: ["segwit"] }, { mode: "proposal", data: "00" }),
    fc.uint8Array({ maxLength: 120 }).map((bytes) => bytes.toHex()),
  );
  const request = fc.record({
    id: fc.jsonValue({ maxDepth: 1 }),
    method: fc.oneof(fc.constantFrom(...methods), fc.string()),
    params: fc.oneof(fc.array(value, { maxLength: 4 }), fc.jsonValue({ maxDepth: 2 })),
    jsonrpc: fc.constantFrom("1.0", "2.0", null),
  }, { requiredKeys: [] });
  const body = fc.oneof(
    request.map((one) => JSON.stringify(one)),
    fc.array(request, { maxLength: 4 }).map((all) => JSON.stringify(all)),
    fc.json(),
    fc.string(),
    fc.uint8Array({ maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(body, async (sent) => {
      const answer = await post(node, sent);
      assert([200, 204, 400, 404, 500].includes(answer.status), `${answer.status}`);
      if (answer.status === 204) return;
      for (const one of [JSON.parse(answer.body)].flat()) {
        // -1 with these words would be a fault of ours.
        assert(!/Internal error/.test(one.error?.message ?? ""), answer.body);
      }
    }),
    { numRuns: 400, seed: 11 },
  );
  assertEquals(await call(node, "getblockchaininfo").then(({ chain }) => chain), "regtest");
});
