/**
 * ControlService over Connect, as an operator's client calls it.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { Health, LogLevel, Phase, Source } from "@gopool/proto/control";
import { logLevel, VERSION } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { stand } from "./control_stand_fixture.ts";

Deno.test("the status tells version, phase, parts with their last error, services and lags", async () => {
  await using it = await stand();
  const startedAtMs = BigInt(it.clock.now());
  await it.clock.advance(1_000);
  it.board.set("bus", "degraded", "No broker answers");
  it.board.set("bus", "ok", "open");
  it.setLags(() =>
    Promise.resolve([{
      topic: "share.submissions",
      group: "shareproc",
      partitions: [{ partition: 0, lag: 2 }, { partition: 1, lag: 5 }],
    }])
  );
  const status = await it.call.status({});
  assertEquals(
    [status.name, status.version, status.phase, status.ready, status.waitingFor],
    ["poold", VERSION, Phase.WORKING, true, []],
  );
  assertMatch(status.runtime, /^Deno \d/);
  assertEquals([status.startedAtMs, status.phaseSinceMs], [startedAtMs, startedAtMs]);
  assertEquals(status.services.map(({ name, phase }) => [name, phase]), [
    ["stratumd", Phase.WORKING],
    ["shareproc", Phase.WORKING],
  ]);
  const bus = status.parts.find(({ name }) => name === "bus")!;
  assertEquals([bus.health, bus.detail, bus.sinceMs, bus.lastError, bus.lastErrorAtMs], [
    Health.OK,
    "open",
    startedAtMs + 1_000n,
    "No broker answers",
    startedAtMs + 1_000n,
  ]);
  assertEquals(
    status.lags.map(({ topic, group, lag, partitions }) => [
      topic,
      group,
      lag,
      partitions.map(({ lag }) => lag),
    ]),
    [["share.submissions", "shareproc", 7n, [2n, 5n]]],
  );
  assertEquals((await it.call.status({ withoutLags: true })).lags, []);
});

Deno.test("a status says what is waited for, and does not wait for a bus that is away", async () => {
  await using it = await stand();
  it.board.set("nodes", "down", "No node answers");
  it.setLags(() => Promise.reject(new Error("no broker answers")));
  const status = await it.call.status({});
  assertEquals([status.ready, status.waitingFor], [false, ["nodes: No node answers"]]);
  assertEquals([status.lags, status.lagsTrouble], [[], "no broker answers"]);
  it.setLags(() => new Promise(() => {}));
  const asking = it.call.status({});
  await waitFor(() => it.clock.sleepers > 0, "the status to wait");
  await it.clock.advance(2_000);
  assertMatch((await asking).lagsTrouble, /did not answer within/);
});

Deno.test("settings are told with their sources, secrets hidden", async () => {
  await using it = await stand();
  const { settings } = await it.call.settings({});
  assertEquals(
    settings.map(({ variable, value, source, from }) => [variable, value, source, from]),
    [
      ["GOPOOL_A", "1", Source.FLAG, "--a"],
      ["GOPOOL_B", "(secret)", Source.FILE, "GOPOOL_B_FILE"],
    ],
  );
});

Deno.test("a log level is in effect until it expires, and its call is recorded", async () => {
  await using it = await stand();
  const expiresAtMs = BigInt(it.clock.now() + 60_000);
  const set = await it.call.setLogLevel({ level: LogLevel.DEBUG, forMs: 60_000 });
  assertEquals([set.before, set.level, set.expiresAtMs], [
    LogLevel.INFO,
    LogLevel.DEBUG,
    expiresAtMs,
  ]);
  assertEquals(logLevel(), "debug");
  const now = await it.call.getLogLevel({});
  assertEquals([now.level, now.expiresAtMs, now.setting], [
    LogLevel.DEBUG,
    expiresAtMs,
    LogLevel.INFO,
  ]);
  await it.clock.advance(60_000);
  assertEquals(logLevel(), "info");
  assertEquals((await it.call.getLogLevel({})).expiresAtMs, 0n);
  const [call] = it.calls;
  assertEquals([call!.method, call!.caller, call!.before, call!.error], [
    "gopool.control.v1.ControlService/SetLogLevel",
    "ann",
    "info",
    "",
  ]);
  assertMatch(call!.after, /^debug until \d{4}-/);
  const back = await it.call.setLogLevel({});
  assertEquals([back.level, back.expiresAtMs], [LogLevel.INFO, 0n]);
  const wrong = await assertRejects(
    () => it.call.setLogLevel({ level: LogLevel.DEBUG, forMs: 86_400_001 }),
    ConnectError,
  );
  assertEquals(wrong.code, Code.InvalidArgument);
  assertMatch(wrong.message, /for_ms/);
});

Deno.test("a drain ends when the work in hand has, the process is not ready meanwhile, and undrain makes it work again", async () => {
  await using it = await stand();
  const draining = await it.call.drain({ service: "stratumd" });
  assertEquals(draining.services.map(({ name, phase }) => [name, phase]), [
    ["stratumd", Phase.DRAINING],
  ]);
  const waiting = it.call.drain({ service: "stratumd", waitMs: 30_000 });
  await waitFor(() => it.clock.sleepers > 0, "the drain to wait");
  it.finish();
  assertEquals((await waiting).services[0]!.phase, Phase.DRAINED);
  const { ready, waitingFor, services } = await it.call.status({});
  assertEquals(ready, false);
  assertMatch(waitingFor.join(), /stratumd: drained/);
  assertEquals(services.map(({ phase }) => phase), [Phase.DRAINED, Phase.WORKING]);

  const { services: again } = await it.call.undrain({ service: "stratumd" });
  assertEquals(again[0]!.phase, Phase.WORKING);
  await waitFor(async () => (await it.call.status({})).ready, "it is ready again");
  assertEquals(it.runs, ["stratumd", "shareproc", "stratumd"]);
  assertEquals(it.calls.map(({ method, before, after }) => [method.split("/")[1], before, after]), [
    ["Drain", "stratumd working", "stratumd draining"],
    ["Drain", "stratumd draining", "stratumd drained"],
    ["Undrain", "stratumd drained", "stratumd working"],
  ]);
});

Deno.test("without a name all services drain and work again", async () => {
  await using it = await stand();
  const waiting = it.call.drain({ waitMs: 30_000 });
  await waitFor(() => it.inHand.size === 2, "both to finish");
  it.finish();
  assertEquals((await waiting).services.map(({ phase }) => phase), [Phase.DRAINED, Phase.DRAINED]);
  const status = await it.call.status({});
  assertEquals([status.phase, status.waitingFor], [Phase.DRAINED, ["The process is drained"]]);
  await it.call.undrain({});
  await waitFor(async () => (await it.call.status({})).ready, "it is ready again");
  assertEquals(it.runs.length, 4);
});

Deno.test("a drain that is waited for too briefly says draining, and a name that is none names those there are", async () => {
  await using it = await stand();
  const waiting = it.call.drain({ service: "shareproc", waitMs: 100 });
  await waitFor(() => it.clock.sleepers > 0, "the drain to wait");
  await it.clock.advance(100);
  assertEquals((await waiting).services[0]!.phase, Phase.DRAINING);
  for (const call of [it.call.drain, it.call.undrain]) {
    const error = await assertRejects(() => call({ service: "payoutd" }), ConnectError);
    assertEquals(error.code, Code.NotFound);
    assertMatch(error.message, /must be one of stratumd, shareproc/);
  }
});

Deno.test("a profile and a heap can be had while the process works", async () => {
  await using it = await stand();
  const text = new TextDecoder();
  let json = "";
  for await (const { chunk } of it.call.profile({ forMs: 20, intervalUs: 500 })) {
    json += text.decode(chunk, { stream: true });
  }
  const profile = JSON.parse(json);
  assert(profile.nodes.length > 0 && profile.endTime > profile.startTime);
  const heap = await it.call.heap({ sampleMs: 20 });
  assert(heap.heapUsedBytes > 0n && heap.heapUsedBytes < heap.heapLimitBytes);
  assert(heap.spaces.length > 3);
  assertEquals((await it.call.heap({})).allocations, []);
});

Deno.test("of two profiles at once one is refused, and when the other has ended there can be a next", async () => {
  await using it = await stand();
  const stop = new AbortController();
  const take = async () => {
    for await (const _ of it.call.profile({ forMs: 60_000 }, { signal: stop.signal })) continue;
  };
  const taking = [take(), take()];
  const refusal = await assertRejects(() => Promise.race(taking), ConnectError);
  assertEquals(refusal.code, Code.FailedPrecondition);
  stop.abort();
  await Promise.allSettled(taking);
  const next = () => it.call.heap({ sampleMs: 1 }).then(() => true, () => false);
  await waitFor(next, "the end of the other");
});

Deno.test("a profile's samples lie no closer than 100 microseconds, and the refusal names the field", async () => {
  await using it = await stand();
  const taking = async () => {
    for await (const _ of it.call.profile({ forMs: 1, intervalUs: 99 })) { /* none comes */ }
  };
  const error = await assertRejects(taking, ConnectError);
  assertEquals(error.code, Code.InvalidArgument);
  assertMatch(error.message, /interval_us/);
});

Deno.test("one service that is told to work while the whole is drained is refused with what to do", async () => {
  await using it = await stand();
  const draining = it.call.drain({ waitMs: 30_000 });
  await waitFor(() => it.inHand.size === 2, "the work in hand");
  it.finish();
  await draining;
  const error = await assertRejects(() => it.call.undrain({ service: "stratumd" }), ConnectError);
  assertEquals(error.code, Code.FailedPrecondition);
  assertMatch(error.message, /undrain the process/);
});
