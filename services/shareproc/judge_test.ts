import { assertEquals } from "@std/assert";
import { Reason, Verdict } from "@gopool/proto";
import { REPEAT_HORIZON_MS } from "@gopool/shares";
import { type Evidence, judge } from "./judge.ts";

const good: Evidence = {
  verdict: Verdict.ACCEPTED,
  reason: Reason.UNSPECIFIED,
  offset: 10,
  loggedAtMs: 1_000,
  jobLoggedAtMs: 500,
  terms: Reason.UNSPECIFIED,
  hashMatches: true,
  meetsTarget: true,
  firstSight: undefined,
  passedBy: false,
};

Deno.test("judge() finds valid what was answered true and holds", () => {
  assertEquals(judge(good).kind, "valid");
});

Deno.test("judge() finds a record valid again at its own offset: a batch that came again", () => {
  assertEquals(judge({ ...good, firstSight: 10 }).kind, "valid");
});

Deno.test("judge() refuses a repeat at another offset without calling it a fault", () => {
  assertEquals(judge({ ...good, firstSight: 9 }), {
    kind: "rejected",
    reason: Reason.REPUBLISHED,
    disagreement: false,
  });
});

Deno.test("judge() leaves a record out that a later one has passed by, unless it is known as valid", () => {
  assertEquals(judge({ ...good, passedBy: true }), {
    kind: "rejected",
    reason: Reason.OPERATOR,
    disagreement: false,
  });
  assertEquals(judge({ ...good, passedBy: true, firstSight: 10 }).kind, "valid");
  assertEquals(judge({ ...good, passedBy: true, firstSight: 9 }).reason, Reason.REPUBLISHED);
});

Deno.test("judge() refuses what came later than the memory of repeats reaches, by the log's own times", () => {
  const edge = good.jobLoggedAtMs + REPEAT_HORIZON_MS;
  assertEquals(judge({ ...good, loggedAtMs: edge }).kind, "valid");
  assertEquals(judge({ ...good, loggedAtMs: edge + 1 }).reason, Reason.STALE_JOB);
});

Deno.test("judge() never makes a refused share valid, and counts a refusal that the facts do not bear", () => {
  const refused = { ...good, verdict: Verdict.REJECTED };
  assertEquals(judge({ ...refused, reason: Reason.LOW_DIFFICULTY }), {
    kind: "rejected",
    reason: Reason.UNSPECIFIED,
    disagreement: true,
  });
  const lowIndeed = { ...refused, reason: Reason.LOW_DIFFICULTY, meetsTarget: false };
  assertEquals(judge(lowIndeed).disagreement, false);
  assertEquals(judge({ ...refused, reason: Reason.NTIME_TOO_OLD }).disagreement, true);
  // Duplicates and staleness are the gateway's own facts: it is believed.
  assertEquals(judge({ ...refused, reason: Reason.DUPLICATE }).disagreement, false);
  assertEquals(judge({ ...good, verdict: Verdict.STALE }).kind, "stale");
});
