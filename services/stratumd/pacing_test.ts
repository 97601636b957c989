/**
 * Difficulty over the wire, on a fake clock: it changes with a job and never without, and what was sent before a
 * change counts as it was.
 *
 * @module
 */
import { waitFor } from "@gopool/testing";
import { assert, assertEquals, assertLess } from "@std/assert";
import { type Miner, type Rig, timed } from "./kit_test.ts";

async function nextJob(rig: Rig, miner: Miner): Promise<void> {
  const id = await rig.job();
  await miner.wait(() => miner.notify.jobId === id, `job ${id}`);
}

Deno.test("a flood raises the difficulty with the next job; shares for the job before count at their own", () =>
  timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.login();
    const [first, before] = [miner.notify, miner.difficulty];
    const shares = Array.from({ length: 45 }, () => miner.mine());
    for (let i = 0; i < 40; i++) {
      assertEquals((await miner.submit(shares[i]!)).result, true);
      if (i % 4 === 3) await clock.advance(1000);
    }
    assertEquals(miner.difficulty, before, "no new difficulty without a job");
    await nextJob(rig, miner);
    const raised = miner.difficulty;
    assertLess(before, raised);
    const told = miner.lines.map((line) => JSON.parse(line).method);
    assertEquals(told.slice(-2), ["mining.set_difficulty", "mining.notify"]);
    // Not good enough for the new difficulty, and counted all the same.
    const easy = miner.mine({ job: first, difficulty: before, above: raised });
    assertEquals((await miner.submit(easy, { job: first.jobId })).result, true);
    const hard = await miner.submit(miner.mine({ difficulty: before, above: raised }));
    assertEquals((hard.error as [number])[0], 23);
  }));

Deno.test("silence lowers it with the next job, and at once for the job before", () =>
  timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.login({ password: "x" });
    const [first, before] = [miner.notify, miner.difficulty];
    await clock.advance(30_000);
    await nextJob(rig, miner);
    const lowered = miner.difficulty;
    assertLess(lowered, before);
    const easy = miner.mine({ job: first, difficulty: lowered, above: before });
    assertEquals((await miner.submit(easy, { job: first.jobId })).result, true);
    await waitFor(async () => (await rig.submissions()).length === 1, "the submission");
  }));

Deno.test("a miner that floods is given a recent job it has not seen, with its new difficulty", () =>
  timed(async (rig, clock) => {
    const older = rig.stratumd.status().jobId;
    await rig.job();
    await waitFor(() => rig.stratumd.status().jobId !== older, "the second job");
    const miner = await rig.connect();
    await miner.login();
    for (let i = 0; i < 45; i++) assertEquals((await miner.submit(miner.mine())).result, true);
    const before = miner.difficulty;
    for (let i = 0; i < 6; i++) await clock.advance(1000);
    await miner.wait(() => miner.notify.jobId === older, "the older job");
    assertLess(before, miner.difficulty);
    assertEquals(miner.notify.clean, false);
    assertEquals((await miner.submit(miner.mine())).result, true);
  }));

Deno.test("d= is kept while its rate is bearable, and left when it is not", () =>
  timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.login({ password: `d=${2 ** -30}`, agent: "cpuminer/2.5" });
    const wished = miner.difficulty;
    for (let job = 0; job < 3; job++) {
      // 7 or so in 30 s would be right; three are within the factor.
      for (let i = 0; i < 3; i++) await miner.submit(miner.mine());
      await clock.advance(30_000);
      await nextJob(rig, miner);
      assertEquals(miner.difficulty, wished);
    }
    for (let i = 0; i < 120; i++) await miner.submit(miner.mine());
    await clock.advance(30_000);
    await nextJob(rig, miner);
    assert(miner.difficulty > wished);
  }));

Deno.test("who does not authorize within a minute is closed", () =>
  timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.subscribe();
    for (let i = 0; i < 63; i++) await clock.advance(1000);
    await miner.untilClosed();
  }));
