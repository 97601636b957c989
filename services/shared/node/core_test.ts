import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { displayHash, type Hash } from "@gopool/chain";
import { FakeClock } from "@gopool/testing";
import { openNode } from "./open.ts";
import { type Node, type NodeHealth, NodeMalformed, NodeRefused, NodeUnavailable } from "./port.ts";
import type { FetchLike } from "./rpc.ts";
import { answering, type Asked, Refusal } from "./server_fixture.ts";

const PREVIOUS = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";

const TEMPLATE = {
  version: 536870912,
  rules: ["!segwit"],
  previousblockhash: PREVIOUS,
  transactions: [],
  coinbasevalue: 5_000_000_000,
  longpollid: "one",
  mintime: 1296688603,
  curtime: 1795397035,
  bits: "207fffff",
  height: 1,
};

type Methods = Parameters<typeof answering>[0];

/** A node that answers in the process, as a test says. */
class Scripted {
  methods: Methods = { getnetworkinfo: () => ({}) };
  readonly clock = new FakeClock();
  readonly healths: NodeHealth[] = [];
  readonly asked: Asked[] = [];
  /** While set, requests for which it gives true are never answered. */
  park: (asked: Asked) => boolean = () => false;
  readonly node: Node;

  constructor(methods: Methods) {
    Object.assign(this.methods, methods);
    const fetch: FetchLike = (_, { body, signal }) => {
      const asked = JSON.parse(body as string) as Asked | Asked[];
      this.asked.push(...[asked].flat());
      if (![asked].flat().some(this.park)) {
        return Promise.resolve(Response.json(answering(this.methods)(asked)));
      }
      return new Promise((_, reject) =>
        signal!.addEventListener("abort", () => reject(signal!.reason), { once: true })
      );
    };
    this.node = openNode({ url: new URL("http://127.0.0.1:8332") }, {
      clock: this.clock,
      fetch,
      onHealth: (_, health) => this.healths.push(health),
    });
  }
}

Deno.test("template() asks with the rules segwit and signet, and with the long-poll id", async () => {
  const { node, asked } = new Scripted({ getblocktemplate: () => TEMPLATE });
  await node.template();
  await node.template({ longPollId: "one" });
  const [plain, parked] = asked.filter(({ method }) => method === "getblocktemplate");
  assertEquals(plain!.params, [{ rules: ["segwit", "signet"] }]);
  assertEquals((parked!.params[0] as { longpollid: string }).longpollid, "one");
});

Deno.test("a long poll without news gives a template after its time, by a plain question", async () => {
  const scripted = new Scripted({ getblocktemplate: () => TEMPLATE });
  const { node, clock } = scripted;
  scripted.park = ({ params }) => (params[0] as { longpollid?: string })?.longpollid !== undefined;
  const parked = node.template({ longPollId: "one" });
  await clock.advance(120_000);
  assertEquals((await parked).height, 1);
  assertEquals(node.health.ok, true);
});

Deno.test("a node that does not answer after a long poll either is unreachable", async () => {
  const scripted = new Scripted({ getblocktemplate: () => TEMPLATE });
  const { node, clock } = scripted;
  scripted.park = ({ method }) => method === "getblocktemplate";
  const parked = node.template({ longPollId: "one" });
  const error = assertRejects(() => parked, NodeUnavailable, "within 20 s");
  await clock.advance(140_000);
  assertEquals((await error).why, "unreachable");
  assertEquals(node.health.ok, false);
});

