import { assertEquals, assertRejects } from "@std/assert";
import { fromHex, type Hash, hashFromDisplay, headerHash, toHex } from "@gopool/chain";
import { FakeClock } from "@gopool/testing";
import { openNode } from "./open.ts";
import { type Node, NodeMalformed, NodeRefused, NodeUnavailable } from "./port.ts";
import { answering, type Asked, Refusal } from "./server_fixture.ts";

type Methods = Parameters<typeof answering>[0];

const CORE: Methods = { getnetworkinfo: () => ({}) };
const BTCD: Methods = { version: () => ({ btcdjsonrpcapi: {} }) };
const TXID = hashFromDisplay("11".repeat(32));
const RAW = fromHex("0200");

/** A node that answers in the process; `text` changes the whole answer as it is written. */
function scripted(methods: Methods, text: (json: string) => string = (json) => json) {
  const asked: Asked[] = [];
  const clock = new FakeClock();
  const node = openNode({ url: new URL("http://127.0.0.1:8332") }, {
    clock,
    fetch: (_, { body }) => {
      const calls = JSON.parse(body as string) as Asked | Asked[];
      asked.push(...[calls].flat());
      return Promise.resolve(new Response(text(JSON.stringify(answering(methods)(calls)))));
    },
  });
  const last = () => asked.at(-1)!;
  return { node, clock, last };
}

/** gettxout's answer with the amount written as given. */
function coinOf(value: string, changes: Record<string, unknown> = {}) {
  const answer = {
    bestblock: "00".repeat(32),
    confirmations: 7,
    value: "VALUE",
    scriptPubKey: { hex: "51" },
    coinbase: true,
    ...changes,
  };
  return scripted(
    { ...CORE, gettxout: () => answer },
    (json) => json.replace('"VALUE"', value),
  ).node.coin(TXID, 1, { mempool: false });
}

Deno.test("coin() reads the amount out of the text that the node wrote", async () => {
  assertEquals(await coinOf("20999999.97690000"), {
    sats: 2_099_999_997_690_000n as never,
    script: Uint8Array.of(0x51),
    confirmations: 7,
    coinbase: true,
  });
  assertEquals((await coinOf("1e-08"))!.sats, 1n as never);
  assertEquals((await coinOf("50"))!.sats, 5_000_000_000n as never);
});

Deno.test("coin() takes no amount that is none, and no coin without its fields", async () => {
  for (const value of ["0.123456789", "-1.0", "21000001", "null", "true", "[1]"]) {
    await assertRejects(() => coinOf(value), NodeMalformed, "value of the coin");
  }
  await assertRejects(() => coinOf("1", { coinbase: 1 }), NodeMalformed, "coinbase of the coin");
  await assertRejects(() => coinOf("1", { scriptPubKey: "51" }), NodeMalformed, "scriptPubKey");
  await assertRejects(() => coinOf("1", { confirmations: -1 }), NodeMalformed, "confirmations");
});

Deno.test("coin() is null for a spent one, and asks btcd's mempool by itself", async () => {
  const core = scripted({ ...CORE, gettxout: () => null });
  assertEquals(await core.node.coin(TXID, 3, { mempool: true }), null);
  assertEquals(core.last().params, ["11".repeat(32), 3, true]);
  const spent = scripted({
    ...BTCD,
    gettxspendingprevout: () => [{ txid: "11".repeat(32), vout: 3, spendingtxid: "22" }],
  });
  assertEquals(await spent.node.coin(TXID, 3, { mempool: true }), null);
  assertEquals(spent.last().params, [[{ txid: "11".repeat(32), vout: 3 }]]);
  const none = scripted({
    ...BTCD,
    gettxspendingprevout: () => [{ txid: "11".repeat(32), vout: 3 }],
    gettxout: () => new Refusal(-5, "Output index number (vout) does not exist for transaction."),
  });
  assertEquals(await none.node.coin(TXID, 3, { mempool: true }), null);
});

