import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { ALL_BLOCKS, BLOCK, NO_BLOCKS, VALUES, ValueSpace } from "./value_space.ts";

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
  assertEquals(space.reclaim("b", mine.value, 1), null);
  assertEquals(space.reclaim("a", BLOCK + 5, 1), null, "a value that was never given");
  const again = space.reclaim("a", mine.value, 1);
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
  assertEquals(space.reclaim("a", 17, 0)?.value, 17);
  assertEquals(space.reclaim("b", 17, 0), null);
});

Deno.test("blocks are busy with a value in use, at rest, or to be given; a next process lets only those rest", () => {
  const space = fresh(0, 3 * BLOCK);
  assertEquals(space.busyBlocks(REST_MS, 3 * BLOCK), "0000000000000000");
  assertEquals(space.busyBlocks(0, 3 * BLOCK), "0000000000000007");
  assertEquals(space.busyBlocks(REST_MS, 5 * BLOCK), "0000000000000018");
  const used = give(space, "a", REST_MS)!;
  assertEquals(used.value, 3 * BLOCK);
  // The rest of its block is to be given.
  assertEquals(space.busyBlocks(REST_MS, space.taken), "0000000000000008");
  for (let i = 1; i < BLOCK; i++) give(space, `s${i}`, REST_MS)!.giveBack(REST_MS);
  assertEquals(space.busyBlocks(2 * REST_MS, space.taken), "0000000000000008");
  used.giveBack(REST_MS);
  assertEquals(space.busyBlocks(2 * REST_MS, space.taken), "0000000000000000");

  const after = (busy: string) =>
    new ValueSpace({ start: 0, taken: 90 * BLOCK, busy, restMs: 1, inheritedUntilMs: REST_MS });
  assertEquals(give(after("ffffffffffffffff"), "a", 0), null);
  // The mark is at block 26 of the second round.
  assertEquals(give(after("ffffffff0fffffff"), "a", 0)?.value, 28 * BLOCK);
  assertEquals(give(after("0000000000000000"), "a", 0)?.value, 26 * BLOCK);
  const mixed = after("0000000000000001");
  assertEquals([mixed.reclaim("a", 5, 0)?.value, mixed.reclaim("a", BLOCK, 0)], [5, null]);
});

Deno.test("a value that has rested to the end goes back to nobody", () => {
  const space = fresh();
  space.grew(BLOCK);
  const mine = space.give("a", 0)!;
  mine.giveBack(0);
  assertEquals(space.reclaim("a", mine.value, REST_MS), null);
  assertEquals(space.reclaim("a", mine.value, REST_MS - 1)?.value, mine.value);
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
            const given = space.reclaim(one!.session, one!.value, nowMs);
            if (given !== null) grant(one!.session, given);
          }
        }
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
});

Deno.test("no value goes to two sessions within its rest, through processes that follow each other on what was written", () => {
  const REST = 1_000;
  let wasRound = 0;
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          kind: fc.constantFrom("crowd", "give", "end", "wait", "renew", "restart"),
          pick: fc.nat(100_000),
        }),
        { minLength: 20, maxLength: 120 },
      ),
      (steps) => {
        let nowMs = 0;
        let count = 0;
        let record = { start: 0, taken: 0, busy: NO_BLOCKS };
        let space = new ValueSpace({ ...record, restMs: REST, inheritedUntilMs: 0 });
        let live: { value: number; giveBack: (ms: number) => void }[] = [];
        /** When each value's last use ended. */
        const endMs = new Float64Array(VALUES).fill(-Infinity);
        const write = (taken: number) => {
          record = { ...record, taken, busy: space.busyBlocks(nowMs, taken) };
          space.grew(taken);
        };
        const giveOne = () => {
          for (let tries = 0; tries < VALUES / BLOCK; tries++) {
            const given = space.give(`s${count++}`, nowMs);
            if (given !== null) {
              assert(endMs[given.value]! + REST <= nowMs, `${given.value} is not free`);
              endMs[given.value] = Infinity;
              return given;
            }
            const wanted = space.wanted(nowMs);
            if (wanted === null) return null;
            write(wanted);
          }
          return null;
        };
        const end = ({ value, giveBack }: { value: number; giveBack: (ms: number) => void }) => {
          giveBack(nowMs);
          endMs[value] = nowMs;
        };
        for (const { kind, pick } of steps) {
          if (kind === "wait") nowMs += pick % (2 * REST);
          if (kind === "renew") write(record.taken);
          if (kind === "crowd") {
            for (let left = pick % 20_000; left > 0; left--) {
              const given = giveOne();
              if (given === null) break;
              end(given);
            }
          }
          if (kind === "give") live.push(...[giveOne()].filter((given) => given !== null));
          if (kind === "end" && live.length > 0) end(live.splice(pick % live.length, 1)[0]!);
          if (kind === "restart") {
            for (const one of live) end(one);
            live = [];
            if (record.taken > VALUES && record.busy !== ALL_BLOCKS) wasRound++;
            space = new ValueSpace({ ...record, restMs: REST, inheritedUntilMs: nowMs + REST });
          }
        }
      },
    ),
    { numRuns: 40, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
  assert(wasRound > 0, "a restart after the counter had come round");
});
