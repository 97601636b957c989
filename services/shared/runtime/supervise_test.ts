import { assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertRejects } from "@std/assert";
import { captureLog, FakeClock } from "@gopool/testing";
import { Backoff } from "./backoff.ts";
import { seededRandom } from "./random.ts";
import type { Service } from "./service.ts";
import { createStatusBoard } from "./status_board.ts";
import { FatalError, supervise } from "./supervise.ts";

function world() {
  const clock = new FakeClock();
  const { log, having } = captureLog();
  const board = createStatusBoard(clock);
  return { clock, log, board, random: seededRandom(1), having };
}

Deno.test("a wait doubles up to the longest, drawn from its upper half", () => {
  const backoff = new Backoff({ firstMs: 100, lastMs: 1_000 }, seededRandom(3));
  for (const whole of [100, 200, 400, 800, 1_000, 1_000]) {
    const ms = backoff.next();
    assertGreaterOrEqual(ms, whole / 2);
    assertLessOrEqual(ms, whole);
  }
  assertEquals(backoff.tries, 6);
  backoff.reset();
  assertLessOrEqual(backoff.next(), 100);
});

Deno.test("a failing part is restarted with growing pauses and stands on the board", async () => {
  const deps = world();
  const starts: number[] = [];
  const part: Service = {
    name: "part",
    run() {
      starts.push(deps.clock.monotonic());
      return Promise.reject(new Error(`fault ${starts.length}`));
    },
  };
  const stop = new AbortController();
  const running = supervise(part, deps).run(stop.signal);
  await deps.clock.advance(0);
  assertEquals(deps.board.all().map(({ part, health, detail }) => [part, health, detail]), [
    ["part", "down", "restarting: fault 1"],
  ]);
  await deps.clock.advance(120_000);
  const pauses = starts.slice(1).map((ms, i) => ms - starts[i]!);
  assertLessOrEqual(pauses[0]!, 500);
  assertGreaterOrEqual(pauses.at(-1)!, 15_000);
  assertEquals(deps.having("will restart").length, starts.length);
  stop.abort();
  await running;
  assertEquals(deps.board.all()[0]?.detail, "stopped");
});

Deno.test("a part that was well for long starts from the first pause again", async () => {
  const deps = world();
  const starts: number[] = [];
  const part: Service = {
    name: "part",
    async run(signal) {
      starts.push(deps.clock.monotonic());
      // Five quick faults, then an hour of work before the sixth.
      if (starts.length === 6) await deps.clock.sleep(3_600_000, signal);
      if (!signal.aborted) throw new Error("fault");
    },
  };
  const stop = new AbortController();
  const running = supervise(part, deps).run(stop.signal);
  await deps.clock.runUntil(() => starts.length === 7);
  assertLessOrEqual(starts[6]! - starts[5]! - 3_600_000, 500);
  stop.abort();
  await running;
});

Deno.test("a part that ends without being told to is started again", async () => {
  const deps = world();
  let starts = 0;
  const stop = new AbortController();
  const part: Service = { name: "part", run: () => Promise.resolve(void starts++) };
  const running = supervise(part, deps).run(stop.signal);
  await deps.clock.runUntil(() => starts === 3);
  assertEquals(deps.board.all()[0]?.detail, "restarting: part ended without being told to");
  stop.abort();
  await running;
});

Deno.test("a fatal fault is passed on, from inside several faults too", async () => {
  for (
    const thrown of [
      new FatalError("no such address"),
      new AggregateError([new Error("x"), new FatalError("no such address")], "several"),
    ]
  ) {
    const deps = world();
    const part: Service = { name: "part", run: () => Promise.reject(thrown) };
    const running = supervise(part, deps).run(new AbortController().signal);
    await assertRejects(() => running, FatalError, "no such address");
    assertEquals(deps.board.all()[0]?.health, "down");
  }
});

Deno.test("stopping waits for the part, and what fails then is said but not thrown", async () => {
  const deps = world();
  const stop = new AbortController();
  const part: Service = {
    name: "part",
    async run(signal) {
      await deps.clock.sleep(1e9, signal);
      await deps.clock.sleep(50);
      throw new Error("late");
    },
  };
  const running = supervise(part, deps).run(stop.signal);
  await deps.clock.advance(1_000);
  stop.abort();
  await deps.clock.advance(50);
  await running;
  assertEquals(deps.having("failed while stopping").length, 1);
});

Deno.test("the board keeps since when a health has lasted, whatever is said of it", async () => {
  const { clock, board } = world();
  const start = clock.now();
  board.set("bus", "down", "no connection");
  await clock.advance(1_000);
  board.set("bus", "down", "still no connection");
  const lastError = { detail: "still no connection", atMs: start + 1_000 };
  assertEquals(board.all(), [
    { part: "bus", health: "down", detail: "still no connection", sinceMs: start, lastError },
  ]);
  board.set("bus", "ok", "connected");
  assertEquals(board.all()[0]?.sinceMs, start + 1_000);
  board.clear("bus");
  assertEquals(board.all(), []);
});