Deno.test("block() gives the bytes of the block that was asked for and of no other", async () => {
  const raw = new Uint8Array(100).fill(1);
  const hash = headerHash(raw.subarray(0, 80));
  const { node } = scripted({ ...CORE, getblock: () => toHex(raw) });
  assertEquals(await node.block(hash), raw);
  await assertRejects(() => node.block(TXID), NodeMalformed, "not the block that was asked for");
  for (
    const [answer, problem] of [[7, "a text of at most"], ["0", "hex"], ["00", "not the block"]]
  ) {
    const { node } = scripted({ ...CORE, getblock: () => answer });
    await assertRejects(() => node.block(hash), NodeMalformed, problem as string);
  }
  const huge = scripted({ ...CORE, getblock: () => "00".repeat(4_000_001) });
  await assertRejects(() => huge.node.block(hash), NodeMalformed, "at most 4000000 bytes");
});

Deno.test("block() is null for a block that nobody knows, and says so of a pruned one", async () => {
  const unknown = scripted({ ...CORE, getblock: () => new Refusal(-5, "Block not found") });
  assertEquals(await unknown.node.block(TXID), null);
  const words = "Block not available (pruned data)";
  const pruned = scripted({ ...CORE, getblock: () => new Refusal(-1, words) });
  const error = await assertRejects(() => pruned.node.block(TXID), NodeRefused, words);
  assertEquals(error.code, -1);
  assertEquals(pruned.node.health.ok, true);
});

/** What send() makes of a refusal. */
function sent(methods: Methods, code: number, words: string) {
  const { node } = scripted({ ...methods, sendrawtransaction: () => new Refusal(code, words) });
  return node.send(RAW);
}

Deno.test("send() tells what is known from what is refused, and missing inputs from the rest", async () => {
  const { node, last } = scripted({ ...CORE, sendrawtransaction: () => "11".repeat(32) });
  assertEquals(await node.send(RAW), { kind: "accepted" });
  assertEquals(last().params, ["0200"]);
  const chain = { kind: "known", where: "chain" } as const;
  const mempool = { kind: "known", where: "mempool" } as const;
  const gone = (reason: string) => ({ kind: "refused", reason, missingInputs: true } as const);
  const no = (reason: string) => ({ kind: "refused", reason, missingInputs: false } as const);
  const cases: [Methods, number, string, Awaited<ReturnType<typeof sent>>][] = [
    [CORE, -27, "Transaction outputs already in utxo set", chain],
    [CORE, -27, "Transaction already in block chain", chain],
    [CORE, -26, "txn-already-in-mempool", mempool],
    [
      CORE,
      -25,
      "bad-txns-inputs-missingorspent",
      gone("bad-txns-inputs-missingorspent"),
    ],
    [CORE, -26, "insufficient fee, rejecting", no("insufficient fee, rejecting")],
    [CORE, -25, "Fee exceeds maximum", no("Fee exceeds maximum")],
    [CORE, -22, "TX decode failed.", no("TX decode failed.")],
    [BTCD, -27, "TX rejected: transaction already exists in blockchain", chain],
    [BTCD, -26, "TX rejected: already have transaction in mempool 11", mempool],
    [
      BTCD,
      -25,
      "TX rejected: orphan transaction 11 references outputs of unknown or fully-spent 22",
      gone("TX rejected: orphan transaction 11 references outputs of unknown or fully-spent 22"),
    ],
  ];
  for (const [methods, code, words, answer] of cases) {
    assertEquals(await sent(methods, code, words), answer, words);
  }
});

Deno.test("send() takes no other error for a verdict", async () => {
  await assertRejects(() => sent(CORE, -1, "out of memory"), NodeRefused, "out of memory");
  await assertRejects(() => sent(CORE, -28, "Loading"), NodeUnavailable);
  await assertRejects(() => sent(CORE, -32601, "Method not found"), NodeRefused);
});

