import { assert, assertEquals } from "@std/assert";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { createMetrics, createStatusBoard, seededRandom, systemClock } from "@gopool/runtime";
import { silent } from "@gopool/testing";
import { openNodesOf } from "./from_settings.ts";

function simulated(): Promise<SimulatedNode> {
  return startSimulatedNode({
    memory: true,
    port: 0,
    user: "pool",
    password: "secret",
    difficulty: { fixedBits: 0x207fffff },
    transactionsPerBlock: 0,
    premine: 0,
    clock: systemClock,
    random: seededRandom(1),
  });
}

Deno.test("heights, answers and failures stand under each node's name; nodes that disagree are seen", async () => {
  await using a = await simulated();
  const b = await simulated();
  const metrics = createMetrics();
  await using nodes = openNodesOf({ nodeUrl: [new URL(a.url), new URL(b.url)] }, {
    clock: systemClock,
    log: silent,
    board: createStatusBoard(systemClock),
    metrics,
  });
  const shown = async (name: string) =>
    (await metrics.render()).split("\n").filter((line) => line.startsWith(name));
  assertEquals(
    await shown("gopool_node_up"),
    nodes.list.map(({ name }) => `gopool_node_up{node="${name}"} 0`),
  );
  const ask = () => Promise.allSettled(nodes.list.map((node) => node.chain()));
  await ask();
  assertEquals(await shown("gopool_node_tips"), ["gopool_node_tips 1"]);
  a.mineBlock();
  await ask();
  const [nameA, nameB] = nodes.list.map(({ name }) => name);
  assertEquals(await shown("gopool_node_tips"), ["gopool_node_tips 2"]);
  assertEquals(await shown("gopool_node_height"), [
    `gopool_node_height{node="${nameA}"} 1`,
    `gopool_node_height{node="${nameB}"} 0`,
  ]);
  await b[Symbol.asyncDispose]();
  await ask();
  assertEquals(await shown("gopool_node_up"), [
    `gopool_node_up{node="${nameA}"} 1`,
    `gopool_node_up{node="${nameB}"} 0`,
  ]);
  // One that is away disagrees with nobody.
  assertEquals(await shown("gopool_node_tips"), ["gopool_node_tips 1"]);
  assertEquals(await shown("gopool_node_failures_total"), [
    `gopool_node_failures_total{node="${nameA}"} 0`,
    `gopool_node_failures_total{node="${nameB}"} 1`,
  ]);
  const counts = await shown("gopool_node_call_seconds_count");
  assert(counts.some((line) => line.includes(`node="${nameA}",kind="quick"`)), counts.join("\n"));
});
