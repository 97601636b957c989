import { assertEquals } from "@std/assert";
import type { Hash, UnixSeconds } from "@gopool/chain";
import { TipChooser } from "./chooser.ts";
import type { Tip } from "./port.ts";

const GONE_MS = 30_000;
const BOTH = [true, true];

function tip(name: string, height: number): Tip {
  const hash = new Uint8Array(32) as Hash;
  hash.set(new TextEncoder().encode(name));
  return { hash, height, nbits: 0, medianTime: 0 as UnixSeconds, time: 0 as UnixSeconds };
}

Deno.test("the first tip is chosen, and then each higher one", () => {
  const chooser = new TipChooser(2, GONE_MS);
  assertEquals(chooser.decide(BOTH, 0), { kind: "stay" });
  const a5 = tip("a", 5), b6 = tip("b", 6);
  chooser.tell(0, a5);
  assertEquals(chooser.decide(BOTH, 0), { kind: "moved", tip: a5, lower: false });
  assertEquals(chooser.decide(BOTH, 0), { kind: "stay" });
  chooser.tell(1, b6);
  assertEquals(chooser.decide(BOTH, 0), { kind: "moved", tip: b6, lower: false });
});

Deno.test("at equal height the first seen is kept, even if the preferred node says otherwise", () => {
  const chooser = new TipChooser(2, GONE_MS);
  const b5 = tip("b", 5);
  chooser.tell(1, b5);
  chooser.decide(BOTH, 0);
  chooser.tell(0, tip("a", 5));
  assertEquals(chooser.decide(BOTH, 0), { kind: "stay" });
  assertEquals(chooser.decide(BOTH, 10 * GONE_MS), { kind: "stay" });
  assertEquals(chooser.chosen, b5);
  assertEquals([chooser.isAtChosen(0), chooser.isAtChosen(1)], [false, true]);
});

Deno.test("of two tips told before the first choice, the higher wins, then the earlier", () => {
  const chooser = new TipChooser(3, GONE_MS);
  const first = tip("first", 6);
  chooser.tell(2, tip("low", 5));
  chooser.tell(1, first);
  chooser.tell(0, tip("later", 6));
  assertEquals(chooser.decide([true, true, true], 0), { kind: "moved", tip: first, lower: false });
});

Deno.test("a lower tip is taken only once the chosen one is gone from every healthy node for so long", () => {
  const chooser = new TipChooser(2, GONE_MS);
  const low = tip("low", 3);
  chooser.tell(0, tip("high", 9));
  chooser.decide(BOTH, 0);
  chooser.tell(0, low);
  assertEquals(chooser.decide(BOTH, 1_000), { kind: "stay" });
  assertEquals(chooser.decide(BOTH, 1_000 + GONE_MS - 1), { kind: "stay" });
  assertEquals(chooser.decide(BOTH, 1_000 + GONE_MS), { kind: "moved", tip: low, lower: true });
});

Deno.test("a tip that a healthy node still has is not gone; one that only a sick node has is", () => {
  const chooser = new TipChooser(2, GONE_MS);
  const high = tip("high", 9), low = tip("low", 3);
  chooser.tell(0, high);
  chooser.tell(1, high);
  chooser.decide(BOTH, 0);
  chooser.tell(0, low);
  assertEquals(chooser.decide(BOTH, 10 * GONE_MS), { kind: "stay" });
  const second = [true, false];
  assertEquals(chooser.decide(second, 20 * GONE_MS), { kind: "stay" });
  assertEquals(chooser.decide(second, 21 * GONE_MS), { kind: "moved", tip: low, lower: true });
  // It gets well, and has the higher one.
  assertEquals(chooser.decide(BOTH, 22 * GONE_MS), { kind: "moved", tip: high, lower: false });
});

Deno.test("a tip that comes back starts the time anew", () => {
  const chooser = new TipChooser(1, GONE_MS);
  const high = tip("high", 9);
  chooser.tell(0, high);
  chooser.decide([true], 0);
  chooser.tell(0, tip("low", 3));
  chooser.decide([true], 0);
  chooser.tell(0, high);
  assertEquals(chooser.decide([true], GONE_MS - 1), { kind: "stay" });
  chooser.tell(0, tip("low", 3));
  assertEquals(chooser.decide([true], GONE_MS), { kind: "stay" });
  assertEquals(chooser.decide([true], 2 * GONE_MS).kind, "moved");
});

Deno.test("while no node is healthy nothing is gone, however long it takes", () => {
  const chooser = new TipChooser(1, GONE_MS);
  chooser.tell(0, tip("high", 9));
  chooser.decide([true], 0);
  assertEquals(chooser.decide([false], 100 * GONE_MS), { kind: "stay" });
  chooser.tell(0, tip("low", 3));
  assertEquals(chooser.decide([true], 101 * GONE_MS), { kind: "stay" });
  assertEquals(chooser.decide([true], 102 * GONE_MS).kind, "moved");
});

Deno.test("tips of nodes that are not healthy are not chosen", () => {
  const chooser = new TipChooser(2, GONE_MS);
  const a = tip("a", 5);
  chooser.tell(0, a);
  chooser.tell(1, tip("b", 50));
  assertEquals(chooser.decide([true, false], 0), { kind: "moved", tip: a, lower: false });
});
