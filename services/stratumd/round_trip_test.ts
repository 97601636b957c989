/**
 * How long miners take to answer, and what they are called.
 *
 * @module
 */
import { UNKNOWN_AGENT } from "@gopool/stratum";
import { settle } from "@gopool/testing";
import { assert, assertEquals } from "@std/assert";
import { Agents } from "./agents.ts";
import { Changes } from "./changes.ts";
import { openDesk } from "./kit_control_test.ts";
import { ADDRESS, goRound, type Miner, timed } from "./kit_test.ts";
import {
  AGENT_NAME_MAX,
  AGENTS_MAX,
  CHANGES_KEPT,
  ROUND_TRIP_EVERY_MS,
  ROUND_TRIP_FIRST_MS,
} from "./limits.ts";
import type { Session } from "./session.ts";
import { countRefused } from "./tally.ts";

const questions = (miner: Miner) =>
  miner.messages.flatMap((one) => one.kind === "get_version" ? [one.rawId] : []);

Deno.test("a cgminer is asked for its version now and then, and the time until its answer is its round trip; others are never asked", () =>
  timed(async (rig, clock) => {
    await using desk = await openDesk(rig, clock);
    const [cgminer, bitaxe] = [await rig.connect(), await rig.connect()];
    await cgminer.login({ username: `${ADDRESS}.cg`, agent: "cgminer/4.12.1" });
    await bitaxe.login({ username: `${ADDRESS}.axe`, agent: "bitaxe/2" });
    const shown = async (worker: string) => {
      const { sessions: [one] } = await desk.sessions.listSessions({ worker });
      return await desk.sessions.getSession({ id: one!.id });
    };
    const passes = async (ms: number) => {
      for (let past = 0; past < ms; past += 1000) await clock.advance(1000);
      await settle();
    };
    await passes(ROUND_TRIP_FIRST_MS + 1000);
    await cgminer.wait(() => questions(cgminer).length === 1, "the question");
    assertEquals((await shown("cg")).session!.roundTripMs, undefined);
    const [id] = questions(cgminer);
    // An answer to nothing that was asked is none.
    await cgminer.raw(`{"id":1,"result":"cgminer/4.12.1","error":null}\n`);
    await goRound(rig);
    assertEquals((await shown("cg")).session!.roundTripMs, undefined);
    await clock.advance(40);
    await cgminer.raw(`{"id":${id},"result":"cgminer/4.12.1","error":null}\n`);
    await cgminer.ask("mining.ping", []);
    const first = await shown("cg");
    assertEquals(first.leastRoundTripMs, first.session!.roundTripMs);
    assert(first.session!.roundTripMs! >= 40);
    // The same answer again is none either.
    await clock.advance(100);
    await cgminer.raw(`{"id":${id},"result":"cgminer/4.12.1","error":null}\n`);
    await cgminer.ask("mining.ping", []);
    assertEquals((await shown("cg")).session!.roundTripMs, first.session!.roundTripMs);

    await passes(ROUND_TRIP_EVERY_MS);
    await cgminer.wait(() => questions(cgminer).length === 2, "the next question");
    assertEquals(new Set(questions(cgminer)).size, 2);
    await clock.advance(5000);
    await cgminer.raw(`{"id":${questions(cgminer)[1]},"result":"x","error":null}\n`);
    await cgminer.ask("mining.ping", []);
    const second = await shown("cg");
    assert(second.session!.roundTripMs! >= 5000);
    assertEquals(second.leastRoundTripMs, first.leastRoundTripMs);
    assertEquals([questions(bitaxe), (await shown("axe")).session!.roundTripMs], [[], undefined]);
  }));

Deno.test("of names that miners make up a bounded number is counted one by one, and those in use stay", () => {
  const agents = new Agents();
  const session = (): Session =>
    ({ named: null, closed: false, accepted: 0, refusals: null }) as unknown as Session;
  const stays = session();
  agents.named(stays, "stays/1", UNKNOWN_AGENT);
  for (let i = 0; i < 3 * AGENTS_MAX; i++) {
    const one = session();
    agents.named(one, `made-up/${i}`, UNKNOWN_AGENT);
    one.accepted = 1;
    countRefused(one, 4);
    agents.left(one);
  }
  assertEquals(agents.size, AGENTS_MAX);
  const totals = agents.totals([stays]);
  assertEquals(totals[0]!.agent.name, "stays/1");
  assertEquals(totals.reduce((sum, { agent }) => sum + agent.sessionsInAll, 0), 3 * AGENTS_MAX + 1);
  assertEquals(totals.reduce((sum, { tally }) => sum + tally.accepted, 0), 3 * AGENTS_MAX);
  assertEquals(
    totals.reduce((sum, { tally }) => sum + (tally.refusals?.[4] ?? 0), 0),
    3 * AGENTS_MAX,
  );
  // With all names in use there is one more for the rest.
  const living = Array.from({ length: AGENTS_MAX + 5 }, (_, i) => {
    const one = session();
    agents.named(one, `living/${i}`, UNKNOWN_AGENT);
    return one;
  });
  assertEquals([agents.size, agents.others.sessions], [AGENTS_MAX, 6]);
  for (const one of living) agents.left(one);
  assertEquals(agents.others.sessions, 0);
  // Said again before there is work: it is the last name that counts.
  const again = session();
  agents.named(again, "first", UNKNOWN_AGENT);
  agents.named(again, "x".repeat(1000), UNKNOWN_AGENT);
  assertEquals(again.named!.name.length, AGENT_NAME_MAX);
  assertEquals(agents.totals([]).some(({ agent }) => agent.name === "first"), false);
});

Deno.test("the last changes of a difficulty are kept, newest first", () => {
  const changes = new Changes({ atMs: 0, difficulty: 1, cause: "start" });
  for (let i = 1; i < 40; i++) {
    changes.add({ atMs: i, difficulty: i, cause: i % 2 === 0 ? "vardiff" : "fixed" });
  }
  const kept = changes.newestFirst;
  assertEquals(kept.length, CHANGES_KEPT);
  assertEquals(kept[0], { atMs: 39, difficulty: 39, cause: "fixed" });
  assertEquals(kept.at(-1), { atMs: 24, difficulty: 24, cause: "vardiff" });
});
