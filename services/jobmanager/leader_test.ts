import { assert, assertEquals, assertGreater, assertMatch, assertNotEquals } from "@std/assert";
import { miningJobs, miningTemplates, NotWritten } from "@gopool/bus";
import { equalBytes, type Sats, subsidyAt, toHex, type UnixSeconds } from "@gopool/chain";
import type { Tip } from "@gopool/node";
import type { Job } from "@gopool/proto";
import { captureLog } from "@gopool/testing";
import { payee, splitOf, type Stand, stand, templatesOn, variantNames } from "./fixture.ts";
import { never, ScriptedNode, TEMPLATE, templateOn, TIP, tipAfter } from "./node_fixture.ts";
import { REFRESH_MS, TEMPLATE_REUSE_MS } from "./limits.ts";

/** The gaps between jobs, seconds. */
function gaps(jobs: readonly { loggedAtMs: number }[]): number[] {
  return jobs.slice(1).map(({ loggedAtMs }, i) => (loggedAtMs - jobs[i]!.loggedAtMs) / 1000);
}
/** How far the header time moves from job to job, seconds. */
function steps(jobs: readonly Job[]): number[] {
  return jobs.slice(1).map(({ ntime }, i) => ntime - jobs[i]!.ntime);
}
const isOn = ({ previousHash }: Job, { hash }: Tip) => equalBytes(previousHash, hash);

Deno.test("a new tip gives an empty job at once, and the full one when its template is there", async () => {
  await using s = await stand();
  await s.pass(5_000);
  const next = tipAfter(1);
  const template = Promise.withResolvers<void>();
  s.node.answer = (signal) =>
    Promise.race([never(signal), template.promise.then(() => templateOn(next))]);
  s.node.move(next);
  await s.pass(2_000);
  const [first, empty, ...none] = await s.jobs();
  assertEquals([none.length, empty!.templateId, empty!.height], [0, "", TIP.height + 2]);
  assert(isOn(first!, TIP) && isOn(empty!, next));
  assertEquals(empty!.loggedAtMs - first!.loggedAtMs, 5_000);
  assertEquals(empty!.merkleBranch, []);
  assertEquals(empty!.coinbaseValue as Sats, subsidyAt("regtest", TIP.height + 2));
  assertEquals(empty!.minNtime, next.medianTime + 1);
  template.resolve();
  await s.pass(1_000);
  const [, , full] = await s.jobs();
  assertEquals(full!.merkleBranch.length, 2);
  assertNotEquals(full!.templateId, "");
  assert(isOn(full!, next));
});

Deno.test("a job is clean only when the previous block changed", async () => {
  await using s = await stand();
  await s.pass(40_000);
  s.node.move(tipAfter(1));
  await s.pass(40_000);
  const jobs = await s.jobs();
  // Full, refresh; empty, full, refresh.
  assertEquals(jobs.map(({ clean }) => clean), [true, false, true, false, false]);
});

Deno.test("no empty job goes out before its coinbase was rehearsed, or where the bits may change, or when it is turned off", async () => {
  const cases = [
    { settings: { emptyJobs: false }, nbits: TIP.nbits },
    { settings: {}, nbits: 0x1d00ffff }, // a regtest that retargets
  ];
  for (const { settings, nbits } of cases) {
    await using s = await stand({ settings, nodes: [new ScriptedNode({ ...TIP, nbits })] });
    await s.pass(1_000);
    s.node.move({ ...tipAfter(1), nbits });
    await s.pass(1_000);
    assertEquals((await s.jobs()).map(({ templateId }) => templateId !== ""), [true, true]);
  }
  await using s = await stand();
  let asked = 0;
  // Good are the first two (the full job's coinbases); the rehearsal is not answered.
  s.node.word = (_, signal) => ++asked > 2 ? never(signal) : Promise.resolve(null);
  await s.pass(1_000);
  s.node.move(tipAfter(1));
  await s.pass(1_000);
  assertEquals((await s.jobs()).map(({ templateId }) => templateId !== ""), [true, true]);
});

/** Its templates tell the time. */
function keepTime({ node, clock }: Stand): void {
  node.answer = () => {
    const curtime = TEMPLATE.curtime + Math.floor(clock.monotonic() / 1000) as UnixSeconds;
    return Promise.resolve(templateOn(TIP, { curtime }));
  };
}

