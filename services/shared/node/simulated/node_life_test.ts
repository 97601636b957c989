import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { hashFromDisplay, headerHash, toHex } from "@gopool/chain";
import { type Logger, systemClock } from "@gopool/runtime";
import { buildBlock, encodeTransaction, goodDraft, groundOf, spend } from "./draft.ts";
import { mutated, MUTATIONS } from "./mutations.ts";
import { PortTaken } from "./http.ts";
import { ChainInUse } from "./store.ts";
import { call, startTestNode, stillParked } from "./node_fixture.ts";

const RULES = { rules: ["segwit"] };
const now = () => Math.floor(systemClock.now() / 1000);

Deno.test("the chain is shown as Bitcoin Core shows it", async () => {
  await using node = await startTestNode({ transactionsPerBlock: 3 });
  const { hash } = node.mineBlock();
  const info = await call(node, "getblockchaininfo");
  assertEquals(
    [info.chain, info.blocks, info.bestblockhash, info.initialblockdownload],
    ["regtest", 101, hash, false],
  );
  assertEquals(await call(node, "getbestblockhash"), hash);
  assertEquals(await call(node, "getblockcount"), 101);
  assertEquals(await call(node, "getblockhash", [101]), hash);
  assertEquals(
    await call(node, "getblockhash", [0]),
    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
  );
  assertEquals((await call(node, "getblockhash", [102])).code, -8);
  const header = await call(node, "getblockheader", [hash]);
  assertEquals([header.confirmations, header.height, header.nTx], [1, 101, 4]);
  const raw = await call(node, "getblockheader", { blockhash: hash, verbose: false });
  assertEquals(headerHash(Uint8Array.fromHex(raw)), hashFromDisplay(hash));
  const block = await call(node, "getblock", [hash]);
  assertEquals([block.tx.length, block.previousblockhash], [
    4,
    await call(node, "getblockhash", [100]),
  ]);
  const bytes = Uint8Array.fromHex(await call(node, "getblock", [hash, 0]));
  assertEquals([bytes.length, bytes], [block.size, [...node.blocks()].at(-1)!]);
  assertEquals((await call(node, "getblockheader", ["00".repeat(32)])).code, -5);
  assertEquals((await call(node, "getblockheader", ["00"])).code, -8);
  assertEquals((await call(node, "getmininginfo")).next.height, 102);
  assertEquals((await call(node, "getnetworkinfo")).connections, 8);
});

