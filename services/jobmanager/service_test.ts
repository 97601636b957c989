import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { type Bus, miningJobs, openBus } from "@gopool/bus";
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
import { joinNodes, openNodes } from "@gopool/node";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { create, fromBinary, type Job, JobSchema, toBinary } from "@gopool/proto";
import { createStatusBoard, FatalError, seededRandom, silent, systemClock } from "@gopool/runtime";
import { prepareJob, variantSuffix } from "@gopool/shares";
import { openState, type State, StateUnavailable } from "@gopool/state";
import { FakeClock, waitFor } from "@gopool/testing";
import { termOf } from "./job_ids.ts";
import {
  jobsOn,
  payee,
  POOL,
  ScriptedNode,
  SETTINGS,
  stand,
  templatesOn,
  TIP,
  tipAfter,
} from "./kit_test.ts";
import { createJobmanager, type JobmanagerSettings } from "./service.ts";

const terms = (jobs: readonly Job[]) => jobs.map(({ id }) => termOf(id));

/** What a process that is killed leaves behind: calls that never come back. */
function mortal<T extends object>(
  target: T,
  dead: (name: string | symbol, args: unknown[]) => Promise<never> | null,
): T {
  return new Proxy(target, {
    get(of, name) {
      const value = Reflect.get(of, name, of);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => dead(name, args) ?? value.apply(of, args);
    },
  });
}

Deno.test("of two, one leads; when it is killed the other leads within 3 s, in a higher term", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  let killed = false;
  const grave = Promise.withResolvers<never>();
  grave.promise.catch(() => {});
  const dead = () => killed ? grave.promise : null;
  const a = await stand({ clock, bus: mortal(bus, dead), state: mortal(state, dead), holder: "a" });
  await a.pass(1_000);
  await using b = await stand({ clock, bus, state, holder: "b" });
  await b.pass(10_000);
  assertEquals([a.said("jobmanager/lead"), b.said("jobmanager/lead")], [
    "ok: leads",
    "ok: stands by",
  ]);
  assertEquals(terms(await jobsOn(bus)), [1]);

  killed = true;
  await b.pass(3_000);
  assertEquals(b.said("jobmanager/lead"), "ok: leads");
  const jobs = await jobsOn(bus);
  assertEquals(terms(jobs), [1, 2]);
  assertEquals(jobs.map(({ clean }) => clean), [true, false]);
  assertLess(jobs[1]!.loggedAtMs - (jobs[0]!.loggedAtMs + 11_000), 3_000);
  await b.pass(60_000);
  assertEquals(terms(await jobsOn(bus)), [1, 2, 2, 2]);
  grave.reject(new StateUnavailable("buried"));
  await a.stop();
});

Deno.test("a leader that cannot renew its lease publishes nothing after it, and stands by when the store is back", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  let away = false;
  const cut: State = mortal(
    state,
    () => away ? Promise.reject(new StateUnavailable("away")) : null,
  );
  const nodeOfA = new ScriptedNode();
  await using a = await stand({ clock, bus, state: cut, holder: "a", nodes: [nodeOfA] });
  await a.pass(1_000);
  await using b = await stand({ clock, bus, state, holder: "b" });
  await b.pass(1_000);
  away = true;
  await b.pass(3_000);
  // Cut off, and a new tip to tempt it.
  nodeOfA.move(tipAfter(1));
  await b.pass(60_000);
  const jobs = await jobsOn(bus);
  assertEquals(terms(jobs), terms(jobs).toSorted((x, y) => x - y));
  assert(
    jobs.slice(1).every(({ id, previousHash }) =>
      termOf(id) === 2 && equalBytes(previousHash, TIP.hash)
    ),
  );
  assertMatch(a.said("jobmanager/lead")!, /^degraded: away/);
  assertEquals(a.said("jobmanager/work"), undefined);
  away = false;
  await b.pass(2_000);
  assertEquals(a.said("jobmanager/lead"), "ok: stands by");
});

Deno.test("a restart leads in a higher term, also with a state that forgot everything", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  for (let run = 1; run <= 4; run++) {
    await using s = await stand({ clock, bus, holder: `run-${run}` });
    await s.pass(2_000);
    assertEquals(terms(await jobsOn(bus)).at(-1), run);
  }
});

Deno.test("neither a late job of a deposed leader, nor another pool's, nor a broken record hides the last term", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  const append = (job: { id: string; pool: string } | null) => {
    const value = job === null ? Uint8Array.of(0xff) : toBinary(
      JobSchema,
      create(JobSchema, { ...job, previousHash: TIP.hash }),
    );
    return bus.publish(miningJobs, [{ key: new Uint8Array(), value }]);
  };
  await append({ id: "0000000900000000", pool: POOL });
  await append({ id: "0000000300000005", pool: POOL });
  await append({ id: "0000ffff00000000", pool: "another" });
  await append(null);
  await using s = await stand({ clock, bus });
  await s.pass(2_000);
  const last = await bus.last(miningJobs, 0);
  const job = fromBinary(JobSchema, last!.value);
  assertEquals([termOf(job.id), job.clean], [10, false]);
});

Deno.test("a bus that is away at the start of a term is waited for", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  let away = true;
  const flaky = mortal(
    bus,
    (name) => away && name === "ends" ? Promise.reject(new Error("the bus is away")) : null,
  );
  await using s = await stand({ clock, bus: flaky });
  await s.pass(5_000);
  assertEquals(s.said("jobmanager/term"), "degraded: the bus is away");
  assertEquals(s.said("jobmanager/splits"), "degraded: the bus is away");
  away = false;
  await s.pass(2_000);
  assertEquals((await jobsOn(bus)).length, 1);
  assertEquals([s.said("jobmanager/term"), s.said("jobmanager/splits")], [undefined, undefined]);
});

Deno.test("an address of another network ends the service for good, with a sentence", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  await using nodes = joinNodes([new ScriptedNode()], { clock });
  const service = createJobmanager({
    bus,
    state,
    nodes,
    clock,
    log: silent,
    board: createStatusBoard(clock),
    holder: "a",
    settings: { ...SETTINGS, poolAddress: "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2" },
  });
  const error = await assertRejects(() => service.run(new AbortController().signal), FatalError);
  assertMatch(error.message, /^GOPOOL_POOL_ADDRESS=1Bv/);
});

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

Deno.test("a reorganisation gives clean work on the new branch, and the way back to a lower tip is taken late", async () => {
  await using p = await pool(1);
  await fullJobOn(p, p.node);
  p.node.mineBlock();
  p.node.mineBlock();
  await fullJobOn(p, p.node);
  p.node.reorganise(2);
  const job = await fullJobOn(p, p.node).catch(() => p.newest());
  assertEquals(toHex(job!.previousHash.toReversed()), p.node.bestHash);
  assertEquals(job!.height, p.node.height + 1);
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
