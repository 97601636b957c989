import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { FakeClock, waitFor } from "@gopool/testing";
import { createMetrics, noMetrics, type Reading } from "./metrics.ts";
import { processMetrics } from "./process_metrics.ts";
import { createStatusBoard } from "./status_board.ts";

/** The lines about one metric, without its HELP and TYPE. */
function linesOf(text: string, name: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(name));
}

Deno.test("metrics are read when somebody asks, not before", async () => {
  const metrics = createMetrics();
  let reads = 0;
  metrics.counter("gopool_tried_total", "Tried.", () => ++reads);
  assertEquals(reads, 0);
  const text = await metrics.render();
  assertStringIncludes(text, "# HELP gopool_tried_total Tried.\n# TYPE gopool_tried_total counter");
  assertEquals(linesOf(text, "gopool_tried_total"), ["gopool_tried_total 1"]);
  assertEquals(linesOf(await metrics.render(), "gopool_tried_total"), ["gopool_tried_total 2"]);
});

Deno.test("a reading is a value, a value per set of labels, or nothing", async () => {
  const metrics = createMetrics();
  let reading: Reading = null;
  metrics.gauge("gopool_tried", "Tried.", () => reading);
  const shown = async () => linesOf(await metrics.render(), "gopool_tried");
  assertEquals(await shown(), []);
  reading = [
    { labels: { topic: "a" }, value: 1.5 },
    { labels: { topic: 'b"\n\\' }, value: 2 },
    { labels: { topic: "c" }, value: NaN },
  ];
  assertEquals(await shown(), [
    'gopool_tried{topic="a"} 1.5',
    'gopool_tried{topic="b\\"\\n\\\\"} 2',
  ]);
});

Deno.test("a metric that cannot be read is left out and counted; the others are shown", async () => {
  const metrics = createMetrics();
  metrics.gauge("gopool_bad", "Bad.", () => {
    throw new Error("no");
  });
  metrics.gauge("gopool_good", "Good.", () => 1);
  const failures = async () => linesOf(await metrics.render(), "gopool_metric_failures_total");
  await metrics.render();
  assertEquals(await failures(), ["gopool_metric_failures_total 1"]);
  const text = await metrics.render();
  assertEquals([linesOf(text, "gopool_bad"), linesOf(text, "gopool_good")], [[], [
    "gopool_good 1",
  ]]);
});

Deno.test("a metric may ask a store: scrapes that overlap share the question, and none waits for ever", async () => {
  const metrics = createMetrics(20);
  let asked = 0;
  const stored = Promise.withResolvers<Reading>();
  metrics.gauge("gopool_stored", "Stored.", () => {
    asked++;
    return stored.promise;
  });
  assertEquals(linesOf(await metrics.render(), "gopool_stored"), []);
  const both = [metrics.render(), metrics.render()];
  stored.resolve(7);
  for (const text of await Promise.all(both)) {
    assertEquals(linesOf(text, "gopool_stored"), ["gopool_stored 7"]);
  }
  const after = linesOf(await metrics.render(), "gopool_metric_failures_total");
  assertEquals([asked, ...after], [2, "gopool_metric_failures_total 1"]);
});

