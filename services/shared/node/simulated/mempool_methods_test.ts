import { assertEquals, assertStringIncludes } from "@std/assert";
import { canonicalAddress, displayHash, type Hash, toHex } from "@gopool/chain";
import { systemClock } from "@gopool/runtime";
import { decodeBlock } from "./decode.ts";
import { type DraftTransaction, draftTxid, encodeTransaction, groundOf, spend } from "./draft.ts";
import { call, post, startTestNode } from "./node_fixture.ts";

const now = () => Math.floor(systemClock.now() / 1000);
const idOf = (tx: DraftTransaction) => displayHash(draftTxid(tx));

Deno.test("testmempoolaccept says what sendrawtransaction would, in one or two parameters, and keeps nothing", async () => {
  await using node = await startTestNode();
  const ground = groundOf(node, now());
  const test = async (tx: DraftTransaction, ...more: unknown[]) => {
    const raw = toHex(encodeTransaction(tx));
    const [verdict] = await call(node, "testmempoolaccept", [[raw], ...more]);
    return verdict;
  };
  const tx = spend(ground.bare[0]!, 1_234n);
  for (const more of [[], [0.1], ["0.10"], [0]]) {
    const verdict = await test(tx, ...more);
    assertEquals([verdict.allowed, verdict.vsize, verdict.fees.base], [true, 61, 0.00001234]);
    assertEquals([verdict.txid, verdict.wtxid], [idOf(tx), idOf(tx)]);
  }
  assertEquals(node.mempoolSize, 0);
  assertEquals((await test(tx, 0.0001))["reject-reason"], "max-fee-exceeded");
  assertEquals((await test(spend(ground.bare[0]!, 1n)))["reject-reason"], "min relay fee not met");
  const gone = spend({ outpoint: new Uint8Array(36).fill(3), value: 9_000n }, 500n);
  assertEquals((await test(gone))["reject-reason"], "missing-inputs");
  await call(node, "sendrawtransaction", [toHex(encodeTransaction(tx))]);
  assertEquals((await test(tx))["reject-reason"], "txn-already-in-mempool");
  node.mineBlock();
  assertEquals((await test(tx))["reject-reason"], "txn-already-known");
  assertEquals((await call(node, "testmempoolaccept", [["00"]])).code, -22);
  assertEquals((await call(node, "testmempoolaccept", [["00", "00"]])).code, -8);
  assertEquals((await call(node, "testmempoolaccept", ["00"])).code, -3);
});

Deno.test("a fee that must be a mistake is refused, unless it is said to be meant", async () => {
  await using node = await startTestNode();
  const ground = groundOf(node, now());
  const raw = toHex(encodeTransaction(spend(ground.bare[0]!, 61n * 10_001n)));
  const refused = await call(node, "sendrawtransaction", [raw]);
  assertEquals(refused.code, -25);
  assertStringIncludes(refused.message, "Fee exceeds maximum");
  assertEquals((await call(node, "sendrawtransaction", [raw, -1])).code, -3);
  assertEquals(typeof await call(node, "sendrawtransaction", [raw, 0]), "string");
});

Deno.test("estimatesmartfee has no data until it is told, and gettxspendingprevout names the spender", async () => {
  await using node = await startTestNode();
  const none = await call(node, "estimatesmartfee", [6]);
  assertEquals(none, { errors: ["Insufficient data or no feerate found"], blocks: 0 });
  node.estimate(12_345n);
  assertEquals(await call(node, "estimatesmartfee", [6]), { feerate: 0.00012345, blocks: 6 });
  assertEquals((await call(node, "estimatesmartfee", [0])).code, -8);
  const ground = groundOf(node, now());
  const tx = spend(ground.bare[0]!, 500n);
  await call(node, "sendrawtransaction", [toHex(encodeTransaction(tx))]);
  const { outpoint } = tx.inputs[0]!;
  const txid = displayHash(outpoint.slice(0, 32) as Hash);
  const vout = outpoint[32]!;
  assertEquals(
    await call(node, "gettxspendingprevout", [[{ txid, vout }, { txid: idOf(tx), vout: 0 }]]),
    [{ txid, vout, spendingtxid: idOf(tx) }, { txid: idOf(tx), vout: 0 }],
  );
  const entry = await call(node, "getmempoolentry", [idOf(tx)]);
  assertEquals([entry.vsize, entry.fees.base], [61, 0.000005]);
  assertEquals((await call(node, "getmempoolentry", [txid])).code, -5);
  assertEquals((await call(node, "walletprocesspsbt", ["cHNi"])).code, -18);
});

Deno.test("generatetoaddress mines to an address, and amounts are written to eight places", async () => {
  await using node = await startTestNode();
  const script = Uint8Array.from([0x00, 20, ...new Array(20).fill(7)]);
  const address = canonicalAddress(script, "regtest");
  const hashes = await call(node, "generatetoaddress", [3, address]);
  assertEquals([hashes.length, hashes.at(-1), node.height], [3, node.bestHash, 103]);
  const { transactions: [coinbase] } = decodeBlock([...node.blocks()].at(-1)!);
  assertEquals(coinbase!.outputs[0]!.script, script);
  const params = [displayHash(coinbase!.txid), 0];
  const { body } = await post(node, JSON.stringify({ id: 1, method: "gettxout", params }));
  assertStringIncludes(body, '"value":50.00000000,');
  const wrong = await call(node, "generatetoaddress", [1, "bc1nothing"]);
  assertEquals([wrong.code, wrong.message], [-5, "Error: Invalid address"]);
  assertEquals((await call(node, "generatetoaddress", [1_001, address])).code, -8);
});
