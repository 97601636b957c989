/**
 * News of sessions for those who watch.
 *
 * @module
 */
import { Code } from "@gopool/control";
import { DifficultyCause } from "@gopool/proto/control";
import { waitFor } from "@gopool/testing";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { openDesk, refusedWith, watchSessions } from "./kit_control_test.ts";
import { ADDRESS, EASY, openRig } from "./kit_test.ts";
import { WATCHER_QUEUE, WATCHERS_MAX } from "./limits.ts";
import type { Session } from "./session.ts";
import { SessionWatch, TooManyWatchers } from "./session_watch.ts";

const OTHER = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry";

Deno.test("who watches is told of sessions that begin, get another difficulty and end, and of those it asked for alone", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const all = await watchSessions(desk.sessions);
  const mine = await watchSessions(desk.sessions, { account: ADDRESS });
  const none = await watchSessions(desk.sessions, { network: "10.0.0.0/8" });
  const other = await rig.connect();
  await other.login({ username: `${OTHER}.other` });
  const miner = await rig.connect();
  await miner.login({ username: `${ADDRESS}.rig` });
  const began = await mine.until((news) => news.case === "began" && news.value);
  assertEquals([began.worker, began.difficulty], ["rig", miner.difficulty]);
  await desk.sessions.setDifficulty({ id: began.id, to: { case: "fixed", value: EASY * 4 } });
  const job = await rig.job();
  await miner.wait(() => miner.notify.jobId === job, "a job");
  const change = await mine.until((news) => news.case === "retargeted" && news.value);
  assertEquals(
    [change.id, change.before, change.difficulty, change.cause, change.worker],
    [began.id, began.difficulty, miner.difficulty, DifficultyCause.FIXED, "rig"],
  );
  await miner.close();
  const ended = await mine.until((news) => news.case === "ended" && news.value);
  assertMatch(ended.why, /miner/);
  assertEquals(ended.session!.id, began.id);
  await all.until((news) => news.case === "ended" && news.value);
  assertEquals(mine.told.map(({ news }) => news.case), ["there", "began", "retargeted", "ended"]);
  assertEquals(
    all.told.filter(({ news }) => news.case === "began").length,
    2,
    "the other session, too",
  );
  assertEquals(none.told.length, 1);
  await Promise.all([all.end(), none.end()]);

  // A client that goes away is forgotten; a gateway that ends ends those that are left.
  const control = rig.stratumd.control()!;
  await waitFor(() => control.deps.watch.watchers === 1 || null, "the watchers to be gone");
  await rig.stop();
  await mine.over;
});

Deno.test("there are so many watchers at once and no more; a wrong wish is refused at once", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const watching = [];
  for (let i = 0; i < WATCHERS_MAX; i++) watching.push(await watchSessions(desk.sessions));
  const more = async (request: { network?: string }) => {
    for await (const _ of desk.sessions.watchSessions(request)) break;
  };
  await refusedWith(more({}), Code.ResourceExhausted, /watched by 32 already/);
  await refusedWith(more({ network: "x" }), Code.InvalidArgument, /no network address/);
  await watching[0]!.end();
  const control = rig.stratumd.control()!;
  await waitFor(() => control.deps.watch.watchers < WATCHERS_MAX || null, "room");
  watching.push(await watchSessions(desk.sessions));
  for (const one of watching) await one.end();
});

/** A session as far as a watch looks at it. */
function sessionOf(number: number): Session {
  return { number, changes: {} } as unknown as Session;
}

function numbers() {
  return new SessionWatch<string>({
    began: ({ number }) => `${number}`,
    ended: ({ number }) => `-${number}`,
    retargeted: ({ number }) => `~${number}`,
    missed: (count) => `missed ${count}`,
  });
}

async function take(from: AsyncIterator<string>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) found.push((await from.next()).value);
  return found;
}

Deno.test("a slow watcher is told how much it missed, in its place, and then the newest", async () => {
  const watch = numbers();
  const stop = new AbortController();
  const read = watch.watch("first", () => true, stop.signal)[Symbol.asyncIterator]();
  assertEquals(await take(read, 1), ["first"]);
  const all = WATCHER_QUEUE + 10;
  for (let i = 0; i < all; i++) watch.began(sessionOf(i));
  const gap = WATCHER_QUEUE / 2;
  const told = await take(read, 1 + all - gap);
  assertEquals(told.slice(0, 2), [`missed ${gap}`, `${gap}`]);
  assertEquals(told.at(-1), `${all - 1}`);
  const waiting = read.next();
  watch.ended(sessionOf(7), "why");
  assertEquals((await waiting).value, "-7");
  const last = read.next();
  stop.abort();
  assertEquals([(await last).done, watch.watchers], [true, 0]);
});

Deno.test("who never reads is gone with its call; who reads late gets what came since it asked", async () => {
  const watch = numbers();
  const stop = new AbortController();
  const read = watch.watch("first", ({ number }) => number > 1, stop.signal);
  watch.began(sessionOf(1));
  watch.began(sessionOf(2));
  const told = await take(read[Symbol.asyncIterator](), 2);
  assertEquals(told, ["first", "2"]);
  const other = new AbortController();
  watch.watch("first", () => true, other.signal);
  assertEquals(watch.watchers, 2);
  other.abort();
  stop.abort();
  assertEquals(watch.watchers, 0);
  for (let i = 0; i < WATCHERS_MAX; i++) watch.watch("x", () => true, new AbortController().signal);
  assertThrows(() => watch.watch("x", () => true, stop.signal), TooManyWatchers);
  watch.close();
  assertEquals(watch.watchers, 0);
});
