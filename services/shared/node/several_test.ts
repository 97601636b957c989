import { assertEquals, assertRejects } from "@std/assert";
import { ScriptedNode } from "./node_fixture.ts";
import { NodeRefused, NodeUnavailable } from "./port.ts";
import { firstAnswer, sendToAll } from "./several.ts";

const RAW = new Uint8Array(1);

function three() {
  const list = ["a:1", "b:1", "c:1"].map((name) => new ScriptedNode(name));
  return { list, a: list[0]!, b: list[1]!, c: list[2]! };
}

const gone = () => Promise.reject(new NodeUnavailable("Cannot reach a:1", "unreachable"));

Deno.test("sendToAll() gives each node's answer, and a fault as one that is not known", async () => {
  const { list, a, b, c } = three();
  a.send = gone;
  b.send = () => Promise.resolve({ kind: "accepted" });
  c.send = () => Promise.reject(new NodeRefused("sendrawtransaction", -1, "no"));
  assertEquals(await sendToAll({ list }, RAW), [
    { node: "a:1", answer: { kind: "unreachable", reason: "Cannot reach a:1" } },
    { node: "b:1", answer: { kind: "accepted" } },
    {
      node: "c:1",
      answer: { kind: "unreachable", reason: "Node refused sendrawtransaction: no (-1)" },
    },
  ]);
  const stop = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => sendToAll({ list }, RAW, stop), Error, "enough");
});

Deno.test("sendToAll() and firstAnswer() hide no mistake of our own", async () => {
  const { list, a } = three();
  const bug = () => Promise.reject(new TypeError("ours"));
  a.send = bug;
  await assertRejects(() => sendToAll({ list: [a] }, RAW), TypeError, "ours");
  await assertRejects(() => firstAnswer({ list }, bug), TypeError, "ours");
});

Deno.test("firstAnswer() asks the well ones first, and goes on after null and after a fault", async () => {
  const { list, a, b, c } = three();
  a.away();
  const asked: string[] = [];
  const answers = new Map<string, () => Promise<string | null>>([
    [b.name, gone],
    [c.name, () => Promise.resolve(null)],
    [a.name, () => Promise.resolve("here")],
  ]);
  const ask = (node: { name: string }) => {
    asked.push(node.name);
    return answers.get(node.name)!();
  };
  assertEquals(await firstAnswer({ list }, ask), "here");
  assertEquals(asked, ["b:1", "c:1", "a:1"]);
  answers.set(a.name, gone);
  assertEquals(await firstAnswer({ list }, ask), null);
  answers.set(c.name, gone);
  await assertRejects(() => firstAnswer({ list }, ask), NodeUnavailable, "Cannot reach a:1");
});
