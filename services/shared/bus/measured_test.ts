import { assert, assertEquals } from "@std/assert";
import { createMetrics } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { busContract } from "./contract.ts";
import { CONTRACT_PARTITIONS } from "./contract_stand.ts";
import {
  type Bus,
  miningJobs,
  NotWritten,
  openBus,
  OutcomeUnknown,
  shareSubmissions,
} from "./mod.ts";
import { measured } from "./measured.ts";

busContract({
  name: "memory: (measured)",
  open: (clock) =>
    openBus("memory:", { clock, sharePartitions: CONTRACT_PARTITIONS, metrics: createMetrics() }),
  takesTheClock: true,
});

function lines(text: string, ...starts: string[]): string[] {
  return text.split("\n").filter((line) => starts.some((start) => line.startsWith(start)));
}

const record = () => ({ key: new Uint8Array([1]), value: new Uint8Array([2]) });

Deno.test("publishing is counted and timed by topic, failures by what is known of them", async () => {
  const clock = new FakeClock();
  const metrics = createMetrics();
  await using memory = await openBus("memory:", { clock });
  let fail: Error | null = null;
  const publish: Bus["publish"] = (...args) =>
    fail === null ? memory.publish(...args) : Promise.reject(fail);
  // Only what this test asks of it.
  const broken = { name: memory.name, publish } as Bus;
  const bus = measured(broken, { metrics, clock });
  await bus.publish(miningJobs, [record(), record()]);
  for (fail of [new NotWritten("away"), new OutcomeUnknown("cut")]) {
    await bus.publish(miningJobs, [record()]).catch(() => {});
  }
  const text = await metrics.render();
  const topic = 'topic="mining.jobs"';
  assertEquals(
    lines(
      text,
      `gopool_bus_published_records_total{${topic}`,
      `gopool_bus_publish_failures_total{${topic}`,
      `gopool_bus_publish_seconds_count{${topic}`,
    ).toSorted(),
    [
      `gopool_bus_publish_failures_total{${topic},outcome="not_written"} 1`,
      `gopool_bus_publish_failures_total{${topic},outcome="unknown"} 1`,
      `gopool_bus_publish_seconds_count{${topic}} 1`,
      `gopool_bus_published_records_total{${topic}} 2`,
    ],
  );
});

Deno.test("the lag of a group, and the partitions it cannot read on, stand under topic and group", async () => {
  const clock = new FakeClock();
  const metrics = createMetrics();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1, metrics });
  const stop = new AbortController();
  let mayWork = false;
  let threw = 0;
  const consuming = bus.consume(
    shareSubmissions,
    { group: "tried", batchMax: 10, signal: stop.signal },
    () => {
      if (mayWork) return Promise.resolve();
      threw++;
      return Promise.reject(new Error("not yet"));
    },
  );
  await bus.publish(shareSubmissions, [record(), record(), record()]);
  await waitFor(() => threw > 0, "a batch that cannot be handled");
  const here = '{topic="share.submissions",group="tried"}';
  const shown = async (name: string) =>
    lines(await metrics.render(), `${name}${here}`)[0]?.split(" ").at(-1);
  await waitFor(async () => await shown("gopool_bus_stopped_readers") === "1", "the trouble");
  assertEquals(await shown("gopool_bus_lag_records"), "3");
  assert(Number(await shown("gopool_bus_read_failures_total")) >= 1);
  mayWork = true;
  await waitFor(async () => {
    await clock.advance(1_000);
    return await shown("gopool_bus_lag_records") === "0";
  }, "the group to catch up");
  assertEquals(await shown("gopool_bus_stopped_readers"), "0");
  assertEquals(await shown("gopool_bus_read_records_total"), "3");
  stop.abort();
  await consuming;
});

Deno.test("a group whose position stands back on purpose tells no lag by it", async () => {
  const metrics = createMetrics();
  await using bus = await openBus("memory:", {
    clock: new FakeClock(),
    sharePartitions: 1,
    metrics,
  });
  const stop = new AbortController();
  const options = { group: "keeps", batchMax: 10, signal: stop.signal, keepFrom: () => 0 };
  const consuming = bus.consume(shareSubmissions, options, () => Promise.resolve());
  await bus.publish(shareSubmissions, [record(), record()]);
  const shown = async (name: string) => lines(await metrics.render(), name);
  const read = 'gopool_bus_read_records_total{topic="share.submissions",group="keeps"} 2';
  await waitFor(async () => (await shown(read)).length === 1, "both records");
  assertEquals(await shown("gopool_bus_lag_records{"), []);
  stop.abort();
  await consuming;
});
