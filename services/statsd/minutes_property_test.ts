/**
 * "Exactly what was consumed counts once", as a property: whatever is published again, killed, taken over, written twice,
 * written late or not at all, the store ends with every source offset counted once, and until then no minute's total in
 * it ever falls.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { StatisticsShare } from "@gopool/shares";
import fc from "@gopool/testing/fc";
import { MINUTE_MS } from "./limits.ts";
import { type Beginning, PartitionMinutes, type Taken } from "./minutes.ts";

interface Rec {
  readonly source: number;
  readonly minute: number;
  readonly worker: string;
  readonly work: number;
}

/** What is in the store under one key. */
interface Point {
  readonly shares: number;
  readonly work: number;
}

type Step =
  | { readonly kind: "publish"; readonly minutes: readonly number[] }
  /** The judge publishes again what it published from so many records back on. */
  | { readonly kind: "again"; readonly back: number }
  | { readonly kind: "read"; readonly count: number }
  /** `lost`: the store has it, and nobody hears of it. */
  | { readonly kind: "write"; readonly outcome: "done" | "refused" | "lost"; readonly most: number }
  | { readonly kind: "commit" }
  | { readonly kind: "kill" }
  /** Another takes over, and the one before, which was only taken for dead, still writes what it has. */
  | { readonly kind: "takeOver"; readonly writesLate: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      minutes: fc.array(fc.nat(9).map((n) => Math.max(0, n - 7)), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("again" as const), back: fc.nat(12) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      count: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      outcome: fc.constantFrom(
        "done" as const,
        "done" as const,
        "refused" as const,
        "lost" as const,
      ),
      most: fc.constantFrom(1, 2, 100),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "commit" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "kill" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("takeOver" as const), writesLate: fc.boolean() }),
  },
);

class World {
  readonly topic: Rec[] = [];
  readonly store = new Map<string, Point>();
  /** The group's, or the store's own. */
  position: number | null = null;
  reader: PartitionMinutes;
  #source = 0;
  #minute = 0;

  /** @param kept Whether the store keeps the position, written with the points. */
  constructor(readonly kept: boolean) {
    this.reader = this.#begin();
  }

  do(step: Step): void {
    switch (step.kind) {
      case "publish":
        return this.#publish(step.minutes);
      case "again":
        return this.#again(step.back);
      case "read":
        return this.#read(step.count);
      case "write":
        return this.#write(this.reader, step.outcome, step.most, true);
      case "commit":
        if (!this.kept) this.#commit();
        return;
      case "kill":
        this.reader = this.#begin();
        return;
      case "takeOver":
        return this.#takeOver(step.writesLate);
    }
  }

  /** Everything is read and written, and nobody of before is left. */
  finish(): void {
    this.#read(Infinity);
    this.reader.release();
    while (this.reader.hasChanged) this.#write(this.reader, "done", 100, true);
  }

  #publish(minutes: readonly number[]): void {
    for (const ahead of minutes) {
      this.#minute += ahead;
      this.#source += 1 + this.#source % 3;
      const { length } = this.topic;
      this.topic.push({
        source: this.#source,
        minute: this.#minute,
        worker: ["a", "b", "c"][length % 3]!,
        work: 1 + length % 7,
      });
    }
  }

  #again(back: number): void {
    const first = Math.max(0, this.topic.length - back);
    const least = this.topic[first]?.source ?? Infinity;
    const known = new Map(this.topic.map((rec) => [rec.source, rec]));
    const sources = [...known.keys()].filter((source) => source >= least).sort((a, b) => a - b);
    this.topic.push(...sources.map((source) => known.get(source)!));
  }

  #read(count: number): void {
    for (let left = count; left > 0 && this.reader.next < this.topic.length; left--) {
      const { source, minute, worker, work } = this.topic[this.reader.next]!;
      this.reader.add(this.reader.next, {
        logId: "log",
        account: "account",
        worker,
        sourceOffset: source,
        loggedAtMs: minute * MINUTE_MS + source % 60_000,
        work,
        nbits: 0,
        achievedDifficulty: work,
        jobSentAtMs: 0,
      } as StatisticsShare, 1);
    }
  }

  #write(
    reader: PartitionMinutes,
    outcome: "done" | "refused" | "lost",
    most: number,
    neverFalls: boolean,
  ): void {
    const taken = reader.take(most);
    const position = reader.keepFromOnceWritten;
    if (outcome === "refused") return reader.giveBack(taken);
    this.#put(taken, neverFalls);
    if (this.kept && position !== undefined) this.position = position;
    if (outcome === "lost") return reader.giveBack(taken);
    reader.written();
  }

  #put(taken: readonly Taken[], neverFalls: boolean): void {
    for (const { minute: { minuteMs, pool }, cells } of taken) {
      for (
        const [name, { shares, work }] of [
          ["", pool] as const,
          ...cells.map((c) => [c.worker, c] as const),
        ]
      ) {
        const key = `${minuteMs / MINUTE_MS}/${name}`;
        const before = this.store.get(key)?.shares ?? 0;
        if (neverFalls) assert(shares >= before, `${key} fell from ${before} to ${shares}`);
        this.store.set(key, { shares, work });
      }
    }
  }

  #commit(): void {
    const { next, keepFrom } = this.reader;
    this.position = Math.min(next, keepFrom ?? next);
  }

  #takeOver(writesLate: boolean): void {
    const before = this.reader;
    this.reader = this.#begin();
    // Where the store keeps positions there is one process.
    if (!writesLate || this.kept) return;
    this.#read(3);
    this.#write(this.reader, "done", 100, true);
    this.#write(before, "done", 100, false);
    // Once nothing of that one can come any more everything it may have touched is written again.
    this.reader.release();
    this.#read(2);
    this.#write(this.reader, "done", 100, false);
  }

  #begin(): PartitionMinutes {
    const offset = this.position ?? 0;
    const beginning: Beginning = {
      offset,
      catchUpTo: this.topic.length,
      lost: null,
      hold: !this.kept,
    };
    return new PartitionMinutes("valid", 0, beginning);
  }
}

/** Every source offset once, in its logged minute. */
function reference(topic: readonly Rec[]): Map<string, Point> {
  const points = new Map<string, Point>();
  let highest = -1;
  for (const { source, minute, worker, work } of topic) {
    if (source <= highest) continue;
    highest = source;
    for (const name of ["", worker]) {
      const key = `${minute}/${name}`;
      const before = points.get(key) ?? { shares: 0, work: 0 };
      points.set(key, { shares: before.shares + 1, work: before.work + work });
    }
  }
  return points;
}

const sorted = (points: ReadonlyMap<string, Point>) =>
  [...points].sort(([a], [b]) => a < b ? -1 : 1);

for (const kept of [true, false]) {
  const who = kept ? "the store" : "the group";
  Deno.test(`every source offset counts once, and no total falls, with positions kept by ${who}`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const world = new World(kept);
        for (const one of steps) world.do(one);
        world.finish();
        assertEquals(sorted(world.store), sorted(reference(world.topic)));
      }),
      { numRuns: 2_000 },
    );
  });
}
