import { openBus, shareSubmissions } from "@gopool/bus";
import { Reason, Verdict } from "@gopool/proto";
import { createMetrics, systemClock } from "@gopool/runtime";
import { samples, waitFor } from "@gopool/testing";
import { assertEquals } from "@std/assert";
import { makeJob, makeShare, publishJob, submission } from "./fixture.ts";
import { judgedAll, withJudge } from "./stand_fixture.ts";

Deno.test("shares stand by verdict and reason, from zero; a partition that stops is seen", async () => {
  const job = makeJob("0000000100000000");
  const metrics = createMetrics();
  const shown = (name: string) => samples(metrics, `gopool_shareproc_${name}`);
  await using bus = await openBus("memory:", { clock: systemClock, sharePartitions: 2 });
  await publishJob(bus, job);
  await bus.publish(
    shareSubmissions,
    [
      makeShare(job, 1),
      makeShare(job, 1),
      makeShare(job, 2, { verdict: Verdict.REJECTED, reason: Reason.DUPLICATE }),
      makeShare(job, 3, { verdict: Verdict.STALE, reason: Reason.STALE_JOB }),
    ].map((share) => submission(share, 0)),
  );
  await withJudge(bus, async (_, board) => {
    await waitFor(() => judgedAll(bus), "judgement");
    const shares = await shown("shares_total");
    assertEquals(shares['{verdict="accepted",reason="none"}'], 1);
    assertEquals(shares['{verdict="stale",reason="stale_job"}'], 1);
    assertEquals(shares['{verdict="rejected",reason="ntime_too_old"}'], 0);
    assertEquals(Object.values(shares).reduce((a, b) => a + b, 0), 4);
    assertEquals(await shown("repeats_total"), { "": 1 });
    assertEquals(await shown("partitions"), { "": 2 });
    assertEquals(await shown("remembered_headers"), { "": 1 });
    assertEquals(await shown("partitions_stopped"), { "": 0 });
    board.set("shareproc/partition-1", "down", "a gap");
    board.set("shareproc/partition-0", "degraded", "waiting");
    assertEquals(await shown("partitions_stopped"), { "": 1 });
  }, { metrics });
  assertEquals(await shown("partitions"), {});
  assertEquals(await samples(metrics, "gopool_metric_failures_total"), { "": 0 });
});
