import { assertEquals } from "@std/assert";
import type { NodeAnswer } from "@gopool/node";
import type { SubmitAttempt } from "@gopool/proto";
import { ATTEMPTS_MAX } from "./limits.ts";
import { attemptOf, keepAttempt, refusalOf, roundOf } from "./outcome.ts";

function answered(kind: NodeAnswer["answer"]["kind"], answer = "", node = "n:1"): NodeAnswer {
  return { node, atMs: 1, tookMs: 2, answer: { kind, answer } };
}

Deno.test("roundOf() is accepted as soon as one node has the block on its chain", () => {
  assertEquals(
    roundOf([answered("unreachable"), answered("refused"), answered("accepted")]),
    "accepted",
  );
});

Deno.test("roundOf() stays open while a node has the block but prefers another, or nobody answers", () => {
  assertEquals(roundOf([answered("inconclusive"), answered("refused")]), "open");
  assertEquals(roundOf([answered("duplicate")]), "open");
  assertEquals(roundOf([answered("unreachable")]), "open");
  assertEquals(roundOf([]), "open");
});

Deno.test("roundOf() is refused only when every node refuses: one that is away may take it yet", () => {
  assertEquals(roundOf([answered("refused"), answered("refused")]), "refused");
  assertEquals(roundOf([answered("refused"), answered("unreachable")]), "open");
});

Deno.test("refusalOf() names each node with its last word that says why", () => {
  const attempts = [
    attemptOf(answered("refused", "prev-blk-not-found", "a:1")),
    attemptOf(answered("refused", "bad-cb-amount", "a:1")),
    attemptOf(answered("refused", "duplicate-invalid", "a:1")),
    attemptOf(answered("refused", "high-hash", "b:1")),
  ];
  assertEquals(
    refusalOf(attempts),
    'Refused: a:1 said "bad-cb-amount", b:1 said "high-hash"',
  );
});

Deno.test("keepAttempt() keeps the first and the latest attempts of a long fight", () => {
  const attempts: SubmitAttempt[] = [];
  for (let i = 0; i < 1_000; i++) {
    keepAttempt(attempts, attemptOf({ ...answered("unreachable"), atMs: i }));
  }
  assertEquals(attempts.length, ATTEMPTS_MAX);
  assertEquals(Number(attempts[0]!.atMs), 0);
  assertEquals(Number(attempts.at(-1)!.atMs), 999);
});
