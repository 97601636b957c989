import { assertEquals, assertNotEquals } from "@std/assert";
import { decodeBlock, type Sats, scriptOfAddress, VARIANT_POOL, VARIANT_SOLO } from "@gopool/chain";
import { type Node, NodeRefused, openNode } from "@gopool/node";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import type { Job } from "@gopool/proto";
import { seededRandom, systemClock } from "@gopool/runtime";
import { emptyJob, type JobFrame, jobFromTemplate } from "./build.ts";
import { BIP320_MASK, payee, POOL, POOL_SCRIPT, splitOf } from "./fixture.ts";
import { ScriptedNode, TEMPLATE, TIP } from "./node_fixture.ts";
import { checkLayout, layoutKey, sampleBlock } from "./layout.ts";
import { coinbaseRoom, fixedCoinbaseBytes, ownVariants, splitVariants } from "./variants.ts";

const FRAME: JobFrame = {
  pool: POOL,
  network: "regtest",
  tag: "/GoPool/",
  versionMask: BIP320_MASK,
};
const SETTINGS = { poolScript: POOL_SCRIPT, soloFeeBasisPoints: 100 };
const SIGNAL = new AbortController().signal;
const TAPROOT = scriptOfAddress(
  "bcrt1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqvg32hk",
  "regtest",
);

