import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { type Link, MADE_AGAIN_MS, type Position, ruleOn, startOf } from "./chain_rule.ts";

const LOG = "log-1";
const hashOf = (offset: number) => Uint8Array.of(offset & 255, offset >> 8);

function link(o: number, p: number, change: Partial<Link> = {}): Link {
  return {
    logId: LOG,
    sourceOffset: o,
    previousValidOffset: p,
    headerHash: hashOf(o),
    loggedAtMs: 1_000 + o,
    mark: false,
    ...change,
  };
}

/** A reader that has applied the record at `offset`. */
function at(offset: number): Position {
  return { logId: LOG, offset, headerHash: hashOf(offset), loggedAtMs: 1_000 + offset };
}

Deno.test("ruleOn() applies a record that links to or spans the position, and moves there", () => {
  assertEquals(ruleOn(startOf(LOG), link(0, -1)).kind, "apply");
  assertEquals(ruleOn(at(5), link(9, 5)), { kind: "apply", position: at(9) });
  // Published again by a writer that knew less: still nothing valid between.
  assertEquals(ruleOn(at(5), link(9, 3)).kind, "apply");
});

Deno.test("ruleOn() drops what was counted, and marks", () => {
  assertEquals(ruleOn(at(5), link(5, 3)).kind, "drop");
  assertEquals(ruleOn(at(5), link(2, 1)).kind, "drop");
  assertEquals(ruleOn(at(5), link(0, 9, { mark: true })).kind, "drop");
});

Deno.test("ruleOn() sees a gap where something valid was never shown", () => {
  assertEquals(ruleOn(at(5), link(9, 7)), { kind: "gap", from: 5, to: 7 });
});

const faults: [string, Link][] = [
  ["another share at the position", link(5, 3, { headerHash: Uint8Array.of(9, 9) })],
  ["another log", link(9, 5, { logId: "log-2" })],
  ["a low offset logged long after", link(2, 1, { loggedAtMs: 1_005 + MADE_AGAIN_MS + 1 })],
  ["a writer that could not tell what came before", link(9, -2)],
];
for (const [what, record] of faults) {
  Deno.test(`ruleOn() stops at ${what}`, () => {
    assertEquals(ruleOn(at(5), record).kind, "fault");
  });
}

Deno.test("a reader counts each valid record once however a linked log is repeated and rewound", () => {
  const rewinds = fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 6 });
  fc.assert(fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 20 }), rewinds, (
    offsets,
    parts,
  ) => {
    const sorted = offsets.toSorted((a, b) => a - b);
    const chain = sorted.map((o, i) => link(o, i === 0 ? -1 : sorted[i - 1]!));
    const log: Link[] = [];
    let written = 0;
    // Writers go on from anywhere at or before what is written: nothing is skipped, much is repeated.
    for (const [back, forward] of [...parts, [0, chain.length] as [number, number]]) {
      const from = Math.max(0, written - back);
      const to = Math.min(chain.length, written + forward);
      log.push(...chain.slice(from, to));
      written = Math.max(written, to);
    }
    let reader = startOf(LOG);
    const counted: number[] = [];
    for (const record of log) {
      const ruling = ruleOn(reader, record);
      if (ruling.kind === "apply") {
        reader = ruling.position;
        counted.push(record.sourceOffset);
      } else assertEquals(ruling.kind, "drop");
    }
    assertEquals(counted, sorted);
  }));
});
