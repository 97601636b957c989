import { assert, assertEquals, assertMatch } from "@std/assert";
import { miningJobs, openBus } from "@gopool/bus";
import { displayHash } from "@gopool/chain";
import { Code, type ConnectError } from "@gopool/control";
import type { Noticed } from "@gopool/node";
import { create, JobSchema, toBinary } from "@gopool/proto";
import { AmountRule, JobCause, ProposalResult, TellingWay } from "@gopool/proto/control";
import { openState } from "@gopool/state";
import { FakeClock, waitFor } from "@gopool/testing";
import { POOL_ADDRESS, type Stand, stand } from "./fixture.ts";
import { ASKED_PAUSE_MS } from "./limits.ts";
import { ScriptedNode, TEMPLATE, templateOn, TIP, tipAfter } from "./node_fixture.ts";
import { refused, serveJobs } from "./rpc_fixture.ts";

const noticedNow = ({ clock }: Stand, way: Noticed["way"]): Noticed => ({
  way,
  atMs: clock.now(),
  monotonicMs: clock.monotonic(),
});

Deno.test("GetJob explains the job that is out: what is in it, what it pays, where it comes from", async () => {
  await using s = await stand();
  await using served = await serveJobs(s);
  await s.pass(2_000);
  const [job] = await s.jobs();
  const { job: told, template, leadership } = await served.jobs.getJob({});
  assert(told && template && leadership);
  assertEquals([told.id, told.term, told.height], [job!.id, 1, TIP.height + 1]);
  assertEquals(told.previousHash, displayHash(TIP.hash));
  assertEquals(told.coinbaseValueSats, TEMPLATE.coinbaseValue as bigint);
  assertEquals(told.feesSats + told.subsidySats, told.coinbaseValueSats);
  assertEquals([told.transactions, told.sigops], [2, undefined]);
  assertEquals(told.weight, TEMPLATE.transactions.reduce((sum, { weight }) => sum + weight, 0));
  assertEquals([told.bits, told.empty, told.clean], ["207fffff", false, true]);
  assertEquals([told.templateNode, told.templateId], [s.node.name, job!.templateId]);
  assertEquals([told.cause, told.tipToMadeMs], [JobCause.NEW_LEADER, undefined]);
  assertEquals(told.loggedAtMs, BigInt(job!.loggedAtMs));
  assert(told.publishedAtMs! >= told.madeAtMs && told.madeAtMs >= told.templateAtMs!);
  assertEquals(told.variants.map(({ name, proposal }) => [name, proposal]), [
    ["pool", ProposalResult.GOOD],
    ["solo", ProposalResult.GOOD],
  ]);
  const [pool, solo] = told.variants;
  assertEquals(pool!.outputs[0]!.address, POOL_ADDRESS);
  assertEquals(pool!.outputs[0]!.amountSats, told.coinbaseValueSats);
  assertEquals(
    solo!.outputs.map((
      { rule, sessionAccount, feeBasisPoints },
    ) => [rule, sessionAccount, feeBasisPoints]),
    [[AmountRule.REMAINDER, true, 0], [AmountRule.FEE, false, 100]],
  );
  assertEquals(
    solo!.outputs.reduce((sum, { amountSats }) => sum + amountSats, 0n),
    told.coinbaseValueSats,
  );
  assertEquals([template.height, template.transactions, template.node], [
    TIP.height + 1,
    2,
    s.node.name,
  ]);
  assertEquals([leadership.leads, leadership.detail, leadership.leader], [true, "leads", "a"]);
  await refused(
    served.jobs.getJob({ id: "00000009" + "0".repeat(8) }),
    Code.NotFound,
    /^id: job 0/,
  );
  await refused(served.jobs.getJob({ id: "9" }), Code.InvalidArgument, /id/);
  assertEquals((await served.jobs.getJob({ id: job!.id })).job!.id, job!.id);
});

