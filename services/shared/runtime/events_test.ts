import { assertEquals, assertRejects } from "@std/assert";
import { captureLog, FakeClock } from "@gopool/testing";
import {
  createEvents,
  EVENTS_KEPT,
  type PoolEvent,
  TooManyWatching,
  WATCHER_QUEUE,
  WATCHERS_MAX,
} from "./events.ts";
import { loggerWithEvents } from "./log_events.ts";
import { logLevel, setLogLevel } from "./log.ts";
import { createStatusBoard } from "./status_board.ts";

function stand() {
  const clock = new FakeClock();
  const events = createEvents(clock);
  const stop = new AbortController();
  const say = (message: string) =>
    events.emit({ kind: "notice", service: "tried", message, facts: {} });
  return { clock, events, stop, say };
}

/** Words of an event, whatever kind it is. */
function words(event: PoolEvent): string {
  if (event.kind === "missed") return `missed ${event.count}`;
  return event.kind === "notice" || event.kind === "log" ? event.message : event.kind;
}

/** Takes so many. */
async function take(watching: AsyncIterator<PoolEvent>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { value, done } = await watching.next();
    if (done) break;
    found.push(words(value));
  }
  return found;
}

Deno.test("a watcher is told what happens from then on, in order, numbered", async () => {
  const { clock, events, stop, say } = stand();
  say("before");
  const watching = events.watch({ signal: stop.signal })[Symbol.asyncIterator]();
  const first = watching.next();
  say("a");
  say("b");
  const { value } = await first;
  assertEquals([value!.number, value!.atMs, words(value!)], [2, clock.now(), "a"]);
  assertEquals(await take(watching, 1), ["b"]);
  stop.abort();
  assertEquals((await watching.next()).done, true);
});

Deno.test("the past comes first where it is asked for, the newest of what is wanted, and no more than is kept", async () => {
  const { events, stop, say } = stand();
  for (let i = 0; i < EVENTS_KEPT + 10; i++) say(String(i));
  events.emit({ kind: "phase", service: "", phase: "working" });
  const watching = events.watch({
    signal: stop.signal,
    past: 2,
    wants: ({ kind }) => kind === "notice",
  })[Symbol.asyncIterator]();
  assertEquals(await take(watching, 2), [String(EVENTS_KEPT + 8), String(EVENTS_KEPT + 9)]);
  say("now");
  assertEquals(await take(watching, 1), ["now"]);
  const all = events.watch({ signal: stop.signal, past: 2 * EVENTS_KEPT })[Symbol.asyncIterator]();
  assertEquals((await take(all, EVENTS_KEPT)).length, EVENTS_KEPT);
  const next = take(all, 1);
  say("later");
  assertEquals(await next, ["later"]);
  await watching.return!();
  await all.return!();
});

Deno.test("a slow watcher is told how many it missed, then the newest; others are told all", async () => {
  const { events, stop, say } = stand();
  const slow = events.watch({ signal: stop.signal })[Symbol.asyncIterator]();
  const quick = events.watch({ signal: stop.signal })[Symbol.asyncIterator]();
  const [one, two] = [slow.next(), quick.next()];
  say("0");
  await Promise.all([one, two]);
  for (let i = 1; i <= WATCHER_QUEUE + 5; i++) {
    say(String(i));
    assertEquals(await take(quick, 1), [String(i)]);
  }
  assertEquals(await take(slow, 2), ["missed 5", "6"]);
  assertEquals((await take(slow, WATCHER_QUEUE - 1)).at(-1), String(WATCHER_QUEUE + 5));
  await slow.return!();
  await quick.return!();
});

Deno.test("when the events are closed, a watcher gets what is left and its end", async () => {
  const { events, stop, say } = stand();
  const watching = events.watch({ signal: stop.signal })[Symbol.asyncIterator]();
  const first = watching.next();
  say("a");
  say("b");
  events.close();
  await first;
  assertEquals(await take(watching, 5), ["b"]);
});

Deno.test("lines of the log are events, secrets hidden; debug only while it is logged and watched for", async () => {
  const { events, stop } = stand();
  const before = logLevel();
  const capture = captureLog();
  const log = loggerWithEvents(capture.log, events);
  try {
    setLogLevel("debug");
    log.debug("nobody watches");
    const watching = events.watch({ signal: stop.signal, debug: true })[Symbol.asyncIterator]();
    const first = watching.next();
    log.with({ part: "bus" }).warn("slow", { pauseMs: 5n, password: "x", url: "http://u:p@h/" });
    const { value } = await first;
    assertEquals(value!.kind === "log" && [value!.level, value!.facts], ["warn", {
      part: "bus",
      pauseMs: "5",
      password: "(hidden)",
      url: "http://***@h/",
    }]);
    log.debug("watched");
    setLogLevel("info");
    log.debug("not logged");
    log.info("end");
    assertEquals(await take(watching, 2), ["watched", "end"]);
    assertEquals(capture.lines.length, 5);
    await watching.return!();
    assertEquals(events.wantsDebug, false);
  } finally {
    setLogLevel(before);
  }
});

Deno.test("the board tells when a part's health changes, and remembers its last error", async () => {
  const clock = new FakeClock();
  const changes: string[] = [];
  const board = createStatusBoard(clock, ({ part, before, health, detail }) => {
    changes.push(`${part} ${before}>${health} ${detail}`);
  });
  board.set("bus", "ok", "open");
  board.set("bus", "down", "away");
  const atMs = clock.now();
  await clock.advance(1_000);
  board.set("bus", "ok", "open");
  board.set("bus", "ok", "open again");
  assertEquals(board.all()[0]!.lastError, { detail: "away", atMs });
  board.clear("bus");
  board.clear("bus");
  board.set("ledger", "down", "opening", false);
  assertEquals(board.all()[0]!.lastError, undefined);
  assertEquals(changes, [
    "bus null>ok open",
    "bus ok>down away",
    "bus down>ok open",
    "bus ok>null open again",
    "ledger null>down opening",
  ]);
});

Deno.test("no more than so many watch at once, and one that ends makes place", async () => {
  const { events, stop } = stand();
  const ends = new AbortController();
  const last = events.watch({ signal: ends.signal })[Symbol.asyncIterator]();
  const waiting = [last.next()];
  while (waiting.length < WATCHERS_MAX) {
    waiting.push(events.watch({ signal: stop.signal })[Symbol.asyncIterator]().next());
  }
  const more = () => events.watch({ signal: stop.signal, past: 1 })[Symbol.asyncIterator]().next();
  await assertRejects(more, TooManyWatching);
  ends.abort();
  await waiting[0];
  const next = more();
  stop.abort();
  assertEquals((await Promise.all([...waiting, next])).every(({ done }) => done), true);
});
