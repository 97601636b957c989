import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { aborted, createStatusBoard, runTogether, seededRandom, supervise } from "@gopool/runtime";
import { FakeClock, settle, silent } from "@gopool/testing";
import { createDrains, UnknownService, WholeDrained } from "./drains.ts";

/** Services that take a moment to finish what is in hand, drainable as in a process. */
function stand(...names: readonly string[]) {
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  const told: string[] = [];
  const drains = createDrains({
    clock,
    board,
    onPhase: (service, phase) => told.push(`${service || "all"} ${phase}`),
  });
  const runs: Record<string, number> = {};
  const finished: Record<string, number> = {};
  const deps = { clock, board, log: silent, random: seededRandom(1) };
  const parts = names.map((name) =>
    drains.wrap(supervise({
      name,
      async run(signal) {
        runs[name] = (runs[name] ?? 0) + 1;
        await aborted(signal);
        await clock.sleep(500);
        finished[name] = (finished[name] ?? 0) + 1;
      },
    }, deps))
  );
  const whole = drains.wrapWhole({
    name: "tried",
    run: (stop) => runTogether(stop, ...parts.map(({ run }) => run)),
  });
  const stop = new AbortController();
  return { clock, board, told, drains, runs, finished, stop, running: whole.run(stop.signal) };
}

/** Name and phase of each service. */
function phases({ drains }: ReturnType<typeof stand>): string[] {
  return drains.services().map(({ name, phase }) => `${name} ${phase}`);
}

Deno.test("a drained service ends with its work in hand finished, the others go on, and it works again when told", async () => {
  const it = stand("a", "b");
  await settle();
  assertEquals(phases(it), ["a working", "b working"]);
  let isDone = false;
  const draining = it.drains.drain("a").then(() => isDone = true);
  await it.clock.advance(499);
  assertEquals([isDone, ...phases(it)], [false, "a draining", "b working"]);
  await it.clock.advance(1);
  await draining;
  assertEquals(phases(it), ["a drained", "b working"]);
  assertEquals([it.finished.a, it.runs], [1, { a: 1, b: 1 }]);
  const down = it.board.all().filter(({ health }) => health === "down").map(({ part }) => part);
  assertEquals(down, ["a"]);
  // What is drained already is drained.
  await it.drains.drain("a");

  await it.drains.undrain("a");
  await it.drains.undrain("a");
  assertEquals(phases(it), ["a working", "b working"]);
  assertEquals(it.runs, { a: 2, b: 1 });
  assertEquals(it.board.all().every(({ health }) => health === "ok"), true);
  it.stop.abort();
  await it.clock.advance(500);
  await it.running;
});

Deno.test("the whole drains and works again, those drained by name too", async () => {
  const it = stand("a", "b");
  await settle();
  void it.drains.drain("a");
  const all = it.drains.drain("");
  await it.clock.advance(500);
  await all;
  assertEquals(it.drains.whole().phase, "drained");
  assertEquals(phases(it), ["a drained", "b drained"]);
  await it.drains.undrain("");
  assertEquals(it.drains.whole().phase, "working");
  assertEquals(it.runs, { a: 2, b: 2 });
  it.stop.abort();
  await it.clock.advance(500);
  await it.running;
  assertEquals(it.told.filter((line) => line.startsWith("all")), [
    "all working",
    "all draining",
    "all drained",
    "all working",
    "all draining",
    "all drained",
  ]);
});

Deno.test("a drain that is taken back before its end ends, and the service begins anew", async () => {
  const it = stand("a");
  await settle();
  const draining = it.drains.drain("a");
  await it.clock.advance(100);
  await it.drains.undrain("a");
  await draining;
  await it.clock.advance(400);
  assertEquals([phases(it), it.runs, it.finished], [["a working"], { a: 2 }, { a: 1 }]);
  it.stop.abort();
  await it.clock.advance(500);
  await it.running;
});

Deno.test("a process that ends while it is drained ends at once", async () => {
  const it = stand("a");
  await settle();
  const draining = it.drains.drain("");
  await it.clock.advance(500);
  await draining;
  it.stop.abort();
  await it.running;
});

Deno.test("a fault that ends a service for good comes through", async () => {
  const clock = new FakeClock();
  const drains = createDrains({ clock, board: createStatusBoard(clock) });
  const part = drains.wrap({ name: "a", run: () => Promise.reject(new Error("for good")) });
  await assertRejects(() => part.run(new AbortController().signal), Error, "for good");
});

Deno.test("a service that does not run here is named with those that do", async () => {
  const it = stand("a", "b");
  const error = await assertRejects(() => it.drains.undrain("c"), UnknownService);
  assertEquals(error.message, 'No service "c" runs here: it must be one of a, b');
  await settle();
  it.stop.abort();
  await it.clock.advance(500);
  await it.running;
});

Deno.test("who drains a service that has ended by itself, or with the whole, is answered at once; it begins drained", async () => {
  const clock = new FakeClock();
  const drains = createDrains({ clock, board: createStatusBoard(clock) });
  const once = drains.wrap({ name: "once", run: () => Promise.resolve() });
  await once.run(new AbortController().signal);
  await drains.drain("once");

  const it = stand("a");
  await settle();
  const whole = it.drains.drain("");
  await it.clock.advance(500);
  await whole;
  await it.drains.drain("a");
  await it.drains.undrain("");
  // Undrained with the whole: all of it works.
  await settle();
  assertEquals(phases(it), ["a working"]);
  it.stop.abort();
  await it.clock.advance(500);
  await it.running;
});

Deno.test("one service cannot be made to work while the whole is drained: the words say what to do", async () => {
  const it = stand("a");
  await settle();
  const whole = it.drains.drain("");
  await it.clock.advance(500);
  await whole;
  const error = await assertRejects(() => it.drains.undrain("a"), WholeDrained);
  assertStringIncludes(error.message, "undrain the process");
  assertEquals(phases(it), ["a drained"]);
  it.stop.abort();
  await it.running;
});