Deno.test("a chain that ripens faster says so in its log and its warnings, any other has none", async () => {
  await using node = await startTestNode();
  assertEquals((await call(node, "getblockchaininfo")).warnings, []);
  const said: string[] = [];
  const log = { info: (sentence: string) => said.push(sentence) } as unknown as Logger;
  await using quick = await startTestNode({ maturity: 5, log });
  const [warning] = (await call(quick, "getblockchaininfo")).warnings;
  assertMatch(warning, /a simulation: a block's reward may be spent after 5 blocks, not 100$/);
  assertEquals(said, [warning]);
  await assertRejects(() => startTestNode({ maturity: 0 }), RangeError, "must be 1 or more");
});

Deno.test("reorganise() replaces the last blocks, and what they held waits again", async () => {
  await using node = await startTestNode();
  node.addTransactions(6);
  const lost = node.mineBlock();
  node.mineBlock();
  const won = node.reorganise(2);
  assertEquals([won.height, node.height, node.bestHash], [103, 103, won.hash]);
  assertEquals(node.mempoolSize, 6);
  assertEquals((await call(node, "getblockheader", [lost.hash])).confirmations, -1);
  const tips = await call(node, "getchaintips");
  assertEquals(
    tips.map(({ status, branchlen }: { status: string; branchlen: number }) => [status, branchlen]),
    [["active", 0], ["valid-fork", 2]],
  );
});

Deno.test("invalidateblock lowers the chain and reconsiderblock raises it again", async () => {
  await using node = await startTestNode();
  const { hash } = node.mineBlock();
  assertEquals(await call(node, "invalidateblock", [hash]), null);
  assertEquals(node.height, 100);
  assertEquals((await call(node, "getchaintips"))[0].status, "invalid");
  assertEquals(await call(node, "reconsiderblock", [hash]), null);
  assertEquals(node.bestHash, hash);
});

Deno.test("sendrawtransaction takes what a block could hold and refuses the rest in Bitcoin Core's words", async () => {
  await using node = await startTestNode();
  const ground = groundOf(node, now());
  const send = (tx: ReturnType<typeof spend>) =>
    call(node, "sendrawtransaction", [toHex(encodeTransaction(tx))]);
  const first = spend(ground.bare[0]!, 500n);
  const id = await send(first);
  assertMatch(id, /^[0-9a-f]{64}$/);
  assertEquals(await send(first), id);
  assertEquals(await call(node, "getrawmempool"), [id]);
  assertEquals(await call(node, "getrawtransaction", [id]), toHex(encodeTransaction(first)));
  assertEquals((await call(node, "getmempoolinfo")).size, 1);
  const { status, code, message } = await send(spend(ground.bare[0]!, 510n));
  assertEquals([status, code], [500, -26]);
  assertMatch(
    message,
    /^insufficient fee, rejecting replacement [0-9a-f]{64}, not enough additional/,
  );
  const stranger = { outpoint: new Uint8Array(36).fill(1), value: 5_000n };
  assertEquals((await send(spend(stranger, 1n))).message, "bad-txns-inputs-missingorspent");
  assertEquals((await send(spend(stranger, 1n))).code, -25);
  assertEquals(
    (await send(spend(ground.young, 1n))).message,
    "bad-txns-premature-spend-of-coinbase",
  );
  assertEquals((await send({ ...spend(ground.bare[1]!, 1n), outputs: [] })).code, -26);
  assertEquals((await call(node, "sendrawtransaction", ["00"])).code, -22);
  node.mineBlock();
  assertEquals((await send(first)).code, -27);
  assertEquals((await call(node, "gettxout", [id, 0])).confirmations, 1);
  assertEquals(await call(node, "gettxout", [id, 1]), null);
});

Deno.test("the node warms up, syncs, stalls and refuses as it is told", async () => {
  await using node = await startTestNode();
  node.warmingUp(true);
  assertEquals((await call(node, "getblockcount")).code, -28);
  node.warmingUp(false);
  node.syncing(true);
  assertEquals((await call(node, "getblocktemplate", [RULES])).code, -10);
  assertEquals((await call(node, "getblockchaininfo")).initialblockdownload, true);
  node.syncing(false);
  node.stall(true);
  const parked = call(node, "getblockcount");
  await stillParked(node, parked);
  node.stall(false);
  assertEquals(await parked, 100);
  node.refuse("rejected by a test");
  const good = toHex(buildBlock(goodDraft(groundOf(node, now()))));
  assertEquals(await call(node, "submitblock", [good]), "rejected by a test");
  node.refuse(null);
  assertEquals(await call(node, "submitblock", [good]), null);
});

Deno.test("a node closes while calls are stalled and parked", async () => {
  const node = await startTestNode();
  const { longpollid } = await call(node, "getblocktemplate", [RULES]);
  const parked = call(node, "getblocktemplate", [{ ...RULES, longpollid }]).catch(() => "cut");
  await stillParked(node, parked);
  node.stall(true);
  const stalled = call(node, "getblockcount").catch(() => "cut");
  await stillParked(node, stalled);
  await node[Symbol.asyncDispose]();
  assertEquals([await parked, await stalled], ["cut", "cut"]);
});

Deno.test("a hard node mines without a proof when told to, and takes no such block from others", async () => {
  await using node = await startTestNode({ difficulty: { fixedBits: 0x1a00ffff } });
  const { proven, height } = node.mineBlock();
  assertEquals([proven, height], [false, 101]);
  assertEquals(node.reorganise(1).height, 102);
  const draft = { ...goodDraft(groundOf(node, now())), nbits: 0x207fffff };
  assertEquals(await call(node, "submitblock", [toHex(buildBlock(draft))]), "bad-diffbits");
});

Deno.test("setMempool() puts other transactions in the place of those that wait", async () => {
  await using node = await startTestNode({ transactionsPerBlock: 9 });
  const { bare } = groundOf(node, now());
  const mine = encodeTransaction(spend(bare[0]!, 77n));
  assertEquals(node.setMempool([mine]), 1);
  const [only] = (await call(node, "getblocktemplate", [RULES])).transactions;
  assertEquals([only.data, only.fee], [toHex(mine), 77]);
});

Deno.test("without a premine the chain begins at the genesis block and takes blocks from height 1", async () => {
  await using node = await startTestNode({ premine: 0, transactionsPerBlock: 4 });
  const template = await call(node, "getblocktemplate", [RULES]);
  assertEquals([template.height, template.transactions.length], [1, 0]);
  for (let height = 1; height <= 20; height++) assertEquals(node.mineBlock().height, height);
});

Deno.test("a restart keeps the chain, the tip, the coins and what was refused", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    let tip: string, bad: string;
    {
      await using node = await startTestNode({ dataDir, transactionsPerBlock: 5 });
      const ground = groundOf(node, now());
      const amount = MUTATIONS.find(({ reason }) => reason === "bad-cb-amount")!;
      bad = toHex(buildBlock(mutated(amount, ground)));
      assertEquals(await call(node, "submitblock", [bad]), "bad-cb-amount");
      node.mineBlock();
      node.mineBlock();
      node.reorganise(1);
      tip = node.bestHash;
      await assertRejects(() => startTestNode({ dataDir }), ChainInUse, "open in another process");
    }
    await using node = await startTestNode({ dataDir, transactionsPerBlock: 5 });
    assertEquals([node.height, node.bestHash, node.mempoolSize], [103, tip, 5]);
    assertEquals(await call(node, "submitblock", [bad]), "duplicate-invalid");
    assertEquals((await call(node, "getchaintips")).length, 3);
    assertEquals(node.reorganise(2).height, 104);
    for (let i = 0; i < 3; i++) node.mineBlock();
    assertEquals(node.height, 107);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a taken port is said so", async () => {
  await using node = await startTestNode();
  await assertRejects(() => startTestNode({ port: node.port }), PortTaken, `Port ${node.port}`);
});
