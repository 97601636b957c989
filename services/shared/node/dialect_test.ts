import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { btcdDialect, coreDialect, detectDialect } from "./dialect.ts";
import { openNode } from "./open.ts";
import { NodeMalformed, NodeRefused, NodeUnavailable } from "./port.ts";
import { accessOf } from "./access.ts";
import { type FetchLike, Rpc } from "./rpc.ts";
import { answering, Refusal, scriptedServer } from "./server_fixture.ts";
import { Fields } from "./shape.ts";

type Methods = Parameters<typeof answering>[0];

/** What a node with these methods is taken for, over a fetch of its own. */
function detect(methods: Methods): ReturnType<typeof detectDialect> {
  const answer = answering(methods);
  const send: FetchLike = (_, { body }) =>
    Promise.resolve(Response.json(answer(JSON.parse(body as string))));
  const access = accessOf({ url: new URL("http://127.0.0.1:1000") }, Deno.readTextFile);
  return detectDialect(new Rpc({ clock: systemClock, access, fetch: send, longFetch: send }));
}

Deno.test("detectDialect() knows Bitcoin Core by getnetworkinfo", async () => {
  const found = await detect({ getnetworkinfo: () => ({ subversion: "/Satoshi:27.0.0/" }) });
  assertEquals(found.name, "Bitcoin Core");
});

Deno.test("detectDialect() knows btcd by its version's own name", async () => {
  const found = await detect({
    getnetworkinfo: () => new Refusal(-1, "Command unimplemented"),
    version: () => ({ btcdjsonrpcapi: { versionstring: "1.3.0" } }),
  });
  assertEquals(found.name, "btcd");
});

Deno.test("detectDialect() takes a node that knows neither call for Bitcoin Core", async () => {
  assertEquals((await detect({})).name, "Bitcoin Core");
  assertEquals((await detect({ version: () => "1.0" })).name, "Bitcoin Core");
});

Deno.test("detectDialect() decides nothing while the node is starting", async () => {
  const starting = () => new Refusal(-28, "Loading…");
  await assertRejects(
    () => detect({ getnetworkinfo: starting, version: starting }),
    NodeUnavailable,
  );
});

function info(fields: Record<string, unknown>): Fields {
  return new Fields("getblockchaininfo", fields);
}

Deno.test("networks have Core's names on Core and btcd's on btcd", () => {
  for (
    const [name, network] of [
      ["main", "main"],
      ["test", "testnet3"],
      ["testnet4", "testnet4"],
      ["signet", "signet"],
      ["regtest", "regtest"],
    ]
  ) assertEquals(coreDialect.network(info({ chain: name })), network as never);
  for (
    const [name, network] of [
      ["mainnet", "main"],
      ["testnet3", "testnet3"],
      ["testnet4", "testnet4"],
      ["signet", "signet"],
      ["regtest", "regtest"],
    ]
  ) assertEquals(btcdDialect.network(info({ chain: name })), network as never);
  assertThrows(() => btcdDialect.network(info({ chain: "simnet" })), NodeMalformed, '"simnet"');
  assertThrows(() => coreDialect.network(info({})), NodeMalformed, "chain of it");
});

Deno.test("Core is syncing on main while it says so, elsewhere only while it knows of more blocks", () => {
  const ibd = { initialblockdownload: true };
  const done = info({ ...ibd, blocks: 5, headers: 5 });
  const behind = info({ ...ibd, blocks: 5, headers: 9 });
  assertEquals(coreDialect.syncing(done, "main"), true);
  assertEquals(coreDialect.syncing(done, "regtest"), false);
  assertEquals(coreDialect.syncing(done, "signet"), false);
  assertEquals(coreDialect.syncing(behind, "testnet4"), true);
  assertEquals(
    coreDialect.syncing(info({ initialblockdownload: false, blocks: 5, headers: 6 }), "main"),
    false,
  );
  assertEquals(btcdDialect.syncing(behind, "main"), true);
  assertEquals(btcdDialect.syncing(done, "main"), false);
});

Deno.test("Core's submitblock says everything in one word", () => {
  const kinds = [
    null,
    "duplicate",
    "duplicate-inconclusive",
    "inconclusive",
    "duplicate-invalid",
    "high-hash",
  ].map((words) => {
    const answer = coreDialect.submitAnswer(words);
    return answer === "ask" ? "ask" : answer.kind;
  });
  assertEquals(kinds, [
    "accepted",
    "duplicate",
    "inconclusive",
    "inconclusive",
    "refused",
    "refused",
  ]);
});

Deno.test("btcd's null is no answer; where the block stands is", () => {
  assertEquals(btcdDialect.submitAnswer(null), "ask");
  assertEquals(btcdDialect.standing(1).kind, "accepted");
  assertEquals(btcdDialect.standing(-1).kind, "inconclusive");
  assertEquals(btcdDialect.standing(null), {
    kind: "refused",
    answer: "prev-blk-not-found (kept as an orphan)",
  });
});

Deno.test("btcd's prose is told apart: duplicate, orphan, refused", () => {
  assertEquals(btcdDialect.submitAnswer("rejected: already have block 00ff"), {
    kind: "duplicate",
    answer: "already have block 00ff",
  });
  assertEquals(btcdDialect.submitAnswer("rejected: already have block (orphan) 00ff"), {
    kind: "refused",
    answer: "prev-blk-not-found (already have block (orphan) 00ff)",
  });
  assertEquals(btcdDialect.submitAnswer("rejected: block height too low"), {
    kind: "refused",
    answer: "block height too low",
  });
});

Deno.test("the errors that stand for a side block and a height above the tip are each dialect's own", () => {
  const side = new NodeRefused("getblockheader", -32603, "Block 00 is not in the main chain");
  const above = new NodeRefused("getblockhash", -1, "Block number out of range");
  const coreAbove = new NodeRefused("getblockhash", -8, "Block height out of range");
  assertEquals([btcdDialect.isSideBlock(side), coreDialect.isSideBlock(side)], [true, false]);
  assertEquals([btcdDialect.isAboveTip(above), coreDialect.isAboveTip(above)], [true, false]);
  assertEquals([btcdDialect.isAboveTip(coreAbove), coreDialect.isAboveTip(coreAbove)], [
    false,
    true,
  ]);
});

Deno.test("a node is asked again which dialect it speaks after it was away", async () => {
  let program: Methods = {
    getnetworkinfo: () => new Refusal(-1, "Command unimplemented"),
    version: () => ({ btcdjsonrpcapi: {} }),
  };
  const chain = (name: string) => () => ({
    chain: name,
    blocks: 0,
    headers: 0,
    bestblockhash: "00".repeat(32),
    initialblockdownload: false,
  });
  await using server = scriptedServer((asked) => answering(program)(asked));
  await using node = openNode({ url: server.url }, { clock: systemClock });
  program = { ...program, getblockchaininfo: chain("testnet3") };
  assertEquals((await node.chain()).network, "testnet3");
  program = { getblockchaininfo: () => new Refusal(-28, "Loading…") };
  await assertRejects(() => node.chain(), NodeUnavailable);
  assertEquals(node.health.ok, false);
  // "test" is what Core calls that network, and btcd does not.
  program = { getnetworkinfo: () => ({}), getblockchaininfo: chain("test") };
  assertEquals((await node.chain()).network, "testnet3");
  assertEquals(node.health, { ok: true, detail: "ready" });
});
