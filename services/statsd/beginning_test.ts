import { assertEquals, assertMatch } from "@std/assert";
import type { Ends } from "@gopool/bus";
import type { Position } from "@gopool/series";
import { findBeginning } from "./beginning.ts";
import { SOURCES } from "./sources.ts";

const [valid] = SOURCES;
const { topic } = valid!;

/** @param at Where the store's position stands; null: it has none. "group": it keeps none, and the group stands at 5. */
function begin(at: number | null | "group", earliest: number, next: number, logId = "log") {
  const stored: Position[] = typeof at === "number"
    ? [{ topic: topic.name, partition: 0, logId: "log", offset: at }]
    : [];
  const ends: Ends[] = [{ partition: 0, earliest, next }];
  return findBeginning(
    {
      bus: { ends: () => Promise.resolve(ends), committed: () => Promise.resolve([5]) },
      series: { positions: () => Promise.resolve(at === "group" ? null : stored) },
      logId,
    },
    valid!,
    0,
  );
}

Deno.test("reading begins where the store says, or the group where the store says nothing", async () => {
  const [own, none, group, other] = await Promise.all([
    begin(7, 0, 9),
    begin(null, 0, 9),
    begin("group", 0, 9),
    begin(7, 0, 9, "another log"),
  ]);
  assertEquals([own.offset, none.offset, group.offset, other.offset], [7, 0, 5, 0]);
  assertEquals([own.isKeptByStore, group.isKeptByStore], [true, false]);
  for (const { lost, trouble, catchUpTo } of [own, none, group, other]) {
    assertEquals([lost, trouble, catchUpTo], [null, null, 9]);
  }
});

Deno.test("a place that retention took is told, and the minute that lost its head is passed", async () => {
  const found = await begin("group", 8, 20);
  assertEquals([found.offset, found.lost], [8, { keepFrom: 5 }]);
  assertMatch(found.trouble!, /share\.valid\/0: the records from offset 5 to 8 are gone/);
  const back = await begin(30, 8, 20);
  assertEquals([back.offset, back.lost], [8, { keepFrom: 7 }]);
  assertMatch(back.trouble!, /stood at offset 30, and the log ends at 20/);
});

Deno.test("a partition that was silent until its last record was gone misses nothing, and tells nothing", async () => {
  for (const at of [5, null, "group"] as const) {
    const { offset, lost, trouble } = await begin(at, 8, 8);
    assertEquals([offset, lost, trouble], [8, null, null]);
  }
});
