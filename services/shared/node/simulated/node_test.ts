import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { hashFromDisplay, toHex } from "@gopool/chain";
import { seededRandom, systemClock } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { buildBlock, goodDraft, groundOf } from "./draft.ts";
import { decodeBlock } from "./decode.ts";
import { HARMLESS, mutated, MUTATIONS } from "./mutations.ts";
import { call, startTestNode, stillParked } from "./node_fixture.ts";

const RULES = { rules: ["segwit"] };
const now = () => Math.floor(systemClock.now() / 1000);

Deno.test("getblocktemplate gives every field that Bitcoin Core gives", async () => {
  await using node = await startTestNode({ transactionsPerBlock: 30 });
  const template = await call(node, "getblocktemplate", [RULES]);
  assertEquals(Object.keys(template).sort(), [
    "bits",
    "capabilities",
    "coinbaseaux",
    "coinbasevalue",
    "curtime",
    "default_witness_commitment",
    "height",
    "longpollid",
    "mintime",
    "mutable",
    "noncerange",
    "previousblockhash",
    "rules",
    "sigoplimit",
    "sizelimit",
    "target",
    "transactions",
    "vbavailable",
    "vbrequired",
    "version",
    "weightlimit",
  ]);
  assertEquals(template.height, 101);
  assertEquals(template.previousblockhash, node.bestHash);
  assertEquals(template.bits, "207fffff");
  assertEquals(template.transactions.length, 30);
  const fees = template.transactions.reduce((sum: number, tx: { fee: number }) => sum + tx.fee, 0);
  assertEquals(template.coinbasevalue, 5_000_000_000 + fees);
  assertMatch(template.default_witness_commitment, /^6a24aa21a9ed[0-9a-f]{64}$/);
  // With and without witness, and some hang on others before them.
  const kinds = template.transactions.map((tx: { txid: string; hash: string }) =>
    tx.txid !== tx.hash
  );
  assert(kinds.includes(true) && kinds.includes(false));
  template.transactions.forEach((tx: { depends: number[] }, i: number) => {
    for (const parent of tx.depends) assert(parent >= 1 && parent <= i);
  });
});

Deno.test("a block of the template's transactions is connected, and the mempool fills again", async () => {
  await using node = await startTestNode({ transactionsPerBlock: 50, random: seededRandom(9) });
  for (let i = 0; i < 5; i++) {
    const template = await call(node, "getblocktemplate", [RULES]);
    const draft = goodDraft({
      ...groundOf(node, now()),
      previousHash: hashFromDisplay(template.previousblockhash),
    });
    draft.transactions.length = 1;
    draft.transactions[0]!.outputs[0]!.value = BigInt(template.coinbasevalue);
    const bytes = withTransactions(draft, template);
    assertEquals(await call(node, "getblocktemplate", [{ mode: "proposal", data: bytes }]), null);
    assertEquals(await call(node, "submitblock", [bytes]), null);
    assertEquals(node.mempoolSize, 50);
  }
  assertEquals(node.height, 105);
  assertEquals(node.submissions.map(({ answer }) => answer), Array(5).fill(null));
});

/** The draft's block with raw transactions of a template after its coinbase, as hex. */
function withTransactions(
  draft: ReturnType<typeof goodDraft>,
  template: { transactions: { data: string }[]; default_witness_commitment: string },
): string {
  draft.commitment = "none";
  const [coinbase] = draft.transactions;
  coinbase!.outputs.push({
    value: 0n,
    script: Uint8Array.fromHex(template.default_witness_commitment),
  });
  // Read back into drafts, so that the merkle root and the proof are made over all of them.
  for (const { data } of template.transactions) {
    const empty = buildBlock({ ...draft, transactions: [] });
    const block = decodeBlock(
      Uint8Array.fromHex(toHex(empty.subarray(0, 80)) + "01" + data),
    );
    const [tx] = block.transactions;
    draft.transactions.push({
      version: tx!.version,
      lockTime: tx!.lockTime,
      outputs: [...tx!.outputs],
      inputs: tx!.inputs.map((input) => ({ ...input, witness: [...input.witness] })),
    });
  }
  return toHex(buildBlock(draft));
}

Deno.test("getblocktemplate demands the segwit rule and a known mode", async () => {
  await using node = await startTestNode();
  for (const params of [[], [{}], [{ rules: ["csv"] }], [{ rules: "segwit" }]]) {
    const refusal = await call(node, "getblocktemplate", params);
    assertEquals([refusal.status, refusal.code], [500, -8]);
    assertMatch(refusal.message, /segwit rule set/);
  }
  assertEquals((await call(node, "getblocktemplate", [{ mode: "x" }])).message, "Invalid mode");
  assertEquals((await call(node, "getblocktemplate", [7])).code, -3);
});