Deno.test("a tip's jobs say who told of it first, how, and how long each step took", async () => {
  const nodes = [new ScriptedNode(TIP, "a:1"), new ScriptedNode(TIP, "b:1")];
  await using s = await stand({ nodes });
  await using served = await serveJobs(s);
  await s.pass(5_000);
  const next = tipAfter(1);
  let waits = 0;
  nodes[0]!.answer = nodes[1]!.answer = async (signal) => {
    if (waits++ === 0) await s.clock.sleep(2_000, signal);
    return templateOn(next);
  };
  nodes[1]!.move(next, noticedNow(s, "zmq"));
  await s.pass(1_000);
  nodes[0]!.move(next, noticedNow(s, "long-poll"));
  await s.pass(4_000);
  const jobs = await s.jobs();
  const [empty, full] = await Promise.all(
    jobs.slice(1, 3).map(async ({ id }) => (await served.jobs.getJob({ id })).job!),
  );
  assertEquals([empty!.cause, full!.cause], [JobCause.NEW_TIP, JobCause.NEW_TIP]);
  assertEquals([empty!.empty, full!.empty], [true, false]);
  assertEquals([empty!.transactions, empty!.feesSats], [0, 0n]);
  assertEquals(full!.tellings.map(({ node, way }) => [node, way]), [
    ["b:1", TellingWay.ZMQ],
    ["a:1", TellingWay.LONG_POLL],
  ]);
  assertEquals(full!.tipAtMs, full!.tellings[0]!.atMs);
  assertEquals([empty!.tipToMadeMs, full!.tipToMadeMs], [0, 2_000]);
  assertEquals(full!.madeAtMs - full!.tipAtMs, 2_000n);
  const made = s.timings.filter(({ cause }) => cause === "new-tip");
  assertEquals(made.map(({ empty, tipToMadeMs }) => [empty, tipToMadeMs]), [[true, 0], [
    false,
    2_000,
  ]]);
  assertEquals([s.desk.counters.jobs, s.desk.counters.emptyJobs], [jobs.length, 1]);
  assertEquals(s.desk.counters.templates, nodes[0]!.templates + nodes[1]!.templates);
});

Deno.test("one that stands by explains the same job, says who leads, and makes none", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  await using a = await stand({ clock, bus, state, holder: "a" });
  await a.pass(1_000);
  await using b = await stand({ clock, bus, state, holder: "b" });
  await b.pass(2_000);
  await using served = await serveJobs(b);
  const [job] = await a.jobs();
  const { job: told, template, leadership } = await served.jobs.getJob({});
  assert(told && leadership);
  assertEquals([told.id, told.cause, template], [job!.id, JobCause.UNSPECIFIED, undefined]);
  assertEquals([told.transactions, told.publishedAtMs], [undefined, undefined]);
  assertEquals([told.madeAtMs, told.loggedAtMs], [job!.createdAtMs, BigInt(job!.loggedAtMs)]);
  assertEquals(told.variants.map(({ proposal }) => proposal), [0, 0]);
  const { leads, detail, holder, leader, term } = leadership;
  assertEquals([leads, detail, holder, leader, term], [false, "stands by", "b", "a", 1]);
  await refused(
    served.jobs.refreshJob({}),
    Code.FailedPrecondition,
    /: it stands by; a leads as far as is known$/,
  );
  assertEquals(served.recorded.length, 1);
  assertMatch(served.recorded[0]!, /^RefreshJob: .*stands by/);
  assertEquals((await a.jobs()).length, 1);
});

Deno.test("RefreshJob has a fresh template and its job out when it answers, and not twice in a moment", async () => {
  await using s = await stand();
  await using served = await serveJobs(s);
  await s.pass(2_000);
  const { templates } = s.node;
  const { before, job } = await served.jobs.refreshJob({});
  assert(before && job);
  assertEquals(s.node.templates, templates + 1);
  const jobs = await s.jobs();
  assertEquals([before.id, job.id], jobs.map(({ id }) => id) as [string, string]);
  assertEquals([job.cause, job.clean], [JobCause.ASKED, false]);
  assert(job.publishedAtMs !== undefined);
  assertEquals(served.recorded, [`RefreshJob: ${before.id} -> ${job.id}`]);
  await refused(served.jobs.refreshJob({}), Code.ResourceExhausted, /a moment ago: wait 1000 ms/);
  await s.pass(ASKED_PAUSE_MS);
  s.node.away(true);
  await refused(served.jobs.refreshJob({}), Code.Unavailable, /No node is healthy/);
  s.node.away(false);
  await s.pass(ASKED_PAUSE_MS);
  s.node.answer = () => Promise.resolve(templateOn(tipAfter(1)));
  await refused(served.jobs.refreshJob({}), Code.Unavailable, /The tip moved meanwhile/);
  assertEquals((await s.jobs()).length, 2);
});

