/**
 * The whole room against simulated nodes that misbehave on demand: real HTTP, but time passes only as the test
 * lets it.
 *
 * @module
 */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { displayHash } from "@gopool/chain";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { seededRandom, systemClock } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { blockOf } from "./contract_blocks.ts";
import { openNodes } from "./nodes.ts";
import { type Nodes, NodeUnavailable } from "./port.ts";

const GONE_FOR_MS = 30_000;

class Pool implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly troubles: string[] = [];
  /** Display hashes in the order told. */
  readonly told: string[] = [];
  readonly nodes: Nodes;
  /** Nodes that answer nothing: time passes for them alone. */
  readonly stalled = new Set<string>();
  readonly #underWay = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;

  constructor(readonly simulated: readonly SimulatedNode[]) {
    this.nodes = openNodes(
      { nodes: simulated.map(({ url }) => ({ url: new URL(url) })), goneForMs: GONE_FOR_MS },
      {
        clock: this.clock,
        onTrouble: (sentence) => this.troubles.push(sentence),
        fetch: (url, init) => this.#fetch(url, init),
      },
    );
    this.#reading = this.#read();
  }

  /** Real answers take real time: the clock stands while one is under way, or it would time out. */
  async #fetch(url: string, init: RequestInit): Promise<Response> {
    if (String(init.body).includes("longpollid")) return await fetch(url, init);
    const { host } = new URL(url);
    const count = (by: number) => this.#underWay.set(host, (this.#underWay.get(host) ?? 0) + by);
    count(1);
    try {
      const response = await fetch(url, init);
      return new Response(await response.text(), { status: response.status });
    } finally {
      count(-1);
    }
  }

  get #waits(): boolean {
    return [...this.#underWay].some(([host, count]) => count > 0 && !this.stalled.has(host));
  }

  async #read(): Promise<void> {
    for await (const { tip } of this.nodes.watch(this.#stop.signal)) {
      this.told.push(displayHash(tip.hash));
    }
  }

  static async open(count: number): Promise<Pool> {
    const options = {
      memory: true as const,
      port: 0,
      user: "pool",
      password: "secret",
      difficulty: { fixedBits: 0x207fffff },
      transactionsPerBlock: 3,
      clock: systemClock,
    };
    const simulated = await Promise.all(
      Array.from(
        { length: count },
        () => startSimulatedNode({ ...options, random: seededRandom(1) }),
      ),
    );
    return new Pool(simulated);
  }

  /** Lets time pass, a tenth of a second for each look, until it holds. Gives the seconds that passed. */
  async until(condition: () => boolean, what: string): Promise<number> {
    const beganMs = this.clock.monotonic();
    await waitFor(async () => {
      if (condition()) return true;
      if (!this.#waits) await this.clock.advance(100);
      return condition();
    }, what);
    return (this.clock.monotonic() - beganMs) / 1000;
  }

  async pass(ms: number): Promise<void> {
    const endMs = this.clock.monotonic() + ms;
    await this.until(() => this.clock.monotonic() >= endMs, `${ms} ms of the fake clock`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await this.nodes[Symbol.asyncDispose]();
    for (const node of this.simulated) await node[Symbol.asyncDispose]();
    assertEquals(this.clock.sleepers, 0);
  }
}

Deno.test("a node that stalls is given up within seconds, and the next one is worked from", async () => {
  await using pool = await Pool.open(2);
  const [a, b] = pool.simulated;
  await pool.until(() => pool.nodes.best()?.name === a!.name, "the first node");
  pool.stalled.add(a!.name);
  a!.stall(true);
  const seconds = await pool.until(() => pool.nodes.best()?.name === b!.name, "the second node");
  assertEquals(seconds <= 15.5, true, `${seconds} s`);
  assertMatch(pool.nodes.health()[0]!.detail, /did not answer \w+ within 10 s/);
  pool.stalled.clear();
  a!.stall(false);
  await pool.until(() => pool.nodes.best()?.name === a!.name, "the first node again");
  assertEquals(pool.told.length, 1);
});

Deno.test("a node that is warming up or syncing is waited for, and says which", async () => {
  await using pool = await Pool.open(1);
  const [a] = pool.simulated;
  await pool.until(() => pool.nodes.best() !== null, "the node");
  a!.warmingUp(true);
  await pool.until(() => pool.nodes.best() === null, "its warm-up to be seen");
  assertMatch(pool.nodes.health()[0]!.detail, /is starting/);
  a!.warmingUp(false);
  await pool.until(() => pool.nodes.best() !== null, "the node after its warm-up");
  a!.syncing(true);
  // On a test network only a template tells, as on Bitcoin Core: here that of whoever makes the jobs.
  await assertRejects(() => pool.nodes.list[0]!.template(), NodeUnavailable, "catching up");
  await pool.pass(20_000);
  assertEquals(pool.nodes.best(), null);
  a!.syncing(false);
  await pool.until(() => pool.nodes.best() !== null, "the node again");
  assertEquals(pool.told.length, 1);
});

Deno.test("a reorganisation is followed at once, because it is higher", async () => {
  await using pool = await Pool.open(1);
  const [a] = pool.simulated;
  await pool.until(() => pool.told.length === 1, "the first tip");
  const { hash } = a!.reorganise(3);
  const seconds = await pool.until(() => pool.told.at(-1) === hash, "the new branch");
  assertEquals(seconds < 2, true, `${seconds} s`);
  assertEquals(pool.troubles, []);
});

Deno.test("a block goes to every node, and each answers for itself", async () => {
  await using pool = await Pool.open(3);
  const [a, b, c] = pool.simulated;
  await pool.until(() => pool.nodes.best() !== null, "a node");
  const block = blockOf(await pool.nodes.best()!.template(), {});
  b!.refuse("high-hash");
  await c![Symbol.asyncDispose]();
  const order: string[] = [];
  const answers = await pool.nodes.submitAll(
    block.bytes,
    new AbortController().signal,
    ({ node }) => order.push(node),
  );
  assertEquals(answers.map(({ node, answer }) => [node, answer.kind]), [
    [a!.name, "accepted"],
    [b!.name, "refused"],
    [c!.name, "unreachable"],
  ]);
  assertEquals(answers[1]!.answer.answer, "high-hash");
  assertMatch(answers[2]!.answer.answer, /connection refused/);
  assertEquals(order.length, 3);
  await pool.until(() => pool.told.at(-1) === displayHash(block.hash), "our own block");
});
