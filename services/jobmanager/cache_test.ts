/**
 * Jobs and templates in the shared state: a copy of what the log has, which costs the work nothing.
 *
 * @module
 */
import { openBus } from "@gopool/bus";
import { type Job, JobSchema, TemplateSchema, toBinary } from "@gopool/proto";
import { openState, type State, StateUnavailable } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { assert, assertEquals } from "@std/assert";
import { jobsOn, stand, templatesOn } from "./fixture.ts";
import { CACHE_TTL_MS, CACHING_MAX } from "./limits.ts";
import { tipAfter } from "./node_fixture.ts";

/** As long as a call to the store may take before it fails. */
const CALL_MAX_MS = 1_000;

async function store(clock: FakeClock) {
  const inner = await openState("memory:", { clock });
  const control = {
    mood: "well" as "well" | "away" | "hangs",
    written: [] as string[],
    under: 0,
    peak: 0,
    inner,
    state: new Proxy(inner, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "set") return value.bind(target);
        return async (...args: Parameters<State["set"]>) => {
          // The note of who leads is no part of the cache.
          if (!/^(job|template):/.test(args[0])) return await target.set(...args);
          control.written.push(args[0]);
          control.peak = Math.max(control.peak, ++control.under);
          try {
            if (control.mood === "hangs") await clock.sleep(CALL_MAX_MS);
            if (control.mood !== "well") throw new StateUnavailable("no answer");
            return await target.set(...args);
          } finally {
            control.under--;
          }
        };
      },
    }),
  };
  return control;
}

Deno.test("each job and template stands in the cache under its id after the log has it, for its time", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  const cache = await store(clock);
  const order: string[] = [];
  const publish = bus.publish.bind(bus);
  bus.publish = async (topic, ...rest) => {
    const placed = await publish(topic, ...rest);
    order.push(`${topic.name} after ${cache.written.length}`);
    return placed;
  };
  await using s = await stand({ clock, bus, state: cache.state });
  await s.pass(1_000);
  const [job] = await jobsOn(bus);
  const [template] = await templatesOn(bus);
  assertEquals(cache.written, [`template:${template!.id}`, `job:${job!.id}`]);
  assertEquals(order, ["mining.templates after 0", "mining.jobs after 1"]);
  const { loggedAtMs: _, ...bare } = job!;
  assertEquals(await cache.inner.get(`job:${job!.id}`), toBinary(JobSchema, bare as Job));
  const kept = await cache.inner.get(`template:${template!.id}`);
  assertEquals(kept, toBinary(TemplateSchema, template!));
  await s.pass(CACHE_TTL_MS + 1_000);
  for (const key of cache.written.slice(0, 2)) assertEquals(await cache.inner.get(key), null, key);
});

for (const mood of ["away", "hangs"] as const) {
  Deno.test(`a cache that ${mood === "away" ? "is away" : "hangs"} holds up no job, and is asked a few things at most`, async () => {
    const clock = new FakeClock();
    await using bus = await openBus("memory:", { clock });
    const cache = await store(clock);
    cache.mood = mood;
    await using s = await stand({ clock, bus, state: cache.state });
    await s.pass(10_000);
    for (let block = 1; block <= 20; block++) {
      const moved = clock.now();
      s.node.move(tipAfter(block));
      await s.pass(100);
      const last = (await jobsOn(bus)).slice(-2);
      assertEquals(last.map(({ templateId }) => templateId === ""), [true, false]);
      assertEquals(last.map(({ loggedAtMs }) => loggedAtMs), [moved, moved], "at once");
    }
    assert(cache.peak <= CACHING_MAX, `${cache.peak} at once`);
    // The end waits for the last call: this clock moves only here.
    await s.pass(CALL_MAX_MS);
  });
}
