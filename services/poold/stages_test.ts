import { assertEquals, assertRejects } from "@std/assert";
import { aborted, createStatusBoard, FatalError, type Service, supervise } from "@gopool/runtime";
import { seededRandom } from "@gopool/runtime";
import { captureLog, FakeClock, settle } from "@gopool/testing";
import { statusLine } from "./lines.ts";
import { runStages } from "./stages.ts";
import { viewOf } from "./view_fixture.ts";

/** Parts that write down what happens to them. */
function diary() {
  const told: string[] = [];
  const part =
    (name: string, drain: Promise<void> = Promise.resolve()) => async (s: AbortSignal) => {
      await aborted(s);
      told.push(`${name} stops`);
      await drain;
      told.push(`${name} ended`);
    };
  return { told, part };
}

Deno.test("a stage is told to stop when the one before it has ended, and what stands between is awaited", async () => {
  const { told, part } = diary();
  const stop = new AbortController();
  const draining = Promise.withResolvers<void>();
  const running = runStages(stop.signal, [
    {
      parts: [part("gateway", draining.promise), part("miner")],
      ended: () => Promise.resolve(void told.push("between")),
    },
    { parts: [part("judge")] },
    { parts: [part("submitter")] },
  ]);
  await settle();
  assertEquals(told, []);
  stop.abort();
  await settle();
  assertEquals(told, ["gateway stops", "miner stops", "miner ended"]);
  draining.resolve();
  await running;
  assertEquals(told.slice(3), [
    "gateway ended",
    "between",
    "judge stops",
    "judge ended",
    "submitter stops",
    "submitter ended",
  ]);
});

Deno.test("a part that fails ends all, in order, and its error is thrown after the last has ended", async () => {
  const { told, part } = diary();
  const running = runStages(new AbortController().signal, [
    { parts: [part("gateway")] },
    { parts: [() => Promise.reject(new Error("broken"))] },
    { parts: [part("submitter")] },
  ]);
  await assertRejects(() => running, Error, "broken");
  assertEquals(told, ["gateway stops", "gateway ended", "submitter stops", "submitter ended"]);
});

Deno.test("errors of several parts are all thrown", async () => {
  const fail = (words: string) => () => Promise.reject(new Error(words));
  const error = await assertRejects(
    () => runStages(new AbortController().signal, [{ parts: [fail("a")] }, { parts: [fail("b")] }]),
    AggregateError,
  );
  assertEquals(error.message, "Several parts failed: a; b");
  assertEquals(error.errors.map((one: Error) => one.message), ["a", "b"]);
});

/** Services under supervision as the pool composes them. */
function supervised(...services: Service[]) {
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  const log = captureLog();
  const deps = { clock, random: seededRandom(1), log: log.log, board };
  const stop = new AbortController();
  const running = runStages(
    stop.signal,
    services.map((service) => ({ parts: [supervise(service, deps).run] })),
  );
  running.catch(() => {});
  return { clock, board, log, stop, running };
}

Deno.test("a part that fails is restarted with back-off, is seen, and takes no other down", async () => {
  let starts = 0, restarts = 0;
  const failing: Service = {
    name: "jobmanager",
    async run(signal) {
      restarts++;
      if (restarts <= 2) throw new Error("no luck");
      await aborted(signal);
    },
  };
  const steady: Service = {
    name: "stratumd",
    async run(signal) {
      starts++;
      await aborted(signal);
    },
  };
  const { clock, board, log, stop, running } = supervised(steady, failing);
  await clock.advance(0);
  const line = statusLine(viewOf({}, undefined, board.all()).view);
  assertEquals(line.split(" | ").at(-1), "DOWN: jobmanager");
  assertEquals(log.having("part failed").length, 1);
  await clock.advance(200);
  assertEquals(restarts, 1, "there is a pause first");
  await clock.advance(2_000);
  assertEquals([starts, restarts], [1, 3]);
  assertEquals(board.all().map(({ part, health }) => `${part} ${health}`), [
    "stratumd ok",
    "jobmanager ok",
  ]);
  stop.abort();
  await running;
});

Deno.test("a fault that cannot be mended ends the pool after the other parts have drained", async () => {
  const { told, part } = diary();
  const { running } = supervised(
    { name: "stratumd", run: part("stratumd") },
    { name: "jobmanager", run: () => Promise.reject(new FatalError("The port is taken")) },
    { name: "blocksubmit", run: part("blocksubmit") },
  );
  await assertRejects(() => running, FatalError, "The port is taken");
  assertEquals(told.length, 4);
});
