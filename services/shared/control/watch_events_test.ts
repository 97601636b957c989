/**
 * The stream of events over Connect: what is told, to a slow watcher too.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { EventKind, Health, LogLevel, Phase } from "@gopool/proto/control";
import { WATCHER_QUEUE } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { stand } from "./control_stand_fixture.ts";

Deno.test("events are told as they happen: lines, parts, phases and calls, with the past where it is asked for", async () => {
  await using it = await stand();
  it.log.info("before", { height: 7 });
  const watcher = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    const stream = it.call.watchEvents({ past: 1_000 }, { signal: watcher.signal, timeoutMs: 0 });
    for await (const { event } of stream) {
      const what = event!.what;
      seen.push(
        what.case === "log"
          ? `${what.value.message} ${JSON.stringify(what.value.facts)}`
          : what.case === "part"
          ? `${what.value.part} ${Health[what.value.health]}`
          : what.case === "call"
          ? `${what.value.method.split("/")[1]} by ${what.value.caller}: ${what.value.request}`
          : what.case === "phase"
          ? `${what.value.service || "all"} ${Phase[what.value.phase]}`
          : String(what.case),
      );
    }
  })().catch(() => {});
  await waitFor(() => seen.includes('before {"height":"7"}'), "the past");
  it.board.set("bus", "down", "away");
  await it.call.drain({ service: "stratumd" });
  const wanted = [
    "all WORKING",
    "bus DOWN",
    "stratumd DRAINING",
    'Drain by ann: {"service":"stratumd"}',
  ];
  await waitFor(() => wanted.every((one) => seen.includes(one)), "what happened");
  watcher.abort();
  await watching;
});

Deno.test("a watcher chooses kinds and the least level; debug is told while it is logged", async () => {
  await using it = await stand();
  const watcher = new AbortController();
  const seen: string[] = [];
  const watch = (options: { leastLevel?: LogLevel; kinds?: EventKind[] }, name: string) =>
    (async () => {
      for await (const { event } of it.call.watchEvents(options, { signal: watcher.signal })) {
        const { what } = event!;
        seen.push(`${name} ${what.case === "log" ? what.value.message : what.case}`);
      }
    })().catch(() => {});
  const watching = [
    watch({ leastLevel: LogLevel.WARN, kinds: [EventKind.LOG] }, "warn"),
    watch({ leastLevel: LogLevel.DEBUG }, "debug"),
  ];
  await waitFor(() => it.events.wantsDebug, "the watchers");
  await it.call.setLogLevel({ level: LogLevel.DEBUG });
  // The first to be seen by both tells that both watch.
  await waitFor(() => {
    it.log.warn("sync");
    return seen.includes("warn sync") && seen.includes("debug sync");
  }, "both to watch");
  it.log.debug("detail");
  it.board.set("bus", "down", "away");
  it.log.info("line");
  it.log.error("last");
  await waitFor(() => seen.includes("warn last") && seen.includes("debug last"), "the last");
  const of = (
    name: string,
  ) => [
    ...new Set(seen.filter((one) => one.startsWith(`${name} `)).map((one) => one.split(" ")[1])),
  ];
  assertEquals(of("warn"), ["sync", "last"]);
  assertEquals(of("debug").filter((one) => one !== "call" && one !== "phase"), [
    "sync",
    "detail",
    "part",
    "line",
    "last",
  ]);
  watcher.abort();
  await Promise.all(watching);
});

Deno.test("a watcher that does not read is told what it missed, and the process holds no more than its queue", async () => {
  await using it = await stand();
  const watcher = new AbortController();
  const stream = it.call.watchEvents({ kinds: [EventKind.NOTICE] }, { signal: watcher.signal })
    [Symbol.asyncIterator]();
  const say = (message: string) =>
    it.events.emit({ kind: "notice", service: "tried", message, facts: {} });
  const first = stream.next();
  let isFirst = true;
  void first.then(() => isFirst = false);
  await waitFor(() => {
    say("first");
    return !isFirst;
  }, "the first event");
  // Real sockets hold some: far more than they and the queue take, each a kilobyte.
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    say(`${i} ${"x".repeat(1_000)}`);
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  say("end");
  let missed = 0;
  let told = 0;
  let isEnd = false;
  while (!isEnd) {
    const { value } = await stream.next();
    const { what } = value!.event!;
    if (what.case === "missed") missed += Number(what.value.count);
    else if (what.case === "notice" && what.value.message === "end") isEnd = true;
    else if (what.case === "notice" && what.value.message !== "first") told++;
  }
  assert(missed > WATCHER_QUEUE, `missed ${missed}`);
  // What was missed of the first ones counts as well: no more than were said.
  assert(told + missed >= count, `${told} + ${missed}`);
  watcher.abort();
  await stream.next().catch(() => {});
});

Deno.test("a watcher's stream ends when the process is told to end", async () => {
  const it = await stand();
  const watching = (async () => {
    for await (const _ of it.call.watchEvents({ past: 10 }, { timeoutMs: 0 })) continue;
  })();
  await it[Symbol.asyncDispose]();
  await watching.catch((error) => assertEquals(ConnectError.from(error).code, Code.Unavailable));
});
