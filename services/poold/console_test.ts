import { assertEquals } from "@std/assert";
import { createStatusBoard } from "@gopool/runtime";
import { captureLog, FakeClock } from "@gopool/testing";
import { createConsole, TROUBLE_AFTER_MS } from "./console.ts";
import { viewOf } from "./view_fixture.ts";

/** A console at work over a board of its own. */
function consoleOver(figures: Parameters<typeof viewOf>[0] = {}) {
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  const { view, status } = viewOf(figures);
  const log = captureLog();
  const listening = Promise.withResolvers<number>();
  const page = Promise.withResolvers<number>();
  const stop = new AbortController();
  const console = createConsole({
    view: { ...view, board: () => board.all() },
    clock,
    log: log.log,
    host: "127.0.0.1",
    listening: listening.promise,
    page: { host: "::1", listening: page.promise },
  });
  const running = console.run(stop.signal);
  return {
    clock,
    board,
    status,
    listening,
    page,
    lines: () => log.lines.map(({ level, message }) => `${level} ${message}`),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

Deno.test("as soon as miners can connect the console says where", async () => {
  await using it = consoleOver();
  await it.clock.advance(2_000);
  assertEquals(it.lines(), []);
  it.listening.resolve(3333);
  await it.clock.advance(0);
  assertEquals(it.lines(), [
    "info The log is new",
    "info Point a miner at stratum+tcp://127.0.0.1:3333: user ADDRESS or ADDRESS.WORKER, any password",
    "info This is a simulation: set GOPOOL_NODE_URL and GOPOOL_POOL_ADDRESS to mine for real",
    "info Its blocks mature after 5 more, not 100: the first payout is to be seen within minutes",
  ]);
});

Deno.test("as soon as the public is answered the console says where", async () => {
  await using it = consoleOver();
  it.page.resolve(8080);
  await it.clock.advance(0);
  assertEquals(it.lines(), ["info The pool's page is at http://[::1]:8080/"]);
});

Deno.test("every ten seconds there is a line, also before miners can connect", async () => {
  await using it = consoleOver({ height: 7 });
  await it.clock.advance(35_000);
  assertEquals(
    it.lines(),
    Array(3).fill("info height 7 | 0 miners | shares 0 accepted, 5 booked | blocks 3"),
  );
});

Deno.test("a trouble that lasts is told once, again where its words change, and when it is over", async () => {
  await using it = consoleOver();
  const troubles = () => it.lines().filter((line) => !line.includes("height"));
  it.board.set("node a:1", "degraded", "Cannot reach a:1");
  await it.clock.advance(TROUBLE_AFTER_MS - 1_000);
  assertEquals(troubles(), []);
  await it.clock.advance(30_000);
  assertEquals(troubles(), ["warn node a:1: Cannot reach a:1"]);
  it.board.set("node a:1", "degraded", "a:1 is starting");
  await it.clock.advance(1_000);
  assertEquals(troubles().slice(1), ["warn node a:1: a:1 is starting"]);
  it.board.set("node a:1", "ok", "ready");
  await it.clock.advance(1_000);
  assertEquals(troubles().slice(2), ["info node a:1: well again"]);
});

Deno.test("what heals at once is not told", async () => {
  await using it = consoleOver();
  it.board.set("shareproc/partition-0", "degraded", "Reading what was judged before");
  await it.clock.advance(1_000);
  it.board.clear("shareproc/partition-0");
  await it.clock.advance(5_000);
  assertEquals(it.lines(), []);
});

Deno.test("the difficulty's way to its level is told", async () => {
  await using it = consoleOver();
  it.status.difficulty = { min: 1, max: 1 };
  await it.clock.advance(1_000);
  it.status.difficulty = { min: 4, max: 4 };
  await it.clock.advance(8_000);
  assertEquals(it.lines(), ["info Difficulty starts at 1", "info Difficulty 1 -> 4"]);
});