Deno.test("testAccept() asks with two parameters and reads the verdict", async () => {
  const judge = (verdict: Record<string, unknown>, methods = CORE) =>
    scripted(
      { ...methods, testmempoolaccept: () => [{ txid: "11", ...verdict }] },
      (json) => json.replace('"FEE"', "0.00001410"),
    );
  const good = judge({ allowed: true, vsize: 141, fees: { base: "FEE" } });
  assertEquals(await good.node.testAccept(RAW), {
    kind: "allowed",
    vsize: 141,
    feeSats: 1410n as never,
  });
  assertEquals(good.last().params, [["0200"], 0.1]);
  const reasons: [string, unknown][] = [
    ["txn-already-known", { kind: "known", where: "chain" }],
    ["txn-same-nonwitness-data-in-mempool", { kind: "known", where: "mempool" }],
    ["missing-inputs", { kind: "refused", reason: "missing-inputs", missingInputs: true }],
    ["dust", { kind: "refused", reason: "dust", missingInputs: false }],
  ];
  for (const [reason, verdict] of reasons) {
    const { node } = judge({ allowed: false, "reject-reason": reason });
    assertEquals(await node.testAccept(RAW), verdict as never);
  }
  const details = judge({
    allowed: false,
    "reject-reason": "insufficient fee",
    "reject-details": "insufficient fee, rejecting replacement 11",
  });
  assertEquals(await details.node.testAccept(RAW), {
    kind: "refused",
    reason: "insufficient fee, rejecting replacement 11",
    missingInputs: false,
  });
  const undecodable = scripted({ ...CORE, testmempoolaccept: () => new Refusal(-22, "TX decode") });
  assertEquals((await undecodable.node.testAccept(RAW)).kind, "refused");
});

Deno.test("feeRate() is in satoshis per 1000 virtual bytes, and null where there is none", async () => {
  const estimates = (answer: unknown) =>
    scripted(
      { ...CORE, estimatesmartfee: () => answer },
      (json) => json.replace('"RATE"', "0.00010203"),
    );
  const { node, last } = estimates({ feerate: "RATE", blocks: 6 });
  assertEquals(await node.feeRate(6), 10_203n as never);
  assertEquals(last().params, [6]);
  const none = estimates({ errors: ["Insufficient data or no feerate found"], blocks: 6 });
  assertEquals(await none.node.feeRate(6), null);
  assertEquals(await scripted(BTCD).node.feeRate(6), null);
  await assertRejects(() => node.feeRate(0), RangeError, "from 1 to 1008");
  await assertRejects(() => node.feeRate(1.5), RangeError);
});

Deno.test("walletProcessPsbt() gives what the wallet made of it, or its words", async () => {
  const { node, last } = scripted({
    ...CORE,
    walletprocesspsbt: () => ({ psbt: "cHNidP8=", complete: true, hex: "00" }),
  });
  assertEquals(await node.walletProcessPsbt("cHNi"), { psbt: "cHNidP8=", complete: true });
  assertEquals(last().params, ["cHNi"]);
  const locked = scripted({
    ...CORE,
    walletprocesspsbt: () => new Refusal(-13, "Error: Please enter the wallet passphrase"),
  });
  await assertRejects(() => locked.node.walletProcessPsbt("cHNi"), NodeRefused, "passphrase");
});

Deno.test("every question to a node that is away ends as unavailable, in its own time", async () => {
  const clock = new FakeClock();
  const silent = openNode({ url: new URL("http://127.0.0.1:8332") }, {
    clock,
    fetch: (_, { body, signal }) => {
      const asked = JSON.parse(body as string) as Asked | Asked[];
      if (Array.isArray(asked)) return Promise.resolve(Response.json(answering(CORE)(asked)));
      return new Promise((_, reject) =>
        signal!.addEventListener("abort", () => reject(signal!.reason), { once: true })
      );
    },
  });
  const questions: ((node: Node) => Promise<unknown>)[] = [
    (node) => node.block(TXID as Hash),
    (node) => node.coin(TXID, 0, { mempool: true }),
    (node) => node.send(RAW),
    (node) => node.testAccept(RAW),
    (node) => node.feeRate(6),
    (node) => node.walletProcessPsbt(""),
  ];
  for (const ask of questions) {
    const answer = assertRejects(() => ask(silent), NodeUnavailable, "did not answer");
    await clock.advance(30_000);
    assertEquals((await answer).why, "unreachable");
  }
  assertEquals(clock.sleepers, 0);
});
