/**
 * Two job managers, miners under load, and the leader frozen for good or for a while (SIGSTOP as the others see it:
 * its calls do not come back). The other leads, no miner is without work, and what the old one says when it wakes
 * reaches no miner. In one process, with the state in memory and on a real Redis.
 *
 * @module
 */
import { type Bus, miningJobs, openBus } from "@gopool/bus";
import { targetFromBits } from "@gopool/chain";
import { createJobmanager } from "@gopool/jobmanager";
import { openNodes } from "@gopool/node";
import { startSimulatedNode } from "@gopool/node/simulated";
import { fromBinary, JobSchema } from "@gopool/proto";
import {
  createStatusBoard,
  seededRandom,
  silent,
  systemClock,
  systemRandom,
} from "@gopool/runtime";
import { declareNewState, openState, type State } from "@gopool/state";
import { createStratumd } from "@gopool/stratumd";
import { tempDir, waitFor } from "@gopool/testing";
import { testRedis } from "@gopool/testing/servers";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { TestMiner } from "../e2e/miner.ts";
import { SteadyMiners } from "../e2e/steady_miners.ts";
import { Gate } from "./gate.ts";

const POOL = "gopool";
const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
/** No share is a block, and every hash is a share. */
const HARD_BITS = 0x1d00ffff;
const EVERY_HASH = 2 ** -32;
const NEVER_MS = 3_600_000;
/** Of a term that has just begun; the lease's own figures are tested by a clock that does not hurry. */
const TAKEOVER_MS = 3_000;

interface Candidate extends AsyncDisposable {
  readonly gate: Gate;
  said(part: string): string | undefined;
}

async function candidate(
  holder: string,
  shared: { bus: Bus; stateUrl: string; memory: State | null; nodeUrl: string },
): Promise<Candidate> {
  const clock = systemClock;
  const gate = new Gate();
  const own = new AsyncDisposableStack();
  const state = shared.memory ?? own.use(await openState(shared.stateUrl, { clock }));
  const nodes = own.use(
    openNodes({ nodes: [{ url: new URL(shared.nodeUrl) }] }, { clock }),
  );
  const board = createStatusBoard(clock);
  const stop = new AbortController();
  const running = createJobmanager({
    bus: gate.bus(shared.bus),
    state: gate.state(state),
    nodes,
    clock,
    log: silent,
    board,
    holder,
    settings: {
      pool: POOL,
      poolAddress: ADDRESS,
      coinbaseTag: "/test/",
      emptyJobs: true,
      feesRosePercent: 0,
      soloFeeBasisPoints: 0,
      versionMask: 0x1fffe000,
    },
  }).run(stop.signal);
  return {
    gate,
    said(part) {
      const found = board.all().find((status) => status.part === part);
      return found && `${found.health}: ${found.detail}`;
    },
    async [Symbol.asyncDispose]() {
      gate.open();
      stop.abort();
      await running;
      await own.disposeAsync();
    },
  };
}

/** Ids of all jobs in the log, in order. */
async function jobIds(bus: Bus): Promise<string[]> {
  const ids = [];
  for await (const { messages } of bus.read(miningJobs, 0, 0)) {
    for (const { value } of messages) ids.push(fromBinary(JobSchema, value).id);
  }
  return ids;
}

const termOf = (id: string) => parseInt(id.slice(0, 8), 16);

/** How late timers were in all: what a busy machine takes from everybody's time. */
function lateness(): { readonly ms: number; stop(): void } {
  const every = 20;
  let ms = 0;
  let dueMs = performance.now() + every;
  const timer = setInterval(() => {
    const now = performance.now();
    ms += Math.max(0, now - dueMs);
    dueMs = now + every;
  }, every);
  return {
    get ms() {
      return ms;
    },
    stop: () => clearInterval(timer),
  };
}