async function simulated(options: { premine?: number; transactions?: number } = {}) {
  const node = await startSimulatedNode({
    memory: true,
    port: 0,
    user: "pool",
    password: "x",
    difficulty: { fixedBits: 0x207fffff },
    transactionsPerBlock: options.transactions ?? 8,
    premine: options.premine ?? 100,
    clock: systemClock,
    random: seededRandom(3),
  });
  const rpc = openNode({ url: new URL(node.url) }, { clock: systemClock });
  return {
    node,
    rpc,
    async [Symbol.asyncDispose]() {
      await rpc[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
    },
  };
}

let counter = 0;

/** The job of the node's template with everything a job can offer. */
async function jobOf(rpc: Node, tag = FRAME.tag) {
  const template = await rpc.template();
  const value = template.coinbaseValue;
  const split = splitOf([
    { sats: value / 2n, script: payee(1) },
    { sats: value / 4n, script: TAPROOT },
    { sats: value / 8n, script: payee(2) },
    { sats: 1n, script: payee(3) },
  ]);
  const id = (counter++).toString(16).padStart(16, "0");
  const parts = {
    id,
    variants: ownVariants(SETTINGS),
    nowMs: systemClock.now(),
    ntime: template.curtime,
  };
  const bare = jobFromTemplate({ ...FRAME, tag }, template, parts);
  const room = {
    value,
    fixedBytes: fixedCoinbaseBytes(bare.coinbasePrefix.length, bare.witnessCommitment.length),
    maxBytes: coinbaseRoom(template),
  };
  const variants = [...parts.variants, ...splitVariants(SETTINGS, split, room)];
  const job = jobFromTemplate({ ...FRAME, tag }, template, { ...parts, variants });
  return { job, transactions: template.transactions.map(({ data }) => data), parts };
}

const ask = (rpc: Node, job: Job, variant: number, transactions: readonly Uint8Array[]) =>
  checkLayout(rpc, job, variant, transactions, TAPROOT, SIGNAL);

async function allGood(rpc: Node, node: SimulatedNode, tag?: string): Promise<void> {
  const { job, transactions, parts } = await jobOf(rpc, tag);
  assertEquals(job.variants.length, 4);
  for (const { id, name } of job.variants) {
    const verdict = await ask(rpc, job, id, transactions);
    assertEquals(verdict, { kind: "good" }, `"${name}" at height ${node.height + 1}`);
  }
  const empty = emptyJob({ ...FRAME, tag: tag ?? FRAME.tag }, await rpc.tip(), parts);
  for (const { id } of empty.variants) {
    assertEquals(await ask(rpc, empty, id, []), { kind: "good" });
  }
}

Deno.test("the node approves every coinbase, full and empty, from the first height on", async () => {
  await using s = await simulated({ premine: 0 });
  for (let height = 1; height <= 20; height++) {
    await allGood(s.rpc, s.node);
    s.node.mineBlock();
  }
});

Deno.test("the node approves every coinbase where heights grow by a byte, with transactions, under a long tag", async () => {
  await using s = await simulated({ premine: 126 });
  for (let i = 0; i < 4; i++) {
    await allGood(s.rpc, s.node);
    await allGood(s.rpc, s.node, "/".repeat(40));
    s.node.mineBlock();
  }
});

Deno.test("a coinbase that asks for a satoshi too much is bad, by the node's own word", async () => {
  await using s = await simulated();
  const { job, transactions } = await jobOf(s.rpc);
  job.coinbaseValue += 1n;
  assertEquals(await ask(s.rpc, job, VARIANT_POOL, transactions), {
    kind: "bad",
    reason: "bad-cb-amount",
  });
});

Deno.test("a wrong commitment and a wrong height are bad too", async () => {
  await using s = await simulated();
  const { job, transactions } = await jobOf(s.rpc);
  job.witnessCommitment = job.witnessCommitment.slice();
  job.witnessCommitment[20]! ^= 1;
  assertEquals(await ask(s.rpc, job, VARIANT_POOL, transactions), {
    kind: "bad",
    reason: "bad-witness-merkle-match",
  });
  const other = await jobOf(s.rpc);
  const at = 42; // the height's push opens the scriptSig
  other.job.coinbasePrefix[at + 1]! ^= 3;
  assertEquals(await ask(s.rpc, other.job, VARIANT_POOL, other.transactions), {
    kind: "bad",
    reason: "bad-cb-height",
  });
});

Deno.test("a tip that moved meanwhile decides nothing about the coinbase", async () => {
  await using s = await simulated();
  const { job, transactions } = await jobOf(s.rpc);
  s.node.mineBlock();
  const verdict = await ask(s.rpc, job, VARIANT_POOL, transactions);
  assertEquals(verdict, { kind: "undecided", reason: "inconclusive-not-best-prevblk" });
});

Deno.test("times, bits and the template's own transactions condemn no coinbase", async () => {
  await using s = await simulated();
  const { job, transactions } = await jobOf(s.rpc);
  for (
    const [change, data] of [
      [{ ntime: 1 }, transactions],
      [{ nbits: 0x1d00ffff }, transactions],
      [{}, transactions.slice(1)], // a branch that is not theirs
    ] as const
  ) {
    const { kind } = await ask(s.rpc, { ...job, ...change }, VARIANT_POOL, data);
    assertEquals(kind, "undecided");
  }
});

Deno.test("what a node refuses to answer is told apart: undecodable is bad, no proposals is unchecked", async () => {
  const node = new ScriptedNode();
  const parts = {
    id: "0000000100000000",
    variants: ownVariants(SETTINGS),
    nowMs: 0,
    ntime: TEMPLATE.curtime,
  };
  const job = jobFromTemplate(FRAME, TEMPLATE, parts);
  const kinds: Record<number, string> = {};
  for (const code of [-22, -8, -32601, -1, -32603]) {
    node.word = () => Promise.reject(new NodeRefused("getblocktemplate", code, "no"));
    kinds[code] = (await ask(node, job, VARIANT_POOL, [])).kind;
  }
  assertEquals(kinds, {
    [-22]: "bad",
    [-8]: "unchecked",
    [-32601]: "unchecked",
    [-1]: "undecided",
    [-32603]: "undecided",
  });
});

Deno.test("btcd's words and Core's are understood alike", async () => {
  const node = new ScriptedNode();
  const { job } = scripted();
  const verdicts = {
    "bad-cb-value": "bad",
    "bad-cb-length": "bad",
    "bad-witness-nonce-size": "bad",
    "bad-signet-blksig": "bad",
    "bad-prevblk": "undecided",
    "bad-diffbits": "undecided",
    "bad-version(0x00000001)": "undecided",
    "time-too-old": "undecided",
    "bad-txns-inputs-missingorspent": "undecided",
    "rejected: something new": "undecided",
  };
  for (const [word, kind] of Object.entries(verdicts)) {
    node.word = () => Promise.resolve(word);
    assertEquals((await ask(node, job, VARIANT_POOL, [])).kind, kind, word);
  }
});

Deno.test("the sample block is whole: header, coinbase with its witness, the template's transactions", () => {
  const { job, transactions } = scripted();
  const block = decodeBlock(sampleBlock(job, VARIANT_SOLO, transactions, TAPROOT));
  assertEquals(block.transactions.length, 1 + transactions.length);
  assertEquals(block.header.previousHash, TIP.hash);
});

function scripted(): { job: Job; transactions: Uint8Array[] } {
  const id = (counter++).toString(16).padStart(16, "0");
  const job = jobFromTemplate(FRAME, TEMPLATE, {
    id,
    variants: ownVariants(SETTINGS),
    nowMs: 0,
    ntime: TEMPLATE.curtime,
  });
  return { job, transactions: TEMPLATE.transactions.map(({ data }) => data) };
}

Deno.test("a layout is new with its snapshot, its outputs' kinds, its commitment or a longer height, and only then", () => {
  const keyAt = (height: number, value = TEMPLATE.coinbaseValue) => {
    const template = { ...TEMPLATE, height, coinbaseValue: value };
    const variants = ownVariants(SETTINGS);
    const parts = { id: "00".repeat(8), variants, nowMs: 0, ntime: TEMPLATE.curtime };
    return layoutKey(jobFromTemplate(FRAME, template, parts), VARIANT_POOL);
  };
  assertEquals(keyAt(500), keyAt(501));
  assertEquals(keyAt(500), keyAt(500, 1n as Sats));
  for (const [a, b] of [[16, 17], [127, 128], [32_767, 32_768]] as const) {
    assertNotEquals(keyAt(a), keyAt(b));
  }
  const { job } = scripted();
  assertNotEquals(layoutKey(job, VARIANT_POOL), layoutKey(job, VARIANT_SOLO));
  const without = { ...job, witnessCommitment: new Uint8Array() };
  assertNotEquals(layoutKey(job, VARIANT_POOL), layoutKey(without, VARIANT_POOL));
  const [variant] = job.variants;
  const snapshot = { ...job, variants: [{ ...variant!, snapshotId: Uint8Array.of(1) }] };
  assertNotEquals(layoutKey(job, VARIANT_POOL), layoutKey(snapshot, VARIANT_POOL));
});
