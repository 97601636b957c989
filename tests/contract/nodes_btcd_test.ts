/** Several real nodes as one: a chain that comes back shorter, and a wrong password. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { displayHash } from "@gopool/chain";
import { blockOf } from "@gopool/node/contract";
import {
  type BestTip,
  type Node,
  type Nodes,
  NodeUnavailable,
  openNode,
  openNodes,
} from "@gopool/node";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { findBtcd, startBtcd } from "../real/btcd.ts";

const btcd = await findBtcd();
const GONE_FOR_MS = 1_500;

/** Reads watch() into a list until disposal. */
function reading(nodes: Nodes): AsyncDisposable & { told: BestTip[] } {
  const stop = new AbortController();
  const told: BestTip[] = [];
  const done = (async () => {
    for await (const best of nodes.watch(stop.signal)) told.push(best);
  })();
  return {
    told,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

async function mine(node: Node): Promise<string> {
  const block = blockOf(await node.template());
  assertEquals((await node.submit(block.bytes)).kind, "accepted");
  return displayHash(block.hash);
}

Deno.test({
  name: "btcd killed and back with an empty chain: the tip is kept, then given up, loudly",
  ignore: btcd === null,
  async fn() {
    const troubles: string[] = [];
    const first = await startBtcd(btcd!);
    await using nodes = openNodes({ nodes: [{ url: first.url }], goneForMs: GONE_FOR_MS }, {
      clock: systemClock,
      onTrouble: (sentence) => troubles.push(sentence),
    });
    await using reader = reading(nodes);
    const [node] = nodes.list;
    for (let i = 0; i < 3; i++) {
      const hash = await mine(node!);
      await waitFor(
        () => reader.told.some(({ tip }) => displayHash(tip.hash) === hash),
        `block ${i + 1}`,
      );
    }
    await first.kill();
    await waitFor(() => nodes.best() === null, "the death to be noticed");
    await waitFor(
      () => /^Cannot reach 127\.0\.0\.1:\d+: connection refused/.test(nodes.health()[0]!.detail),
      "its sentence",
    );

    // On regtest btcd begins with an empty chain at every start.
    await using _again = await startBtcd(btcd!, { port: first.port });
    const seen = performance.now();
    await waitFor(() => reader.told.at(-1)!.tip.height === 0, "the lower tip");
    assertEquals(performance.now() - seen > GONE_FOR_MS - 100, true);
    assertMatch(troubles.at(-1)!, /at height 3 has been gone .* at height 0$/);
    assertEquals(nodes.best(), node);
    await mine(node!);
    await waitFor(() => reader.told.at(-1)!.tip.height === 1, "work on the new chain");
  },
});

Deno.test({
  name: "btcd with another password: its own sentence, and the password in none",
  ignore: btcd === null,
  async fn() {
    await using started = await startBtcd(btcd!);
    const url = new URL(started.url);
    url.password = "not-the-one";
    const troubles: string[] = [];
    await using nodes = openNodes({ nodes: [{ url }] }, {
      clock: systemClock,
      onTrouble: (sentence) => troubles.push(sentence),
    });
    const stop = new AbortController();
    const asked = nodes.network(stop.signal).catch(() => {});
    await waitFor(() => troubles.length === 1, "the sentence");
    stop.abort();
    await asked;
    assertMatch(troubles[0]!, /refuses the login \(HTTP 401\)/);
    assertEquals(troubles[0]!.includes("not-the-one"), false);
  },
});

Deno.test({
  name: "btcd on a signet without a peer has no templates and says so, until one joins",
  ignore: btcd === null,
  async fn() {
    await using first = await startBtcd(btcd!, { network: "signet", listen: true });
    await using node = openNode({ url: first.url }, { clock: systemClock });
    assertEquals((await node.chain()).network, "signet");
    await assertRejects(() => node.template(), NodeUnavailable, "has no peers");
    assertEquals(node.health.ok, false);
    await using _second = await startBtcd(btcd!, { network: "signet", connect: first.peers! });
    const template = await waitFor(() => node.template().catch(() => null), "a template");
    // The difficulty of every young signet: a share is not a block there.
    assertEquals(template.nbits, 0x1e0377ae);
    assertEquals(node.health.ok, true);
  },
});