Deno.test("a template that does not fit makes the node unfit until it has a good one", async () => {
  const scripted = new Scripted({ getblocktemplate: () => ({ ...TEMPLATE, bits: "zz" }) });
  const { node, healths } = scripted;
  await assertRejects(() => node.template(), NodeMalformed, "bits of the template");
  assertMatch(node.health.detail, /^127\.0\.0\.1:8332: Cannot use the node's answer to getblock/);
  scripted.methods.getblocktemplate = () => new Refusal(-8, "must be called with the segwit rule");
  await assertRejects(() => node.template(), NodeRefused, "segwit rule (-8)");
  assertEquals(node.health.ok, false);
  scripted.methods.getblocktemplate = () => TEMPLATE;
  await node.template();
  assertEquals(healths.at(-1), { ok: true, detail: "ready" });
});

Deno.test("a node without peers is unfit until it has a template again, though it answers", async () => {
  const chain = {
    chain: "main",
    blocks: 5,
    headers: 5,
    bestblockhash: PREVIOUS,
    initialblockdownload: false,
  };
  const scripted = new Scripted({
    getblockchaininfo: () => chain,
    getblocktemplate: () => new Refusal(-9, "Bitcoin Core is not connected!"),
  });
  const { node } = scripted;
  const error = await assertRejects(() => node.template(), NodeUnavailable);
  assertEquals(error.why, "not-connected");
  assertEquals((await node.chain()).network, "main");
  assertEquals(node.health, {
    ok: false,
    detail: "127.0.0.1:8332 has no peers: Bitcoin Core is not connected!",
  });
  scripted.methods.getblocktemplate = () => TEMPLATE;
  await node.template();
  assertEquals(node.health.ok, true);
});

Deno.test("a node that is catching up says how far it is", async () => {
  const scripted = new Scripted({
    getblockchaininfo: () => ({
      chain: "main",
      blocks: 5,
      headers: 900_000,
      bestblockhash: PREVIOUS,
      initialblockdownload: true,
    }),
  });
  assertEquals((await scripted.node.chain()).syncing, true);
  assertEquals(
    scripted.node.health.detail,
    "127.0.0.1:8332 is still catching up with the network (block 5 of 900000)",
  );
});

Deno.test("tip() asks again when the best block changed between its questions, and not forever", async () => {
  const header = (height: number, confirmations: number) => ({
    hash: PREVIOUS,
    confirmations,
    height,
    bits: "207fffff",
    time: 3,
    mediantime: 2,
  });
  let asked = 0;
  const scripted = new Scripted({
    getbestblockhash: () => PREVIOUS,
    getblockheader: () => ++asked === 1 ? header(7, -1) : header(8, 1),
  });
  const tip = await scripted.node.tip();
  assertEquals([tip.height, tip.time, tip.medianTime, displayHash(tip.hash)], [
    8,
    3,
    2,
    PREVIOUS,
  ] as never);
  scripted.methods.getblockheader = () => header(7, -1);
  await assertRejects(() => scripted.node.tip(), NodeMalformed, "changed 5 times");
});

Deno.test("submit() does not wait to know who answers before the block is on its way", async () => {
  const scripted = new Scripted({ submitblock: () => null });
  const answer = await scripted.node.submit(new Uint8Array(81));
  assertEquals(answer.kind, "accepted");
  assertEquals(scripted.asked[0]!.method, "submitblock");
});

const answers: [string, unknown, string][] = [
  ["getbestblockhash", "no hash", "tip"],
  ["getblockhash", 5, "hashAt"],
  ["getblockheader", [], "confirmations"],
  ["getblockchaininfo", null, "chain"],
  ["submitblock", { verdict: "good" }, "submit"],
  ["getblocktemplate", 1, "propose"],
];
for (const [method, answer, call] of answers) {
  Deno.test(`${call}() refuses an answer of ${method} that has a wrong shape`, async () => {
    const { node } = new Scripted({ [method]: () => answer });
    const calls: Record<string, () => Promise<unknown>> = {
      tip: () => node.tip(),
      hashAt: () => node.hashAt(1),
      confirmations: () => node.confirmations(new Uint8Array(32) as Hash),
      chain: () => node.chain(),
      submit: () => node.submit(new Uint8Array(81)),
      propose: () => node.propose(new Uint8Array(81)),
    };
    const error = await assertRejects(calls[call]!, NodeMalformed);
    assert(error.message.startsWith(`Cannot use the node's answer to ${method}: `));
  });
}

Deno.test("a node's record counts answers and failures, times quick ones, and keeps the last trouble", async () => {
  let fails = false;
  const { node, clock } = new Scripted({
    getblocktemplate: () => TEMPLATE,
    getblockhash: () => {
      if (fails) return new Refusal(-28, "Loading block index");
      return PREVIOUS;
    },
  });
  assertEquals(node.record, { answers: 0, failures: 0, latencyMs: null, lastTrouble: null });
  await node.template();
  assertEquals(node.record!.latencyMs, null);
  await node.hashAt(1);
  assertEquals(node.record, { answers: 3, failures: 0, latencyMs: 0, lastTrouble: null });
  fails = true;
  await clock.advance(7);
  const atMs = clock.now();
  const error = await assertRejects(() => node.hashAt(1), NodeUnavailable);
  await clock.advance(7);
  fails = false;
  await node.hashAt(1);
  assertEquals(node.record!.failures, 1);
  assertEquals(node.record!.lastTrouble, { sentence: error.message, atMs });
  assertEquals(node.health.ok, true);
});
