import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { BLOCK, VALUES, ValueSpace } from "./value_space.ts";

const REST_MS = 1_000;

function fresh(start = 0, taken = start): ValueSpace {
  return new ValueSpace({ start, taken, restMs: REST_MS, inheritedUntilMs: REST_MS });
}

/** Grows as often as needed and gives. */
function give(space: ValueSpace, session: string, nowMs: number) {
  for (let tries = 0; tries < VALUES / BLOCK; tries++) {
    const given = space.give(session, nowMs);
    if (given !== null) return given;
    const wanted = space.wanted(nowMs);
    if (wanted === null) return null;
    space.grew(wanted);
  }
  return null;
}

Deno.test("nothing is given before a block has been taken", () => {
  const space = fresh();
  assertEquals(space.give("a", 0), null);
  assertEquals(space.wanted(0), BLOCK);
  space.grew(BLOCK);
  assertEquals(space.give("a", 0)?.value, 0);
  assertEquals(space.give("b", 0)?.value, 1);
});

Deno.test("all 65,536 values are given once, then none until one has rested", () => {
  const space = fresh(5 * BLOCK);
  const given = Array.from({ length: VALUES }, (_, i) => give(space, `s${i}`, 0)!);
  assertEquals(new Set(given.map(({ value }) => value)).size, VALUES);
  assertEquals(give(space, "more", 0), null);
  assertEquals(space.inUse, VALUES);
  given[777]!.giveBack(10);
  assertEquals(give(space, "more", 10 + REST_MS - 1), null);
  assertEquals(give(space, "more", 10 + REST_MS)?.value, given[777]!.value);
});

Deno.test("values that a process before may have given rest first; those above the mark do not", () => {
  const space = fresh(0, 3 * BLOCK);
  assertEquals(give(space, "a", 0)?.value, 3 * BLOCK);
  const wrapped = fresh(0, VALUES + BLOCK);
  assertEquals(give(wrapped, "a", REST_MS - 1), null);
  assertEquals(give(wrapped, "a", REST_MS)?.value, BLOCK);
});

Deno.test("a session gets its own value back, another's never", () => {
  const space = fresh();
  space.grew(BLOCK);
  const mine = space.give("a", 0)!;
  mine.giveBack(1);
  assertEquals(space.reclaim("b", mine.value), null);
  assertEquals(space.reclaim("a", BLOCK + 5), null, "a value that was never given");
  const again = space.reclaim("a", mine.value);
  assertEquals(again?.value, mine.value);
  // The connection of before ends late: the value stays with the new one.
  mine.giveBack(2);
  for (let i = 0; i < 3 * VALUES; i++) {
    const given = give(space, `s${i}`, 10 * REST_MS + i);
    assertNotEquals(given?.value, mine.value);
    given?.giveBack(10 * REST_MS + i);
  }
});

Deno.test("a value of before the restart goes back to the first who knows it, once", () => {
  const space = fresh(0, BLOCK);
  assertEquals(space.reclaim("a", 17)?.value, 17);
  assertEquals(space.reclaim("b", 17), null);
});

Deno.test("no value goes to two sessions within its rest, whatever order they come and go in", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          kind: fc.constantFrom("give", "give", "end", "return", "wait"),
          pick: fc.nat(),
        }),
        { minLength: 50, maxLength: 200 },
      ),
      fc.nat(63),
      fc.nat(70),
      (steps, startBlock, blocks) => {
        let nowMs = 0;
        const start = startBlock * BLOCK;
        const space = fresh(start, start + blocks * BLOCK);
        const live: { session: string; value: number; giveBack: (ms: number) => void }[] = [];
        const ended: typeof live = [];
        const lastUse = new Map<number, { session: string; endMs: number }>();
        const grant = (session: string, given: { value: number; giveBack(ms: number): void }) => {
          const use = lastUse.get(given.value);
          assert(
            use === undefined || use.session === session || use.endMs + REST_MS <= nowMs,
            `${given.value} went from ${use?.session} to ${session}`,
          );
          lastUse.set(given.value, { session, endMs: Infinity });
          live.push({ session, ...given });
        };
        for (const [i, { kind, pick }] of steps.entries()) {
          if (kind === "wait") nowMs += pick % REST_MS;
          if (kind === "give") {
            // Most values go by, so that so few steps see the counter come round.
            for (let skip = pick % 3_000; skip > 0; skip--) {
              const given = give(space, `skip${i}-${skip}`, nowMs);
              if (given === null) break;
              grant(`skip${i}-${skip}`, given);
              live.pop();
              given.giveBack(nowMs);
              lastUse.set(given.value, { session: `skip${i}-${skip}`, endMs: nowMs });
            }
            const given = give(space, `s${i}`, nowMs);
            if (given !== null) grant(`s${i}`, given);
          }
          const which = pick % Math.max(1, live.length);
          if (kind === "end" && live.length > 0) {
            const [one] = live.splice(which, 1);
            one!.giveBack(nowMs);
            lastUse.set(one!.value, { session: one!.session, endMs: nowMs });
            ended.push(one!);
          }
          if (kind === "return" && ended.length > 0) {
            const [one] = ended.splice(pick % ended.length, 1);
            const given = space.reclaim(one!.session, one!.value);
            if (given !== null) grant(one!.session, given);
          }
        }
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
});