Deno.test("a histogram counts each value in every bucket that is not below it", async () => {
  const metrics = createMetrics();
  const seconds = metrics.histogram("gopool_tried_seconds", "Tried.", [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value);
  const text = await metrics.render();
  assertStringIncludes(text, "# TYPE gopool_tried_seconds histogram");
  assertEquals(linesOf(text, "gopool_tried_seconds"), [
    'gopool_tried_seconds_bucket{le="0.1"} 2',
    'gopool_tried_seconds_bucket{le="1"} 3',
    'gopool_tried_seconds_bucket{le="+Inf"} 4',
    "gopool_tried_seconds_sum 7.65",
    "gopool_tried_seconds_count 4",
  ]);
});

Deno.test("histograms of one name stand together, told apart by their labels", async () => {
  const metrics = createMetrics();
  for (const topic of ["a", "b"]) {
    metrics.histogram("gopool_tried_seconds", "Tried.", [1], { topic }).observe(2);
  }
  const text = await metrics.render();
  assertEquals(text.split("# TYPE gopool_tried_seconds").length, 2);
  assertStringIncludes(text, 'gopool_tried_seconds_bucket{topic="b",le="1"} 0');
  assertStringIncludes(text, 'gopool_tried_seconds_count{topic="a"} 1');
});

Deno.test("a name that is taken and bounds that do not rise are mistakes in the code", () => {
  const metrics = createMetrics();
  metrics.gauge("gopool_tried", "Tried.", () => 1);
  assertThrows(() => metrics.counter("gopool_tried", "Again.", () => 1), TypeError, "Two metrics");
  metrics.histogram("gopool_tried_seconds", "Tried.", [1]);
  assertThrows(() => metrics.histogram("gopool_tried_seconds", "Again.", [1]), TypeError, "Two");
  assertThrows(() => metrics.histogram("gopool_x_seconds", "X.", [1, 1]), TypeError, "do not rise");
  assertThrows(
    () => metrics.gauge("gopool_tried_seconds", "X.", () => 1),
    TypeError,
    "Two metrics",
  );
});

Deno.test("who is given no metrics may count all the same", () => {
  noMetrics.gauge("gopool_tried", "Tried.", () => 1);
  noMetrics.gauge("gopool_tried", "Tried.", () => 1);
  noMetrics.histogram("gopool_tried_seconds", "Tried.", [1]).observe(1);
});

Deno.test("the process says what it uses and how its parts are, with no permission", {
  permissions: "none",
}, async () => {
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  board.set("bus", "ok", "open");
  board.set("node", "down", "no node answers");
  const metrics = createMetrics();
  using _watch = processMetrics({
    metrics,
    clock,
    board,
    phase: () => "working",
    name: "tried",
    version: "1.2.3",
  });
  const text = await metrics.render();
  const build = linesOf(text, "gopool_build_info")[0] ?? "";
  assertStringIncludes(build, 'program="tried",version="1.2.3"');
  assertEquals(linesOf(text, "gopool_ready"), ["gopool_ready 0"]);
  assertEquals(linesOf(text, "gopool_parts"), [
    'gopool_parts{health="ok"} 1',
    'gopool_parts{health="degraded"} 0',
    'gopool_parts{health="down"} 1',
  ]);
  for (
    const name of [
      "process_start_time_seconds",
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "gopool_heap_used_bytes",
      "gopool_heap_size_bytes",
      "gopool_external_memory_bytes",
    ]
  ) {
    const [line] = linesOf(text, name);
    assert(Number(line?.split(" ")[1]) > 0, `${name}: ${line}`);
  }
  assertEquals(linesOf(text, "gopool_metric_failures_total"), ["gopool_metric_failures_total 0"]);
});

Deno.test("an event loop that is held is seen as a late timer", async () => {
  const metrics = createMetrics();
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const board = createStatusBoard(clock);
  using _watch = processMetrics({
    metrics,
    clock,
    board,
    phase: () => "working",
    name: "tried",
    version: "0",
  });
  const until = performance.now() + 400;
  while (performance.now() < until);
  const delays = async () => linesOf(await metrics.render(), "gopool_event_loop_delay_seconds");
  // The watch keeps no process alive; the waiting does.
  await waitFor(
    async () => !(await delays()).includes("gopool_event_loop_delay_seconds_count 0"),
    "the watch to look",
  );
  const quick = (await delays()).find((line) => line.includes('le="0.1"'));
  const all = (await delays()).find((line) => line.includes("_count"));
  assert(quick?.split(" ")[1] !== all?.split(" ")[1], "no delay above 0.1 s was seen");
});
