import { assertEquals, assertThrows } from "@std/assert";
import { settle } from "@gopool/testing";
import { type Told, TooManyWatchers, Watchers } from "./watchers.ts";

const BOUNDS = { watchers: 2, queue: 3 };

function read<T>(
  told: AsyncIterable<Told<T>>,
): { readonly seen: string[]; readonly end: Promise<void> } {
  const seen: string[] = [];
  const end = (async () => {
    for await (const { value, missed } of told) {
      seen.push(missed > 0 ? `${missed}+${value}` : `${value}`);
    }
  })();
  return { seen, end };
}

Deno.test("a watcher is told the past, then everything, until it goes", async () => {
  const watchers = new Watchers<number>(BOUNDS);
  const stop = new AbortController();
  const { seen, end } = read(watchers.watch([1, 2], stop.signal));
  watchers.tell(3); // told before the first was read
  await settle();
  watchers.tell(4);
  await settle();
  assertEquals(seen, ["1", "2", "3", "4"]);
  assertEquals(watchers.size, 1);
  stop.abort();
  await end;
  watchers.tell(5);
  assertEquals([seen.length, watchers.size], [4, 0]);
});

Deno.test("a slow watcher misses the oldest, is told how many, and holds nobody up", async () => {
  const watchers = new Watchers<number>(BOUNDS);
  const stop = new AbortController();
  const slow = watchers.watch([], stop.signal);
  const { seen: fast, end } = read(watchers.watch([], stop.signal));
  for (let n = 1; n <= 8; n++) {
    watchers.tell(n);
    await settle();
  }
  assertEquals(fast.length, 8);
  const { seen, end: ended } = read(slow);
  await settle();
  watchers.tell(9);
  await settle();
  assertEquals(seen, ["5+6", "7", "8", "9"]);
  stop.abort();
  await Promise.all([end, ended]);
});

Deno.test("there are no more watchers than may be, and one that never read makes room when it goes", () => {
  const watchers = new Watchers<number>(BOUNDS);
  const stops = [new AbortController(), new AbortController()];
  for (const { signal } of stops) watchers.watch([], signal);
  const more = new AbortController();
  assertThrows(() => watchers.watch([], more.signal), TooManyWatchers, "2 watchers already");
  stops[0]!.abort();
  watchers.watch([], more.signal);
  assertEquals(watchers.size, 2);
  stops[1]!.abort();
  watchers.watch([], AbortSignal.abort());
  assertEquals(watchers.size, 1);
});
