import { createMetrics } from "@gopool/runtime";
import { samples, waitFor } from "@gopool/testing";
import { assert, assertEquals } from "@std/assert";
import { BLOCK_NBITS, EASY, openRig } from "./kit_test.ts";

Deno.test("shares stand by verdict and reason, sessions by state, all from zero", async () => {
  const metrics = createMetrics();
  await using rig = await openRig({ metrics });
  const shown = (name: string) => samples(metrics, name);
  const before = await shown("gopool_stratumd_shares_total");
  assert(Object.keys(before).length > 10);
  assertEquals(Object.values(before).some((value) => value !== 0), false);

  const miner = await rig.connect();
  await miner.login();
  const share = miner.mine();
  await miner.submit(share);
  await miner.submit(share);
  await miner.submit(miner.mine({ difficulty: 2 ** -32, above: EASY }));
  await rig.connect();
  const shares = await shown("gopool_stratumd_shares_total");
  assertEquals(shares['{verdict="accepted",reason="none"}'], 1);
  assertEquals(shares['{verdict="rejected",reason="duplicate"}'], 1);
  assertEquals(shares['{verdict="rejected",reason="low_difficulty"}'], 1);
  assertEquals(shares['{verdict="stale",reason="stale_job"}'], 0);
  const { rejected, stale } = rig.stratumd.status().shares;
  const refused = Object.entries(shares).filter(([labels]) => /rejected|stale/.test(labels));
  assertEquals(refused.reduce((sum, [, value]) => sum + value, 0), rejected + stale);
  await waitFor(async () => {
    const sessions = await shown("gopool_stratumd_sessions");
    return sessions['{state="working"}'] === 1 && sessions['{state="joining"}'] === 1;
  }, "both connections");
  assertEquals(await shown("gopool_stratumd_difficulty"), {
    '{level="lowest"}': 3.73e-9,
    '{level="middle"}': 3.73e-9,
    '{level="highest"}': 3.73e-9,
  });
  const failures = await shown("gopool_metric_failures_total");
  assertEquals(failures, { "": 0 });
});

Deno.test("a job is timed from its making to its sending, and a candidate without an end shows its age", async () => {
  const metrics = createMetrics();
  await using rig = await openRig({ metrics, firstJob: { nbits: BLOCK_NBITS } });
  const value = async (name: string) => (await samples(metrics, name))[""];
  assertEquals(await value("gopool_stratumd_candidate_oldest_age_seconds"), 0);
  assertEquals(await value("gopool_stratumd_job_made_to_sent_seconds_count"), 0);
  await rig.job({ nbits: BLOCK_NBITS });
  await waitFor(
    async () => await value("gopool_stratumd_job_made_to_sent_seconds_count") === 1,
    "the job to be sent",
  );
  assertEquals(await value("gopool_stratumd_job_height"), 101);
  const miner = await rig.connect();
  await miner.login();
  while (rig.stratumd.status().candidates === 0) await miner.submit(miner.mine());
  await waitFor(
    async () => await value("gopool_stratumd_candidate_oldest_age_seconds") !== 0,
    "the candidate's age",
  );
  assertEquals(await value("gopool_stratumd_candidates_open"), rig.stratumd.status().spooled);
});
