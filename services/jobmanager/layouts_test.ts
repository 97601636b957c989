import { assert, assertEquals } from "@std/assert";
import { scriptOfAddress, VARIANT_POOL, VARIANT_SOLO } from "@gopool/chain";
import { NodeUnavailable } from "@gopool/node";
import type { Job } from "@gopool/proto";
import { captureLog } from "@gopool/testing";
import { createStatusBoard, silent } from "@gopool/runtime";
import { type JobFrame, jobFromTemplate } from "./build.ts";
import { BIP320_MASK, POOL, POOL_SCRIPT } from "./fixture.ts";
import { ScriptedNode, TEMPLATE } from "./node_fixture.ts";
import { outputsIn } from "./layout.ts";
import { Layouts } from "./layouts.ts";
import { LAYOUTS_MAX } from "./limits.ts";
import { ownVariants } from "./variants.ts";

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

let counter = 0;

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

function layouts() {
  const board = createStatusBoard({ now: () => 0 });
  const { log, lines } = captureLog();
  return {
    board,
    lines,
    layouts: new Layouts({ clock: { now: () => 7 }, log, board, accountScript: TAPROOT }),
  };
}

Deno.test("an approved layout is asked about once, whatever job it comes in; so is a refused one", async () => {
  const { layouts: known, board, lines } = layouts();
  const node = new ScriptedNode();
  let asked = 0;
  node.word = () => Promise.resolve(++asked === 2 ? "bad-cb-amount" : null);
  for (let i = 0; i < 5; i++) {
    const { job, transactions } = scripted();
    await known.settle(job, node, transactions, SIGNAL);
    assertEquals(known.verdict(job, VARIANT_POOL), "good");
    assertEquals(known.verdict(job, VARIANT_SOLO), "bad");
  }
  assertEquals(node.proposals, 2);
  assertEquals(lines.filter(({ level }) => level === "error").length, 1);
  assertEquals(board.all().map(({ part, health }) => [part, health]), [
    ["jobmanager/coinbase-solo", "degraded"],
  ]);
});

Deno.test("what could not be decided is asked about again, and the board says so until then", async () => {
  const { layouts: known, board } = layouts();
  const node = new ScriptedNode();
  const { job, transactions } = scripted();
  node.word = () => Promise.reject(new NodeUnavailable("gone", "unreachable"));
  await known.settle(job, node, transactions, SIGNAL);
  assertEquals(known.verdict(job, VARIANT_POOL), undefined);
  assertEquals(board.all().map(({ health }) => health), ["degraded"]);
  node.word = () => Promise.resolve(null);
  await known.settle(job, node, transactions, SIGNAL);
  assertEquals(known.verdict(job, VARIANT_POOL), "good");
  assertEquals(board.all(), []);
});

Deno.test("a check that was called off decides nothing and says nothing", async () => {
  const { layouts: known, board, lines } = layouts();
  const node = new ScriptedNode();
  const stop = new AbortController();
  node.word = () => {
    stop.abort();
    return Promise.resolve("bad-cb-amount");
  };
  const { job } = scripted();
  await known.settle(job, node, [], stop.signal);
  assertEquals([known.verdict(job, VARIANT_POOL), lines.length, board.all().length], [
    undefined,
    0,
    0,
  ]);
});

Deno.test("the memory of layouts is bounded, and what is in use is not forgotten", async () => {
  const known = new Layouts({
    clock: { now: () => 0 },
    log: silent,
    board: createStatusBoard({ now: () => 0 }),
    accountScript: TAPROOT,
  });
  const node = new ScriptedNode();
  const { job } = scripted();
  await known.settle(job, node, [], SIGNAL);
  const [variant] = job.variants;
  const snapshot = (n: number) => ({
    ...job,
    variants: [{ ...variant!, snapshotId: Uint8Array.of(n >> 8, n & 0xff) }],
  });
  for (let n = 0; n < LAYOUTS_MAX + 10; n++) {
    await known.settle(snapshot(n), node, [], SIGNAL);
    assert(known.verdict(job, VARIANT_POOL) === "good");
  }
  assertEquals(known.verdict(job, VARIANT_SOLO), undefined);
  assertEquals(known.verdict(snapshot(0), VARIANT_POOL), undefined);
  assertEquals(known.verdict(snapshot(LAYOUTS_MAX), VARIANT_POOL), "good");
});

Deno.test("what was last said of each layout is told, the last asked first, also where it decided nothing", async () => {
  const { layouts: known } = layouts();
  const node = new ScriptedNode();
  let asked = 0;
  node.word = () => Promise.resolve([null, "stale-prevblk", "bad-cb-amount"][asked++] ?? null);
  const { job } = scripted();
  const shown = () =>
    known.all().map(({ variant, verdict, number }) => [number, variant, verdict.kind]);
  await known.settle(job, node, [], SIGNAL);
  assertEquals(shown(), [[2, "solo", "undecided"], [1, "pool", "good"]]);
  await known.settle(job, node, [], SIGNAL);
  assertEquals(shown(), [[3, "solo", "bad"], [1, "pool", "good"]]);
  assertEquals(known.verdict(job, VARIANT_SOLO), "bad");
  const { key, ...solo } = known.of(job, VARIANT_SOLO)!;
  assertEquals(solo, {
    number: 3,
    jobId: job.id,
    height: job.height,
    variantId: VARIANT_SOLO,
    variant: "solo",
    snapshotId: new Uint8Array(),
    prefixBytes: job.coinbasePrefix.length,
    commits: true,
    verdict: { kind: "bad", reason: "bad-cb-amount" },
    node: node.name,
    atMs: 7,
  });
  assertEquals(outputsIn(key), [
    { amount: "remainder", scriptBytes: null },
    { amount: "feeBasisPoints", scriptBytes: SETTINGS.poolScript.length },
  ]);
});