Deno.test("who asks while a refresh is under way gets its job; one that the lead's end overtakes is none", async () => {
  await using s = await stand();
  await using served = await serveJobs(s);
  await s.pass(2_000);
  const template = Promise.withResolvers<void>();
  const { answer, templates } = s.node;
  s.node.answer = (signal) => template.promise.then(() => answer(signal));
  const asked = [served.jobs.refreshJob({}), served.jobs.refreshJob({})];
  await waitFor(() => s.node.templates === templates + 1, "the question to the node");
  template.resolve();
  const [one, other] = await Promise.all(asked);
  assertEquals(one!.job!.id, other!.job!.id);
  await s.pass(ASKED_PAUSE_MS);
  s.node.answer = (signal) =>
    new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  const before = s.node.templates;
  const late = served.jobs.refreshJob({});
  late.catch(() => {});
  await waitFor(() => s.node.templates === before + 1, "the second question");
  await s.stop();
  await refused(late, Code.Unavailable, /has lost the lead/);
});

Deno.test("WatchJobs tells the last jobs and each new one, until the watcher goes", async () => {
  await using s = await stand();
  await using served = await serveJobs(s);
  await s.pass(32_000);
  const gone = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (
      const { job, missed } of served.jobs.watchJobs({ past: 1 }, { signal: gone.signal })
    ) {
      seen.push(`${job!.id} ${JobCause[job!.cause]} ${missed}`);
    }
  })();
  await waitFor(() => seen.length === 1, "the last job");
  s.node.move(tipAfter(1));
  await s.pass(1_000);
  await waitFor(() => seen.length === 3, "the new tip's jobs");
  const jobs = await s.jobs();
  assertEquals(seen, [
    `${jobs[1]!.id} INTERVAL 0`,
    `${jobs[2]!.id} NEW_TIP 0`,
    `${jobs[3]!.id} NEW_TIP 0`,
  ]);
  assertEquals(s.desk.watchers.size, 1);
  gone.abort();
  await watching.catch((error) => assertEquals((error as ConnectError).code, Code.Canceled));
  await waitFor(() => s.desk.watchers.size === 0, "the watcher to be gone");
  const tooMany = served.jobs.watchJobs({ past: 101 })[Symbol.asyncIterator]();
  await refused(
    tooMany.next(),
    Code.InvalidArgument,
    /past/,
  );
});

Deno.test("before any node has answered there is no job to explain, and the sentence says so", async () => {
  const node = new ScriptedNode();
  node.away(true);
  await using s = await stand({ nodes: [node] });
  await using served = await serveJobs(s, "grpc-web");
  const { job, leadership } = await served.jobs.getJob({});
  assertEquals([job, leadership!.leads], [undefined, false]);
  await refused(served.jobs.listLayouts({}), Code.Unavailable, /no node has answered yet/);
  await refused(
    served.jobs.refreshJob({}),
    Code.FailedPrecondition,
    /has not asked for the lead yet/,
  );
  assertEquals((await served.jobs.listNodes({})).nodes[0]!.healthy, false);
  node.away(false);
  await s.pass(5_000);
  assert((await served.jobs.getJob({})).job !== undefined);
});

Deno.test("a job in the log that gateways cannot use is none here either", async () => {
  await using s = await stand();
  await using served = await serveJobs(s);
  await s.pass(2_000);
  const [good] = await s.jobs();
  const { loggedAtMs: _, ...bare } = good!;
  for (const change of [{ variants: [] }, { network: "moon" }, { nbits: 0 }]) {
    const value = toBinary(
      JobSchema,
      create(JobSchema, { ...bare, ...change, id: "0000000190000000" }),
    );
    await s.bus.publish(miningJobs, [{ key: new Uint8Array(), value }]);
  }
  await s.pass(1_000);
  const gone = new AbortController();
  const watch = served.jobs.watchJobs({ past: 100 }, { signal: gone.signal })
    [Symbol.asyncIterator]();
  assertEquals((await watch.next()).value!.job!.id, good!.id);
  assertEquals((await served.jobs.getJob({})).job!.id, good!.id);
  gone.abort();
  await watch.next().catch(() => {});
});
