/**
 * What the state port promises of tallies, as tests.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { type Declare, fresh } from "./contract_bench.ts";
import { type State, TALLY_KEYS_MAX } from "./port.ts";

export function talliesContract(test: Declare): void {
  test("a tally is the sum of what the members last said", async ({ state, other, spanMs }) => {
    const [x, y] = [fresh("tally"), fresh("tally")];
    const say = (at: State, member: string, levels: [string, number][]) =>
      at.tally(member, levels.map(([key, level]) => ({ key, level })), spanMs);
    assertEquals(await say(state, "a", [[x, 3], [y, 1]]), [3, 1]);
    assertEquals(await say(other, "b", [[y, 10], [x, 4]]), [11, 7]);
    assertEquals(await say(state, "a", [[x, 5]]), [9], "a level replaces the one before");
    assertEquals(await say(state, "a", [[x, 0]]), [4]);
    assertEquals(await say(state, "c", [[x, 0]]), [4]);
    assertEquals(await say(other, "b", [[x, 0], [y, 0]]), [0, 1]);
    assertEquals(await say(state, "a", []), []);
  });

  test("a member that says no more is out of the tally after its time", async (bench) => {
    const { state, other, spanMs, pass } = bench;
    const key = fresh("tally");
    await state.tally("silent", [{ key, level: 2 }], spanMs);
    await other.tally("alive", [{ key, level: 5 }], spanMs);
    await pass(spanMs * 0.6);
    assertEquals(await other.tally("alive", [{ key, level: 6 }], spanMs), [8]);
    await pass(spanMs * 0.6);
    assertEquals(await state.tally("asks", [{ key, level: 0 }], spanMs), [6]);
    await pass(spanMs * 0.6);
    assertEquals(await state.tally("asks", [{ key, level: 0 }], spanMs), [0]);
  });

  test("members that tell at once are all in the tally", async ({ state, other }) => {
    const key = fresh("tally");
    await Promise.all(Array.from(
      { length: 30 },
      (_, i) => (i % 2 ? state : other).tally(`m${i}`, [{ key, level: i }], 60_000),
    ));
    assertEquals(await state.tally("asks", [{ key, level: 0 }], 60_000), [30 * 29 / 2]);
  });

  test("a tally takes as many keys as the port says, whole levels, each key once", async (bench) => {
    const { state } = bench;
    const levels = Array.from({ length: TALLY_KEYS_MAX }, (_, i) => ({
      key: fresh("tally"),
      level: i,
    }));
    assertEquals(await state.tally("a", levels, 60_000), levels.map(({ level }) => level));
    const key = fresh("tally");
    const refused = [[...levels, { key, level: 1 }], [{ key, level: 1.5 }], [{ key, level: -1 }]];
    for (const wrong of [...refused, [{ key, level: 1 }, { key, level: 2 }]]) {
      await assertRejects(() => state.tally("a", wrong, 1_000), RangeError);
    }
    await assertRejects(() => state.tally("a", [{ key, level: 1 }], 0), RangeError);
  });
}
