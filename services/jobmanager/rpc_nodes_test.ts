import { assert, assertEquals, assertMatch } from "@std/assert";
import { displayHash, toHex } from "@gopool/chain";
import { Code } from "@gopool/control";
import { AmountRule, ProposalResult } from "@gopool/proto/control";
import { payee, splitOf, stand } from "./fixture.ts";
import { PREFER_MS } from "./limits.ts";
import { ScriptedNode, TIP } from "./node_fixture.ts";
import { refused, serveJobs } from "./rpc_fixture.ts";

Deno.test("ListNodes and PreferNode: which node gives work, another for an hour, and back", async () => {
  const nodes = [new ScriptedNode(TIP, "a:1"), new ScriptedNode(TIP, "b:1")];
  await using s = await stand({ nodes });
  await using served = await serveJobs(s);
  await s.pass(2_000);
  const given = async () =>
    (await served.jobs.listNodes({})).nodes.map(({ name, givesWork }) => `${name} ${givesWork}`);
  const listed = await served.jobs.listNodes({});
  assertEquals([listed.tipHash, listed.tipHeight], [displayHash(TIP.hash), TIP.height]);
  const [a] = listed.nodes;
  assertEquals([a!.healthy, a!.detail, a!.height, a!.atTip], [true, "ready", TIP.height, true]);
  assertEquals(await given(), ["a:1 true", "b:1 false"]);
  const preferred = await served.jobs.preferNode({ node: "b:1" });
  assertEquals([preferred.before, preferred.givesWork], [undefined, "b:1"]);
  assertEquals(preferred.preference!.expiresAtMs, BigInt(s.clock.now() + PREFER_MS));
  assertEquals((await served.jobs.listNodes({})).preference!.node, "b:1");
  const { templates } = nodes[1]!;
  await served.jobs.refreshJob({});
  assertEquals(nodes[1]!.templates, templates + 1);
  await refused(
    served.jobs.preferNode({ node: "c:1" }),
    Code.InvalidArgument,
    /^node: No node is named "c:1": there are a:1, b:1$/,
  );
  const back = await served.jobs.preferNode({});
  assertEquals([back.before!.node, back.preference, back.givesWork], ["b:1", undefined, "a:1"]);
  await served.jobs.preferNode({ node: "b:1", forMs: 5_000 });
  assertEquals(await given(), ["a:1 false", "b:1 true"]);
  await s.pass(5_000);
  assertEquals(await given(), ["a:1 true", "b:1 false"]);
  const until = /^PreferNode: the order of the settings -> b:1 until 20\d\d-/;
  assertMatch(served.recorded.filter((call) => call.startsWith("Prefer"))[0]!, until);
});

Deno.test("ListLayouts pages through what nodes said of each coinbase, the last asked first", async () => {
  await using s = await stand();
  await using served = await serveJobs(s, "connect");
  s.node.word = (block) =>
    Promise.resolve(toHex(block).includes(toHex(payee(7))) ? "bad-cb-amount" : null);
  await s.pass(2_000);
  await s.split(splitOf([{ sats: 10_000n, script: payee(7) }], { snapshot: 9 }));
  await s.pass(40_000);
  const { layouts } = await served.jobs.listLayouts({});
  const split = layouts.find(({ variant }) => variant === "split");
  assert(split);
  assertEquals([split.result, split.reason, split.snapshotId], [
    ProposalResult.BAD,
    "bad-cb-amount",
    "09",
  ]);
  assertEquals(split.outputs.map(({ rule, scriptBytes }) => [rule, scriptBytes]), [
    [AmountRule.FIXED, 22],
    [AmountRule.REMAINDER, 22],
  ]);
  assertEquals([split.inUse, split.node], [false, s.node.name]);
  assertEquals(
    layouts.filter(({ inUse }) => inUse).map(({ variant, commits }) => [variant, commits]),
    [["solo", true], ["pool", true]],
  );
  const paged: string[] = [];
  let pageToken = "";
  do {
    const page = await served.jobs.listLayouts({ pageSize: 2, pageToken });
    assert(page.layouts.length <= 2);
    paged.push(...page.layouts.map(({ jobId, variant }) => `${jobId} ${variant}`));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  assertEquals(paged, layouts.map(({ jobId, variant }) => `${jobId} ${variant}`));
  const bad = await served.jobs.listLayouts({ result: ProposalResult.BAD });
  assertEquals(bad.layouts.map(({ variant }) => variant), ["split"]);
  await refused(served.jobs.listLayouts({ pageToken: "x" }), Code.InvalidArgument, /page_token/);
});
