import { assert, assertEquals, assertGreater, assertMatch, assertNotEquals } from "@std/assert";
import { rewardSplit } from "@gopool/bus";
import { equalBytes, type Sats, toHex } from "@gopool/chain";
import { NodeRefused, type Tip } from "@gopool/node";
import type { Job } from "@gopool/proto";
import { captureLog } from "@gopool/testing";
import { payee, splitOf, stand, variantNames } from "./fixture.ts";
import { never, ScriptedNode, TEMPLATE, templateOn, TIP, tipAfter } from "./node_fixture.ts";

const isOn = ({ previousHash }: Job, { hash }: Tip) => equalBytes(previousHash, hash);

Deno.test("a coinbase that the node refuses is never sent; the other ones go on", async () => {
  await using s = await stand();
  let asked = 0;
  s.node.word = () => Promise.resolve(++asked === 2 ? "bad-cb-amount" : null); // the solo one
  await s.pass(70_000);
  const jobs = await s.jobs();
  assertEquals(jobs.map(variantNames), [["pool"], ["pool"], ["pool"]]);
  assertMatch(s.said("jobmanager/coinbase-solo")!, /^degraded: .*bad-cb-amount/);
});

Deno.test("when the pool's own new coinbase is refused, the last good work on that block goes on, loudly", async () => {
  // As btcd does: no commitment without transactions, so the first transaction is a new layout.
  const { log, lines } = captureLog();
  await using s = await stand({ log });
  const bare = { transactions: [], witnessCommitment: null } as const;
  s.node.answer = () => Promise.resolve(templateOn(TIP, bare));
  s.node.move(tipAfter(1));
  s.node.answer = () => Promise.resolve(templateOn(tipAfter(1), bare));
  await s.pass(10_000);
  s.node.word = () => Promise.resolve("bad-witness-merkle-match");
  s.node.answer = () =>
    Promise.resolve(
      templateOn(tipAfter(1), { coinbaseValue: TEMPLATE.coinbaseValue * 2n as Sats }),
    );
  await s.pass(65_000);
  const jobs = (await s.jobs()).filter((job) => isOn(job, tipAfter(1)));
  assertGreater(jobs.length, 2);
  assert(jobs.every(({ witnessCommitment }) => witnessCommitment.length === 0));
  assertMatch(s.said("jobmanager/coinbase-pool")!, /^down: .*the last good work goes on/);
  assertEquals(lines.filter(({ level }) => level === "error").length, 2); // pool and solo, once each
});

Deno.test("an answer that is not about the coinbase is asked for again, and nothing is sent unapproved", async () => {
  const node = new ScriptedNode();
  node.word = () => Promise.resolve("inconclusive-not-best-prevblk");
  await using s = await stand({ nodes: [node] });
  await s.pass(10_000);
  assertEquals(await s.jobs(), []);
  assertMatch(s.said("jobmanager/work")!, /^down: No node has approved/);
  node.word = () => Promise.resolve(null);
  await s.pass(5_000);
  assertEquals((await s.jobs()).map(variantNames), [["pool", "solo"]]);
  assertMatch(s.said("jobmanager/work")!, /^ok/);
  assertEquals(s.said("jobmanager/coinbase-check"), undefined);
});

Deno.test("a node without proposals is mined for all the same, and the board says so", async () => {
  const node = new ScriptedNode();
  node.word = () => Promise.reject(new NodeRefused("getblocktemplate", -8, "Invalid mode"));
  await using s = await stand({ nodes: [node] });
  await s.pass(1_000);
  assertEquals((await s.jobs()).length, 1);
  assertMatch(s.said("jobmanager/coinbase-unchecked")!, /^degraded: .*Invalid mode/);
});

Deno.test("a fresh split comes into the next job within seconds, and goes when it expires", async () => {
  await using s = await stand();
  await s.pass(2_000);
  const expiresAtMs = s.clock.now() + 20_000;
  await s.split(
    splitOf([{ sats: 1000n, script: payee(1) }, { sats: 5000n, script: payee(2) }], {
      expiresAtMs,
    }),
  );
  await s.pass(6_000);
  const paying = (await s.jobs()).at(-1)!;
  assertEquals(variantNames(paying), ["pool", "solo", "split"]);
  assertEquals(toHex(paying.variants[2]!.snapshotId), "01");
  await s.pass(25_000);
  const jobs = await s.jobs();
  assertEquals(jobs.map((job) => job.variants.length), [2, 3, 2]);
  assert(jobs.slice(1).every(({ clean }) => !clean));
});

Deno.test("a split that the node refuses is left for the last good one", async () => {
  await using s = await stand();
  await s.split(splitOf([{ sats: 1000n, script: payee(1) }], { snapshot: 1 }));
  await s.pass(8_000);
  s.node.word = () => Promise.resolve("bad-txns-vout-toolarge");
  await s.split(splitOf([{ sats: 2000n, script: payee(2) }], { snapshot: 2 }));
  await s.pass(60_000);
  const jobs = await s.jobs();
  const snapshots = jobs.map(({ variants }) => variants.find(({ name }) => name === "split"))
    .map((variant) => variant === undefined ? "" : toHex(variant.snapshotId));
  assertEquals(snapshots.at(-1), "01");
  assert(!snapshots.includes("02"));
  assertMatch(s.said("jobmanager/coinbase-split")!, /^degraded: .*bad-txns-vout-toolarge/);
});

Deno.test("on a new tip the full job does not wait for the node's word on a new split", async () => {
  await using s = await stand();
  await s.pass(2_000);
  s.node.word = (_, signal) => never(signal);
  await s.split(splitOf([{ sats: 1000n, script: payee(1) }]));
  s.node.move(tipAfter(1));
  await s.pass(1_000);
  const full = (await s.jobs()).at(-1)!;
  assert(isOn(full, tipAfter(1)));
  assertNotEquals(full.templateId, "");
  assertEquals(variantNames(full), ["pool", "solo"]);
});

Deno.test("records of reward.split that cannot be read, or are another pool's, change nothing", async () => {
  await using s = await stand();
  await s.split(splitOf([{ sats: 1000n, script: payee(1) }]));
  await s.split(splitOf([{ sats: 9000n, script: payee(2) }], { pool: "another", snapshot: 9 }));
  await s.bus.publish(rewardSplit, [{ key: new Uint8Array(), value: Uint8Array.of(0xff) }]);
  await s.pass(8_000);
  const split = (await s.jobs()).at(-1)!.variants.find(({ name }) => name === "split");
  assertEquals(split && toHex(split.snapshotId), "01");
});
