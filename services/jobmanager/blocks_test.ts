import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Bus, openBus } from "@gopool/bus";
import {
  assembleBlock,
  coinbaseWithWitness,
  concat,
  encodeHeader,
  equalBytes,
  type Hash,
  headerHash,
  meetsTarget,
  rootFromBranch,
  sha256d,
  toHex,
  type UnixSeconds,
} from "@gopool/chain";
import { openNodes } from "@gopool/node";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import type { Job } from "@gopool/proto";
import { createStatusBoard, seededRandom, silent, systemClock } from "@gopool/runtime";
import { prepareJob, variantSuffix } from "@gopool/shares";
import { openState } from "@gopool/state";
import { waitFor } from "@gopool/testing";
import { jobsOn, payee, SETTINGS, templatesOn } from "./fixture.ts";
import { createJobmanager, type JobmanagerSettings } from "./service.ts";

/** The jobmanager over simulated nodes, in real time. */
async function pool(count: number, settings: Partial<JobmanagerSettings> = {}) {
  await using open = new AsyncDisposableStack();
  const simulated: SimulatedNode[] = [];
  for (let i = 0; i < count; i++) {
    simulated.push(open.use(
      await startSimulatedNode({
        memory: true,
        port: 0,
        user: "pool",
        password: "x",
        difficulty: { fixedBits: 0x207fffff },
        transactionsPerBlock: 6,
        clock: systemClock,
        random: seededRandom(5),
      }),
    ));
  }
  const bus = open.use(await openBus("memory:", { clock: systemClock }));
  const state = open.use(await openState(new URL("memory:"), { clock: systemClock }));
  const board = createStatusBoard(systemClock);
  const nodes = open.use(openNodes(
    { nodes: simulated.map(({ url }) => ({ url: new URL(url) })), goneForMs: 1_000 },
    { clock: systemClock },
  ));
  const stop = new AbortController();
  const running = createJobmanager({
    bus,
    state,
    nodes,
    clock: systemClock,
    log: silent,
    board,
    holder: "a",
    settings: { ...SETTINGS, ...settings },
  }).run(stop.signal);
  open.defer(async () => {
    stop.abort();
    await running;
  });
  const owned = open.move();
  return {
    bus,
    board,
    simulated,
    node: simulated[0]!,
    newest: async () => (await jobsOn(bus)).at(-1),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The newest full job on this node's tip. */
function fullJobOn(p: { bus: Bus }, node: SimulatedNode): Promise<Job> {
  return waitFor(async () => {
    const job = (await jobsOn(p.bus)).at(-1);
    const tip = job && toHex(job.previousHash.toReversed());
    return job !== undefined && job.merkleBranch.length > 0 && tip === node.bestHash ? job : null;
  }, "a full job on the tip");
}

/** What a miner, a gateway and a judge make of a job together: a whole block. */
async function mine(bus: Bus, job: Job, variant: number): Promise<Uint8Array> {
  const prepared = prepareJob(job);
  const templates = await templatesOn(bus);
  const transactions = job.templateId === ""
    ? []
    : templates.find(({ id }) => id === job.templateId)!.transactions;
  const suffix = variantSuffix(prepared, variant, payee(9));
  const coinbase = concat(job.coinbasePrefix, new Uint8Array(12).fill(7), suffix);
  const merkleRoot = rootFromBranch(sha256d(coinbase), job.merkleBranch as Hash[]);
  for (let nonce = 0;; nonce++) {
    const header = encodeHeader({
      // Rolled inside the mask, as miners do.
      version: (job.version | 0x00402000) >>> 0,
      previousHash: job.previousHash as Hash,
      merkleRoot,
      time: job.ntime as UnixSeconds,
      nbits: job.nbits,
      nonce,
    });
    if (!meetsTarget(headerHash(header), prepared.networkTarget)) continue;
    const whole = coinbaseWithWitness(coinbase, job.witnessCommitment.length > 0);
    return assembleBlock(header, whole, transactions);
  }
}

async function submit(node: SimulatedNode, block: Uint8Array): Promise<unknown> {
  const { username, password, origin } = new URL(node.url);
  const answer = await fetch(origin, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    body: JSON.stringify({ jsonrpc: "1.0", id: 1, method: "submitblock", params: [toHex(block)] }),
  });
  return (await answer.json()).result;
}

Deno.test("every job of a chain of blocks, full and empty, in every variant, makes a block that the node takes", async () => {
  await using p = await pool(1);
  for (let i = 0; i < 8; i++) {
    const full = await fullJobOn(p, p.node);
    assertEquals(await submit(p.node, await mine(p.bus, full, i % 2)), null);
  }
  // The empty one of each tip came before its full one.
  const jobs = await jobsOn(p.bus);
  const empty = jobs.filter(({ templateId }) => templateId === "");
  assertGreater(empty.length, 3);
  for (const job of empty) {
    const full = jobs.find(({ templateId, height }) => templateId !== "" && height === job.height);
    assert(full === undefined || full.id > job.id);
    assert(job.clean && full?.clean !== true);
  }
  p.node.mineBlock();
  const early = await waitFor(async () => {
    const job = await p.newest();
    return job?.height === p.node.height + 1
      ? (await jobsOn(p.bus)).findLast(({ height, templateId }) =>
        height === p.node.height + 1 && templateId === ""
      )
      : null;
  }, "the empty job");
  assertEquals(await submit(p.node, await mine(p.bus, early, 0)), null);
});

Deno.test("a reorganisation gives clean work on the new branch", async () => {
  await using p = await pool(1);
  await fullJobOn(p, p.node);
  p.node.mineBlock();
  p.node.mineBlock();
  await fullJobOn(p, p.node);
  p.node.reorganise(2);
  const job = await fullJobOn(p, p.node);
  const first = (await jobsOn(p.bus)).find(({ previousHash }) =>
    equalBytes(previousHash, job.previousHash)
  )!;
  assertEquals([first.clean, job.height], [true, p.node.height + 1]);
});

Deno.test("when the first node warms up or stalls, the second one's templates are worked on", async () => {
  await using p = await pool(2);
  const [first, second] = p.simulated;
  await fullJobOn(p, first!);
  first!.warmingUp(true);
  second!.mineBlock();
  await fullJobOn(p, second!);
  first!.warmingUp(false);
  first!.stall(true);
  second!.mineBlock();
  await fullJobOn(p, second!);
  first!.stall(false);
});
