import { assertEquals } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { joinNodes } from "./nodes.ts";
import { type NodeAnswer, NodeUnavailable } from "./port.ts";
import { ScriptedNode } from "./node_fixture.ts";

function open(): { a: ScriptedNode; b: ScriptedNode; clock: FakeClock } {
  return { a: new ScriptedNode("a:8332"), b: new ScriptedNode("b:8332"), clock: new FakeClock() };
}

Deno.test("submitAll() gives the block to every node at once, sick ones too, and tells each answer", async () => {
  const { a, b, clock } = open();
  await using nodes = joinNodes([a, b], { clock });
  a.away();
  let release = () => {};
  a.onSubmit = () =>
    new Promise((_, reject) => {
      release = () => reject(new NodeUnavailable("Cannot reach a", "unreachable"));
    });
  const told: NodeAnswer[] = [];
  const all = nodes.submitAll(
    new Uint8Array(80),
    new AbortController().signal,
    (answer) => told.push(answer),
  );
  await clock.advance(250);
  assertEquals(told.map(({ node, answer }) => [node, answer.kind]), [["b:8332", "accepted"]]);
  release();
  const answers = await all;
  assertEquals(answers.map(({ node, answer }) => [node, answer.kind]), [
    ["a:8332", "unreachable"],
    ["b:8332", "accepted"],
  ]);
  assertEquals(answers[0]!.answer.answer, "Cannot reach a");
  assertEquals(answers[0]!.tookMs, 250);
  assertEquals(b.watchers, 0);
});

Deno.test("submitAll() turns every fault into an answer", async () => {
  const { a, b, clock } = open();
  await using nodes = joinNodes([a, b], { clock });
  a.onSubmit = () => Promise.reject(new TypeError("a fault of ours"));
  b.onSubmit = (signal) =>
    new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  const stop = new AbortController();
  const all = nodes.submitAll(new Uint8Array(80), stop.signal);
  stop.abort();
  assertEquals((await all).map(({ answer }) => answer.kind), ["unreachable", "unreachable"]);
});