async function leaderIsFrozen(stateUrl: string): Promise<void> {
  const clock = systemClock;
  await using folder = await tempDir();
  await using node = await startSimulatedNode({
    memory: true,
    port: 0,
    user: "pool",
    password: "only-on-loopback",
    difficulty: { fixedBits: HARD_BITS },
    transactionsPerBlock: 5,
    clock,
    random: seededRandom(3),
  });
  await using bus = await openBus("memory:", { clock, sharePartitions: 2 });
  await declareNewState(stateUrl, { clock });
  await using state = await openState(stateUrl, { clock });
  const memory = stateUrl === "memory:" ? state : null;
  const shared = { bus, stateUrl, memory, nodeUrl: node.url };
  await using a = await candidate("a", shared);
  await waitFor(() => a.said("jobmanager/lead") === "ok: leads", "the first leader");
  await using b = await candidate("b", shared);
  await waitFor(() => b.said("jobmanager/lead") === "ok: stands by", "the second to stand by");

  const stop = new AbortController();
  const board = createStatusBoard(clock);
  const stratumd = createStratumd({
    bus,
    state,
    clock,
    random: systemRandom,
    log: silent,
    board,
    config: {
      dataDir: folder.path,
      poolName: POOL,
      stratumListen: { host: "127.0.0.1", port: 0 },
      gateway: "gw-1",
      prefix: null,
      sharesPerMinute: 15,
      startDifficulty: EVERY_HASH,
      minDifficulty: EVERY_HASH,
      variant: "pool",
      versionMask: 0x1fffe000,
      maxSessions: 1_000,
      maxSessionsPerAddress: 1_000,
      maxConnectsPerAddress: 100_000,
      reusePort: false,
      vardiff: "off",
    },
  });
  const serving = stratumd.run(stop.signal);
  const port = await stratumd.listening;
  {
    await using watcher = await TestMiner.connect(port, {
      username: `${ADDRESS}.watcher`,
      userAgent: "watcher/1",
    });
    await using miners = new SteadyMiners({
      port,
      networkTarget: targetFromBits(HARD_BITS),
      sharesPerSecond: 200,
      blockEveryMs: NEVER_MS,
    });
    await waitFor(() => miners.accepted >= 200, "shares under way");
    const oldTerm = termOf((await jobIds(bus)).at(-1)!);

    // Frozen with a job in its hands: it has seen the block, and its publish hangs.
    const late = lateness();
    const frozenMs = performance.now();
    a.gate.shut();
    const { hash } = node.mineBlock();
    await waitFor(
      async () => termOf((await jobIds(bus)).at(-1)!) > oldTerm,
      "a job of the next leader",
    );
    const tookMs = performance.now() - frozenMs;
    late.stop();
    assert(
      tookMs <= TAKEOVER_MS + late.ms,
      `took ${tookMs} ms, of which the machine was late ${late.ms} ms`,
    );
    assertEquals(b.said("jobmanager/lead"), "ok: leads");
    await watcher.workOn(hash, 30_000);
    const during = miners.accepted;
    await waitFor(() => miners.accepted >= during + 200, "shares on the new leader's work");

    // It wakes: what it held goes out, and nobody takes it.
    assert(a.gate.waiting > 0);
    a.gate.open();
    await waitFor(async () => {
      const ids = await jobIds(bus);
      return ids.findLastIndex((id) => termOf(id) === oldTerm) >
        ids.findIndex((id) => termOf(id) > oldTerm);
    }, "the late job of the old leader in the log");
    await waitFor(() => a.said("jobmanager/lead") === "ok: stands by", "the old one to stand by");
    await watcher.workOn(node.mineBlock().hash, 30_000);
    const after = miners.accepted;
    await waitFor(() => miners.accepted >= after + 200, "shares after it woke");

    const given = watcher.works.map(({ jobId }) => termOf(jobId));
    assertEquals(given, given.toSorted((x, y) => x - y), "no work of the old one after the new");
    assertNotEquals(given[0], given.at(-1));
    assertEquals(termOf(stratumd.status().jobId!), oldTerm + 1);
    assertEquals([miners.logins, stratumd.status().working], [20, 21], "nobody lost work or place");
    await miners.stop();
    // The blocks made work stale that was on its way, and nothing else was refused.
    const reasons = new Set(miners.answers.told("refused").map(({ reason }) => reason));
    for (const reason of reasons) {
      // One hash in 1,400 misses the easiest difficulty there is, which goes out rounded.
      assert(/stale|previous block|above target/i.test(reason), reason);
    }
    assertEquals(miners.answers.count("unknown") + miners.answers.count("none"), 0);
  }
  stop.abort();
  await serving;
}

Deno.test("two job managers, the leader frozen under load and woken: the other leads, on a state in memory", () =>
  leaderIsFrozen("memory:"));

const redis = await testRedis();
Deno.test({
  name:
    "two job managers, the leader frozen under load and woken: the other leads, on a real Redis",
  ignore: redis === null,
  fn: () => leaderIsFrozen(`${redis}?prefix=two-jobmanagers-${crypto.randomUUID()}:`),
});
