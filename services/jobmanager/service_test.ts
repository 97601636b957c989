import { assert, assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { miningJobs, miningTemplates, openBus } from "@gopool/bus";
import { equalBytes } from "@gopool/chain";
import { joinNodes } from "@gopool/node";
import { create, fromBinary, type Job, JobSchema, toBinary } from "@gopool/proto";
import { createStatusBoard, FatalError, silent } from "@gopool/runtime";
import { openState, type State, StateUnavailable } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { termOf } from "./job_ids.ts";
import { jobsOn, POOL, SETTINGS, stand, templatesOn } from "./fixture.ts";
import { ScriptedNode, TIP, tipAfter } from "./node_fixture.ts";
import { createJobmanager } from "./service.ts";

const terms = (jobs: readonly Job[]) => jobs.map(({ id }) => termOf(id));

/** What a process that is killed leaves behind: calls that never come back. */
function mortal<T extends object>(
  target: T,
  dead: (name: string | symbol, args: unknown[]) => Promise<never> | null,
): T {
  return new Proxy(target, {
    get(of, name) {
      const value = Reflect.get(of, name, of);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => dead(name, args) ?? value.apply(of, args);
    },
  });
}

Deno.test("of two, one leads; when it is killed the other leads within 3 s, in a higher term", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  let killed = false;
  const grave = Promise.withResolvers<never>();
  grave.promise.catch(() => {});
  const dead = () => killed ? grave.promise : null;
  const a = await stand({ clock, bus: mortal(bus, dead), state: mortal(state, dead), holder: "a" });
  await a.pass(1_000);
  await using b = await stand({ clock, bus, state, holder: "b" });
  await b.pass(10_000);
  assertEquals([a.said("jobmanager/lead"), b.said("jobmanager/lead")], [
    "ok: leads",
    "ok: stands by",
  ]);
  assertEquals(terms(await jobsOn(bus)), [1]);

  killed = true;
  await b.pass(3_000);
  assertEquals(b.said("jobmanager/lead"), "ok: leads");
  const jobs = await jobsOn(bus);
  assertEquals(terms(jobs), [1, 2]);
  assertEquals(jobs.map(({ clean }) => clean), [true, false]);
  assertLess(jobs[1]!.loggedAtMs - (jobs[0]!.loggedAtMs + 11_000), 3_000);
  await b.pass(60_000);
  assertEquals(terms(await jobsOn(bus)), [1, 2, 2, 2]);
  grave.reject(new StateUnavailable("buried"));
  await a.stop();
});

Deno.test("a leader that cannot renew its lease publishes nothing after it, and stands by when the store is back", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  let away = false;
  const cut: State = mortal(
    state,
    () => away ? Promise.reject(new StateUnavailable("away")) : null,
  );
  const nodeOfA = new ScriptedNode();
  await using a = await stand({ clock, bus, state: cut, holder: "a", nodes: [nodeOfA] });
  await a.pass(1_000);
  await using b = await stand({ clock, bus, state, holder: "b" });
  await b.pass(1_000);
  away = true;
  await b.pass(3_000);
  // Cut off, and a new tip to tempt it.
  nodeOfA.move(tipAfter(1));
  await b.pass(60_000);
  const jobs = await jobsOn(bus);
  assertEquals(terms(jobs), terms(jobs).toSorted((x, y) => x - y));
  assert(
    jobs.slice(1).every(({ id, previousHash }) =>
      termOf(id) === 2 && equalBytes(previousHash, TIP.hash)
    ),
  );
  assertMatch(a.said("jobmanager/lead")!, /^down: away/);
  assertEquals(a.said("jobmanager/work"), undefined);
  away = false;
  await b.pass(2_000);
  assertEquals(a.said("jobmanager/lead"), "ok: stands by");
});

Deno.test("with the store away for everybody the leader works on, visibly, until the store is back; nobody else leads", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  let away = false;
  const cut = mortal(state, () => away ? Promise.reject(new StateUnavailable("away")) : null);
  const node = new ScriptedNode();
  await using a = await stand({ clock, bus, state: cut, holder: "a", nodes: [node] });
  await a.pass(1_000);
  await using b = await stand({ clock, bus, state: cut, holder: "b" });
  await b.pass(1_000);
  away = true;
  await b.pass(10_000);
  assertEquals(a.said("jobmanager/lead"), "degraded: leads without the store: away");
  assertEquals(b.said("jobmanager/lead"), "down: away");
  node.move(tipAfter(1));
  await b.pass(1_000);
  // The block as ever: an empty job, then the full one; and the refreshes of an hour.
  const there = (await jobsOn(bus)).length;
  assertEquals(there, 3);
  await b.pass(3_600_000);
  assertEquals((await jobsOn(bus)).length, there + 120);
  assertEquals(new Set(terms(await jobsOn(bus))), new Set([1]));
  away = false;
  await b.pass(3_000);
  const led = [a, b].map((s) => s.said("jobmanager/lead")).toSorted();
  assertEquals(led, ["ok: leads", "ok: stands by"]);
  await b.pass(30_000);
  const since = (await jobsOn(bus)).slice(there + 120);
  assert(since.length > 0 && since.every(({ id }) => termOf(id) === 2));
});