Deno.test("a job goes out every 30 s, its time moving on, and ids never repeat", async () => {
  await using s = await stand();
  keepTime(s);
  await s.pass(200_000);
  const jobs = await s.jobs();
  assertEquals(gaps(jobs), [30, 30, 30, 30, 30, 30]);
  assertEquals(steps(jobs), [30, 30, 30, 30, 30, 30]);
  assertEquals(new Set(jobs.map(({ id }) => id)).size, jobs.length);
  assertEquals(new Set(jobs.map(({ coinbasePrefix }) => toHex(coinbasePrefix))).size, jobs.length);
});

Deno.test("with the node away jobs go on every 30 s from the last template, visibly", async () => {
  await using s = await stand();
  keepTime(s);
  await s.pass(5_000);
  s.node.away(true);
  await s.pass(100_000);
  const jobs = await s.jobs();
  assertEquals(gaps(jobs), [30, 30, 30]);
  assertEquals(steps(jobs), [30, 30, 30]);
  assertEquals(new Set(jobs.map(({ templateId }) => templateId)).size, 1);
  assertMatch(s.said("jobmanager/work")!, /^degraded: .*from a template 89 s old/);
  assertMatch(s.said("jobmanager/template")!, /^degraded: No node is healthy/);
  s.node.away(false);
  await s.pass(35_000);
  assertEquals(s.said("jobmanager/work"), "ok: Height 504, 2 transactions");
  assertEquals(s.said("jobmanager/template"), undefined);
});

Deno.test("a node that stalls in everything it is asked holds no refresh up, not even with a new split", async () => {
  await using s = await stand();
  await s.pass(5_000);
  s.node.word = (_, signal) => never(signal);
  await s.split(splitOf([{ sats: 1000n, script: payee(1) }]));
  await s.pass(40_000);
  s.node.answer = never;
  await s.pass(60_000);
  const jobs = await s.jobs();
  assertEquals(gaps(jobs), [30, 30, 30]);
  assertEquals(variantNames(jobs.at(-1)!), ["pool", "solo"]);
});

Deno.test("when the tip moved and its node went away, the empty job is refreshed until the template comes", async () => {
  await using s = await stand();
  await s.pass(5_000);
  s.node.answer = never;
  s.node.move(tipAfter(1));
  await s.pass(70_000);
  const jobs = await s.jobs();
  assertEquals(gaps(jobs), [5, 30, 30]);
  assert(jobs.slice(1).every((job) => isOn(job, tipAfter(1)) && job.templateId === ""));
  assertEquals(jobs.map(({ clean }) => clean), [true, true, false, false]);
});

Deno.test("work on a block that is known to be superseded is never given out, and the board is red", async () => {
  await using s = await stand({ settings: { emptyJobs: false } });
  await s.pass(5_000);
  s.node.answer = never;
  s.node.move(tipAfter(1));
  await s.pass(70_000);
  assertEquals((await s.jobs()).length, 1);
  assertMatch(s.said("jobmanager/work")!, /^down: No new job for \d+ s/);
});

Deno.test("fees that rose by the setting give a new job at once, smaller ones wait, and 0 never", async () => {
  for (const [percent, extra, expected] of [[2, 3n, 2], [2, 1n, 1], [0, 50n, 1]] as const) {
    await using s = await stand({ settings: { feesRosePercent: percent } });
    await s.pass(1_000);
    const coinbaseValue = TEMPLATE.coinbaseValue * (100n + extra) / 100n as Sats;
    s.node.answer = () => Promise.resolve(templateOn(TIP, { coinbaseValue }));
    await s.pass(15_000);
    const jobs = await s.jobs();
    assertEquals(jobs.length, expected, `${extra} % at a setting of ${percent} %`);
    if (expected === 2) assertEquals(jobs[1]!.coinbaseValue, coinbaseValue);
    await s.pass(30_000);
    assertEquals((await s.jobs()).at(-1)!.coinbaseValue, coinbaseValue);
  }
});

Deno.test("a template stands on its topic before the job that names it, and the same transactions once", async () => {
  await using s = await stand();
  const publish = s.bus.publish.bind(s.bus);
  const order: string[] = [];
  s.bus.publish = (topic, records, options) => {
    order.push(topic.name);
    return publish(topic, records, options);
  };
  s.node.answer = () =>
    Promise.resolve(
      templateOn(TIP, { transactions: TEMPLATE.transactions.slice(1), witnessCommitment: null }),
    );
  await s.pass(40_000);
  assertEquals(order, ["mining.templates", "mining.jobs", "mining.jobs"]);
  const templates = await templatesOn(s.bus);
  const jobs = await s.jobs();
  for (const { templateId, merkleBranch } of jobs) {
    const { transactions } = templates.find(({ id }) => id === templateId)!;
    assertEquals(Math.ceil(Math.log2(transactions.length + 1)), merkleBranch.length);
  }
});

