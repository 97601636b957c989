import { assertEquals } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { tipOf } from "./node_fixture.ts";
import type { Noticed } from "./port.ts";
import { TipBook } from "./tip_book.ts";

const ONE = tipOf("one", 1), TWO = tipOf("two", 2);

function noticed(way: Noticed["way"], ms: number): { readonly noticed: Noticed } {
  return { noticed: { way, atMs: 1_000 + ms, monotonicMs: ms } };
}

const shown = (book: TipBook, { hash }: typeof ONE) =>
  book.of(hash).map(({ node, way, atMs }) => `${node} ${way} ${atMs}`);

Deno.test("who noticed first stands first, also where its answer came later", () => {
  const book = new TipBook(new FakeClock());
  book.tell("a:1", { ...ONE, ...noticed("poll", 40) });
  book.tell("b:1", { ...ONE, ...noticed("zmq", 10) });
  book.tell("c:1", { ...ONE, ...noticed("long-poll", 20) });
  assertEquals(shown(book, ONE), ["b:1 zmq 1010", "c:1 long-poll 1020", "a:1 poll 1040"]);
  assertEquals(shown(book, TWO), []);
});

Deno.test("a node that comes back to a block keeps its first telling, and its last is that block", () => {
  const book = new TipBook(new FakeClock());
  assertEquals(book.last("a:1"), { tip: null, told: null });
  book.tell("a:1", { ...ONE, ...noticed("zmq", 1) });
  book.tell("a:1", { ...TWO, ...noticed("zmq", 2) });
  const back = { ...ONE, ...noticed("poll", 3) };
  book.tell("a:1", back);
  assertEquals(shown(book, ONE), ["a:1 zmq 1001"]);
  assertEquals(book.last("a:1"), { tip: back, told: { node: "a:1", ...back.noticed } });
});

Deno.test("a watch that does not say how it knew is taken at its word now", async () => {
  const clock = new FakeClock();
  const book = new TipBook(clock);
  await clock.advance(5);
  book.tell("a:1", ONE);
  const [told] = book.of(ONE.hash);
  assertEquals([told!.way, told!.atMs, told!.monotonicMs], [null, clock.now(), clock.monotonic()]);
});

Deno.test("the oldest tips are forgotten", () => {
  const book = new TipBook(new FakeClock());
  const tips = Array.from({ length: 40 }, (_, i) => tipOf(`tip ${i}`, i));
  for (const tip of tips) book.tell("a:1", tip);
  const kept = tips.filter(({ hash }) => book.of(hash).length > 0);
  assertEquals(kept, tips.slice(-16));
});