Deno.test("a leader cut off by itself ends with its successor's first job, not before", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  let away = false;
  const cut = mortal(state, () => away ? Promise.reject(new StateUnavailable("away")) : null);
  await using a = await stand({ clock, bus, state: cut, holder: "a" });
  await a.pass(1_000);
  const slow = new ScriptedNode();
  const template = Promise.withResolvers<void>();
  const answer = slow.answer;
  slow.answer = async (signal) => {
    await template.promise;
    return await answer(signal);
  };
  await using b = await stand({ clock, bus, state, holder: "b", nodes: [slow] });
  away = true;
  await b.pass(60_000);
  // The successor has the lease and no work to give: miners live on the other's.
  assertEquals(b.said("jobmanager/lead"), "ok: leads");
  assertEquals(terms(await jobsOn(bus)), [1, 1, 1]);
  template.resolve();
  await b.pass(60_000);
  const last = terms(await jobsOn(bus)).slice(3);
  assert(last.length >= 2 && last.every((term) => term === 2), `${last}`);
  assertEquals(a.said("jobmanager/lead"), "down: away");
});

Deno.test("a lease that is lost while the template is on its way leaves the job unpublished", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  let away = false;
  const cut = mortal(state, () => away ? Promise.reject(new StateUnavailable("away")) : null);
  const written = Promise.withResolvers<void>();
  const publish = bus.publish.bind(bus);
  bus.publish = async (topic, ...rest) => {
    if (topic.name === miningTemplates.name) await written.promise;
    return await publish(topic, ...rest);
  };
  await using a = await stand({ clock, bus, state: cut });
  await a.pass(1_000);
  away = true;
  await a.pass(5_000);
  written.resolve();
  await a.pass(5_000);
  assertEquals((await templatesOn(bus)).length, 1);
  assertEquals(await jobsOn(bus), []);
});

Deno.test("a restart leads in a higher term, also with a state that forgot everything", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  for (let run = 1; run <= 4; run++) {
    await using s = await stand({ clock, bus, holder: `run-${run}` });
    await s.pass(2_000);
    assertEquals(terms(await jobsOn(bus)).at(-1), run);
  }
});

Deno.test("neither a late job of a deposed leader, nor another pool's, nor a broken record hides the last term", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  const append = (job: { id: string; pool: string } | null) => {
    const value = job === null ? Uint8Array.of(0xff) : toBinary(
      JobSchema,
      create(JobSchema, { ...job, previousHash: TIP.hash }),
    );
    return bus.publish(miningJobs, [{ key: new Uint8Array(), value }]);
  };
  await append({ id: "0000000900000000", pool: POOL });
  await append({ id: "0000000300000005", pool: POOL });
  await append({ id: "0000ffff00000000", pool: "another" });
  await append(null);
  await using s = await stand({ clock, bus });
  await s.pass(2_000);
  const last = await bus.last(miningJobs, 0);
  const job = fromBinary(JobSchema, last!.value);
  assertEquals([termOf(job.id), job.clean], [10, false]);
});

Deno.test("a bus that is away at the start of a term is waited for", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  let away = true;
  const flaky = mortal(
    bus,
    (name) => away && name === "ends" ? Promise.reject(new Error("the bus is away")) : null,
  );
  await using s = await stand({ clock, bus: flaky });
  await s.pass(5_000);
  assertEquals(s.said("jobmanager/term"), "down: the bus is away");
  assertEquals(s.said("jobmanager/splits"), "down: the bus is away");
  away = false;
  await s.pass(2_000);
  assertEquals((await jobsOn(bus)).length, 1);
  assertEquals([s.said("jobmanager/term"), s.said("jobmanager/splits")], [undefined, undefined]);
});

Deno.test("an address of another network ends the service for good, with a sentence", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await using state = await openState(new URL("memory:"), { clock });
  await using nodes = joinNodes([new ScriptedNode()], { clock });
  const service = createJobmanager({
    bus,
    state,
    nodes,
    clock,
    log: silent,
    board: createStatusBoard(clock),
    holder: "a",
    settings: { ...SETTINGS, poolAddress: "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2" },
  });
  const error = await assertRejects(() => service.run(new AbortController().signal), FatalError);
  assertMatch(error.message, /^GOPOOL_POOL_ADDRESS=1Bv/);
});