Deno.test("the same transactions are published again before their topic could forget them", async () => {
  await using s = await stand();
  await s.pass(TEMPLATE_REUSE_MS + REFRESH_MS);
  const ids = new Set((await s.jobs()).map(({ templateId }) => templateId));
  assertEquals(ids.size, 2);
  assertEquals((await templatesOn(s.bus)).map(({ id }) => id), [...ids]);
});

Deno.test("a template that may not be on its topic gets no job; when the bus is back, work goes on", async () => {
  await using s = await stand();
  await s.pass(1_000);
  const publish = s.bus.publish.bind(s.bus);
  s.bus.publish = (topic, records, options) =>
    topic.name === miningTemplates.name
      ? Promise.reject(new NotWritten("the bus is away"))
      : publish(topic, records, options);
  s.node.move(tipAfter(1));
  s.node.answer = () => Promise.resolve(templateOn(tipAfter(1)));
  await s.pass(10_000);
  assertEquals((await s.jobs()).map(({ templateId }) => templateId !== ""), [true, false]);
  assertEquals(s.said("jobmanager/job"), "down: the bus is away");
  s.bus.publish = publish;
  await s.pass(10_000);
  assertEquals((await s.jobs()).length, 3);
  assertEquals(s.said("jobmanager/job"), undefined);
});

Deno.test("a job that could not be published is no step: the next one is as clean", async () => {
  await using s = await stand({ settings: { emptyJobs: false } });
  await s.pass(1_000);
  const publish = s.bus.publish.bind(s.bus);
  let failures = 3;
  s.bus.publish = (topic, records, options) =>
    topic.name === miningJobs.name && failures-- > 0
      ? Promise.reject(new NotWritten("the bus is away"))
      : publish(topic, records, options);
  s.node.move(tipAfter(1));
  await s.pass(20_000);
  assertEquals((await s.jobs()).map(({ clean }) => clean), [true, true]);
});

Deno.test("a template with an unknown rule that must be understood is refused, and the board says which", async () => {
  const { log, having } = captureLog();
  await using s = await stand({ log });
  await s.pass(1_000);
  s.node.answer = () =>
    Promise.resolve(templateOn(tipAfter(1), { rules: ["csv", "!segwit", "!newrule"] }));
  s.node.move(tipAfter(1));
  await s.pass(10_000);
  const jobs = await s.jobs();
  assert(jobs.every(({ templateId }, i) => i === 0 || templateId === ""));
  assertMatch(s.said("jobmanager/job")!, /^down: .*!newrule/);
  assertEquals(having("!newrule").length, 1, "said once, not at every try");
});

Deno.test("work comes from the first healthy node at the tip; one that goes away is left for the next", async () => {
  const first = new ScriptedNode(TIP, "first:1");
  const second = new ScriptedNode(TIP, "second:1");
  await using s = await stand({ nodes: [first, second] });
  await s.pass(8_000);
  const before = second.templates;
  assertGreater(first.templates, before);
  first.away(true);
  await s.pass(40_000);
  assertGreater(second.templates, before);
  assertMatch(s.said("jobmanager/work")!, /^ok/);
  second.move(tipAfter(1));
  await s.pass(1_000);
  assert(isOn((await s.jobs()).at(-1)!, tipAfter(1)));
});

Deno.test("a template for another block than the tip makes no job", async () => {
  await using s = await stand();
  await s.pass(1_000);
  s.node.answer = () => Promise.resolve(templateOn(tipAfter(7)));
  s.node.move(tipAfter(1));
  await s.pass(40_000);
  assert((await s.jobs()).every((job) => isOn(job, TIP) || isOn(job, tipAfter(1))));
});

Deno.test("a job that gateways could not use never reaches the topic", async () => {
  await using s = await stand();
  await s.pass(1_000);
  s.node.answer = () => Promise.resolve(templateOn(TIP, { nbits: 0 })); // no target at all
  await s.pass(40_000);
  assertEquals((await s.jobs()).length, 1);
  assertMatch(s.said("jobmanager/job")!, /nbits give no target/);
});

Deno.test("a new leader's first job on the same block is not clean, on another it is", async () => {
  await using first = await stand();
  await first.pass(1_000);
  await first.stop();
  const { clock, bus, state } = first;
  await using second = await stand({ clock, bus, state, holder: "b" });
  await second.pass(1_000);
  await second.stop();
  await using third = await stand({
    clock,
    bus,
    state,
    holder: "c",
    nodes: [new ScriptedNode(tipAfter(1))],
  });
  await third.pass(1_000);
  assertEquals((await third.jobs()).map(({ clean }) => clean), [true, false, true]);
});
