import { assertEquals } from "@std/assert";
import { Reason, Verdict } from "@gopool/proto";
import { Counts, ReasonCounts } from "./counts.ts";

Deno.test("shares are counted by verdict and reason, and a reason of a later build as none", () => {
  const counts = new Counts();
  assertEquals(counts.byReason(), []);
  const rejectedFor = new ReasonCounts(), staleFor = new ReasonCounts();
  for (const reason of [Reason.LOW_DIFFICULTY, Reason.DUPLICATE, Reason.LOW_DIFFICULTY]) {
    rejectedFor.count(reason);
  }
  staleFor.count(Reason.STALE_JOB);
  staleFor.count(77 as Reason);
  const record = { value: new Uint8Array(), partition: 0 };
  const judged = {
    valid: [record],
    rejected: [record, record, record],
    stale: [record, record],
    head: 0,
    disagreements: 0,
    repeats: 0,
    rejectedFor,
    staleFor,
  };
  counts.add(judged);
  counts.add(judged);
  assertEquals(counts.byReason(), [
    { verdict: Verdict.ACCEPTED, reason: Reason.UNSPECIFIED, count: 2 },
    { verdict: Verdict.REJECTED, reason: Reason.DUPLICATE, count: 2 },
    { verdict: Verdict.REJECTED, reason: Reason.LOW_DIFFICULTY, count: 4 },
    { verdict: Verdict.STALE, reason: Reason.UNSPECIFIED, count: 2 },
    { verdict: Verdict.STALE, reason: Reason.STALE_JOB, count: 2 },
  ]);
  const sum = counts.byReason().reduce((all, { count }) => all + count, 0);
  assertEquals(sum, counts.valid + counts.rejected + counts.stale);
});
