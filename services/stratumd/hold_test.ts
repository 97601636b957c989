/**
 * Difficulties that operators hold sessions at.
 *
 * @module
 */
import { Code } from "@gopool/control";
import { DifficultyCause } from "@gopool/proto/control";
import { settle, waitFor } from "@gopool/testing";
import { assert, assertEquals, assertLess } from "@std/assert";
import { type Desk, openDesk, refusedWith } from "./kit_control_test.ts";
import { ADDRESS, EASY, type Miner, openRig, type Rig, timed } from "./kit_test.ts";

async function only({ sessions }: Desk): Promise<string> {
  return (await sessions.listSessions({})).sessions[0]!.id;
}

async function next(rig: Rig, miner: Miner): Promise<void> {
  const id = await rig.job();
  await miner.wait(() => miner.notify.jobId === id, "the next job");
}

Deno.test("a held difficulty comes with the next job, survives jobs, and goes back to where it was", async () => {
  // Vardiff off: nothing else moves it.
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const miner = await rig.connect();
  await miner.login();
  const before = miner.difficulty;
  const old = miner.notify;
  const id = await only(desk);

  const set = await desk.sessions.setDifficulty({ id, to: { case: "fixed", value: EASY * 4 } });
  const wanted = set.fixed;
  assert(Math.abs(wanted / EASY / 4 - 1) < 0.005, `${wanted}`);
  assertEquals([set.withNextJob, set.fixedBefore, set.session!.fixed], [true, 0, true]);
  assertEquals(miner.difficulty, before, "never without a job");
  await next(rig, miner);
  assertEquals(miner.difficulty, wanted);
  // Work of before the change is held against its own difficulty.
  const easy = miner.mine({ job: old, difficulty: before, above: wanted });
  assertEquals((await miner.submit(easy, { job: old.jobId })).result, true);
  assertEquals((await miner.submit(miner.mine({ difficulty: wanted }))).result, true);
  for (let i = 0; i < 3; i++) await next(rig, miner);
  assertEquals(miner.difficulty, wanted);
  // A miner's suggestion does not move it.
  await miner.ask("mining.suggest_difficulty", [EASY]);
  await next(rig, miner);
  assertEquals(miner.difficulty, wanted);

  const again = await desk.sessions.setDifficulty({ id, to: { case: "fixed", value: wanted } });
  assertEquals([again.withNextJob, again.fixedBefore], [false, wanted]);
  const back = await desk.sessions.setDifficulty({ id, to: { case: "vardiff", value: true } });
  assertEquals([back.fixedBefore, back.fixed], [wanted, 0]);
  await next(rig, miner);
  assertEquals(miner.difficulty, before);
  const { difficulties } = await desk.sessions.getSession({ id });
  assertEquals(difficulties.map(({ cause }) => cause), [
    DifficultyCause.VARDIFF,
    DifficultyCause.FIXED,
    DifficultyCause.START,
  ]);
  assertEquals(desk.records.map(({ before, after }) => [before, after]), [
    ["vardiff", `held at ${wanted}`],
    [`held at ${wanted}`, `held at ${wanted}`],
    [`held at ${wanted}`, "vardiff"],
  ]);
});

Deno.test("what is out of bounds is refused with the bound: the network's above, the device's floor below", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const miner = await rig.connect();
  await miner.login({ agent: "bitaxe/1" });
  const id = await only(desk);
  const set = (value: number) => desk.sessions.setDifficulty({ id, to: { case: "fixed", value } });
  // The job's network difficulty is 1, and an ASIC's floor as well.
  await refusedWith(set(2), Code.InvalidArgument, /is above 1, the most/);
  await refusedWith(set(0.5), Code.InvalidArgument, /is below 1, the least/);
  await refusedWith(set(0), Code.InvalidArgument, /fixed/);
  await refusedWith(set(NaN), Code.InvalidArgument, /fixed/);
  await refusedWith(desk.sessions.setDifficulty({ id }), Code.InvalidArgument, /to/);
  const { difficultyMin, difficultyMax } = await desk.sessions.getSession({ id });
  assertEquals([difficultyMin, difficultyMax], [1, 1]);
  assertEquals((await set(1)).withNextJob, false);
});

Deno.test("a miner that comes back is held where it was, here and at another gateway of the state", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const miner = await rig.connect();
  await miner.login();
  const set = await desk.sessions.setDifficulty({
    id: await only(desk),
    to: { case: "fixed", value: EASY * 8 },
  });
  await next(rig, miner);
  assertEquals(miner.difficulty, set.fixed);
  await miner.close();
  const back = await rig.connect();
  await back.login({ session: miner.sessionId });
  assertEquals(back.difficulty, set.fixed);
  await next(rig, back);
  assertEquals(back.difficulty, set.fixed);
  await back.close();
  await waitFor(async () => {
    const record = await rig.state.get(`session:${miner.sessionId}`);
    return record !== null && new TextDecoder().decode(record).includes('"hold"');
  }, "the session to be written down");
  await using second = await openRig({
    bus: rig.bus,
    state: rig.state,
    seed: 2,
    config: { gateway: "gw-2" },
  });
  await using other = await openDesk(second);
  const elsewhere = await second.connect();
  await elsewhere.login({ session: miner.sessionId });
  const { sessions: [shown] } = await other.sessions.listSessions({ account: ADDRESS });
  assertEquals([shown!.fixed, shown!.difficulty], [true, set.fixed]);
});

Deno.test("back at vardiff what was learned meanwhile decides: a flood is answered within a job", () =>
  timed(async (rig, clock) => {
    await using desk = await openDesk(rig, clock);
    const miner = await rig.connect();
    await miner.login({ password: `d=${EASY * 64}` });
    const id = await only(desk);
    const set = await desk.sessions.setDifficulty({ id, to: { case: "fixed", value: EASY / 4 } });
    await clock.advance(1000);
    await next(rig, miner);
    assertEquals(miner.difficulty, set.fixed);
    // Sixty times the aim for a minute, and two jobs: it stays where it is held.
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 15; i++) await miner.submit(miner.mine());
      await clock.advance(1000);
      await settle();
      if (second % 30 === 29) {
        await next(rig, miner);
        assertEquals(miner.difficulty, set.fixed);
      }
    }
    await desk.sessions.setDifficulty({ id, to: { case: "vardiff", value: true } });
    await next(rig, miner);
    assertLess(set.fixed * 8, miner.difficulty);
  }));