Deno.test("submitblock and a proposal answer with the same reasons, a proposal without the proof", async () => {
  await using node = await startTestNode();
  const ground = groundOf(node, now());
  for (const mutation of MUTATIONS) {
    const data = toHex(buildBlock(mutated(mutation, ground)));
    const proposed = await call(node, "getblocktemplate", [{ mode: "proposal", data }]);
    const expected = mutation.reason === "high-hash"
      ? null
      : mutation.reason === "prev-blk-not-found"
      ? "inconclusive-not-best-prevblk"
      : mutation.reason;
    assertEquals(proposed, expected, mutation.given);
  }
  // Only now: a header that was submitted once is known, and a proposal of it is a duplicate.
  for (const mutation of MUTATIONS) {
    const data = toHex(buildBlock(mutated(mutation, ground)));
    assertEquals(await call(node, "submitblock", [data]), mutation.reason, mutation.given);
  }
  assertEquals(node.height, 100);
});

Deno.test("a proposal of a known block says how it is known", async () => {
  await using node = await startTestNode();
  const ground = groundOf(node, now());
  const propose = (data: string) => call(node, "getblocktemplate", [{ mode: "proposal", data }]);
  const good = toHex(buildBlock(goodDraft(ground)));
  const sibling = toHex(buildBlock(mutated(HARMLESS[1]!, ground)));
  const bad = toHex(
    buildBlock(mutated(MUTATIONS.find(({ reason }) => reason === "bad-cb-amount")!, ground)),
  );
  assertEquals(await call(node, "submitblock", [bad]), "bad-cb-amount");
  assertEquals(await call(node, "submitblock", [good]), null);
  assertEquals(await call(node, "submitblock", [sibling]), "inconclusive");
  assertEquals(await propose(good), "duplicate");
  assertEquals(await propose(bad), "duplicate-invalid");
  assertEquals(await propose(sibling), "duplicate-inconclusive");
  assertEquals(await propose("00"), { status: 500, code: -22, message: "Block decode failed" });
  assertEquals(await call(node, "submitblock", ["zz"]), {
    status: 500,
    code: -22,
    message: "Block decode failed",
  });
});

Deno.test("a long poll ends with a new tip, and with a new mempool once it is old enough", async () => {
  await using node = await startTestNode({ longPollMempoolAfterMs: 0 });
  const { longpollid } = await call(node, "getblocktemplate", [RULES]);
  const poll = (id: string) => call(node, "getblocktemplate", [{ ...RULES, longpollid: id }]);

  const first = poll(longpollid);
  await stillParked(node, first);
  node.addTransactions(1);
  const second = await first;
  assertEquals([second.transactions.length, second.height], [1, 101]);

  const parked = poll(second.longpollid);
  await stillParked(node, parked);
  node.mineBlock();
  assertEquals((await parked).height, 102);

  // What is known to be old already does not park.
  assertEquals((await poll(longpollid)).height, 102);
});

Deno.test("a young long poll ends with a new tip only; after a minute also with a new mempool", async () => {
  const clock = new FakeClock();
  await using node = await startTestNode({ clock });
  const poll = (longpollid: string) => call(node, "getblocktemplate", [{ ...RULES, longpollid }]);
  const { longpollid } = await call(node, "getblocktemplate", [RULES]);
  const first = poll(longpollid);
  await stillParked(node, first);
  node.addTransactions(3);
  await waitFor(() => clock.sleepers === 1, "the poll to wait for its age");
  await stillParked(node, first);
  node.mineBlock();
  const second = await within(first);
  assertEquals(second.height, 102);

  const parked = poll(second.longpollid);
  await stillParked(node, parked);
  node.addTransactions(2);
  await waitFor(() => clock.sleepers === 1, "the poll to wait for its age");
  await clock.advance(59_000);
  await stillParked(node, parked);
  await clock.advance(1_000);
  assertEquals((await within(parked)).transactions.length, 2);
});

/** What the call gives, soon: a clock that stands still must not be what it waits for. */
async function within<T>(pending: Promise<T>): Promise<T> {
  let ended = false;
  pending.then(() => ended = true, () => ended = true);
  await waitFor(() => ended, "the answer");
  return await pending;
}

Deno.test("a caller that goes away frees its place", async () => {
  await using node = await startTestNode();
  const { longpollid } = await call(node, "getblocktemplate", [RULES]);
  for (let i = 0; i < 5; i++) {
    const gone = new AbortController();
    const parked = call(node, "getblocktemplate", [{ ...RULES, longpollid }], gone.signal);
    await stillParked(node, parked);
    gone.abort();
    await assertRejects(() => parked);
    await waitFor(() => node.callsInHand === 0, "the place to be free");
  }
  assertEquals(await call(node, "getblockcount"), 100);
});
