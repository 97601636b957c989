import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { ORPHAN_AFTER_MS, ORPHAN_DEPTH, ORPHAN_LOOKS } from "./limits.ts";
import { type NodeWord, OrphanWatch, type Sight, sightOf } from "./sight.ts";

const best = (confirmations: number): NodeWord => ({
  kind: "said",
  standing: { kind: "best", confirmations },
});
const replaced = (depth: number, known = true): NodeWord => ({
  kind: "said",
  standing: { kind: "replaced", depth, known },
});
const ahead: NodeWord = { kind: "said", standing: { kind: "ahead" } };
const syncing: NodeWord = { kind: "syncing" };
const moved: NodeWord = { kind: "moved" };
const away: NodeWord = { kind: "away" };

Deno.test("one node with the block on its best chain suffices to see it, not to agree", () => {
  const seen = (confirmations: number, agreed: boolean): Sight => ({
    kind: "best",
    confirmations,
    agreed,
  });
  assertEquals(sightOf([best(3), best(5)]), seen(3, true));
  assertEquals(sightOf([best(3), away, syncing]), seen(3, true));
  for (const other of [replaced(2), ahead, moved]) {
    assertEquals(sightOf([best(3), other]), seen(3, false));
  }
});

Deno.test("replaced is said only when every node that answers says so and none is in doubt", () => {
  assertEquals(sightOf([replaced(3), replaced(2, false), away]), {
    kind: "replaced",
    depth: 2,
    known: true,
  });
  for (const other of [ahead, syncing, moved]) {
    assertEquals(sightOf([replaced(3), other]).kind, "unsure");
  }
  for (const words of [[], [away], [syncing], [ahead]]) {
    assertEquals(sightOf(words).kind, "unsure");
  }
});

Deno.test("an orphan takes looks in a row, time, and a second block on its rival", () => {
  const sight: Sight = { kind: "replaced", depth: ORPHAN_DEPTH, known: true };
  const pause = ORPHAN_AFTER_MS / (ORPHAN_LOOKS - 1);
  const looks = (watch: OrphanWatch, sights: readonly Sight[], pauseMs = pause) =>
    sights.map((one, i) => watch.look("b", one, i * pauseMs)).at(-1);
  const full = new Array<Sight>(ORPHAN_LOOKS).fill(sight);
  assertEquals(looks(new OrphanWatch(), full), true);
  assertEquals(looks(new OrphanWatch(), full.slice(1)), false, "one look short");
  assertEquals(looks(new OrphanWatch(), full, pause - 1), false, "too soon");
  const race = { ...sight, depth: ORPHAN_DEPTH - 1 };
  assertEquals(looks(new OrphanWatch(), new Array<Sight>(50).fill(race)), false, "a race");
  const doubt: Sight = { kind: "unsure", why: "" };
  assertEquals(looks(new OrphanWatch(), [...full.slice(1), doubt, sight]), false, "begins anew");
  const watch = new OrphanWatch();
  looks(watch, full.slice(1));
  watch.keepOnly(new Set());
  assertEquals(watch.look("b", sight, 1e9), false, "forgotten");
});

Deno.test("whatever nodes say, no word of doubt ever adds up to an orphan", () => {
  const word = fc.constantFrom(best(1), replaced(9), ahead, syncing, moved, away);
  fc.assert(fc.property(fc.array(word, { maxLength: 5 }), (words) => {
    const sight = sightOf(words);
    const mayReplace = words.every(({ kind }) => kind === "said" || kind === "away") &&
      words.every((one) => one.kind !== "said" || one.standing.kind === "replaced") &&
      words.some(({ kind }) => kind === "said");
    assertEquals(sight.kind === "replaced", mayReplace);
  }));
});
