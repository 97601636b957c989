import { blockSolved, decode, encodeRecord } from "@gopool/bus";
import {
  createMetrics,
  createStatusBoard,
  seededRandom,
  silent,
  systemClock,
} from "@gopool/runtime";
import { samples, waitFor } from "@gopool/testing";
import { assertEquals } from "@std/assert";
import { openTestBus, openTo, solve, startNode } from "./fixture.ts";
import { createBlocksubmit } from "./service.ts";

Deno.test("blocks stand by outcome, answers by node, and the way of a block by its steps", async () => {
  const metrics = createMetrics();
  const shown = (name: string) => samples(metrics, `gopool_blocksubmit_${name}`);
  await using bus = await openTestBus();
  await using a = await startNode();
  await using b = await startNode();
  await using nodes = openTo(a, b);
  b.refuse("high-hash");
  const submitter = createBlocksubmit({
    bus,
    nodes,
    clock: systemClock,
    random: seededRandom(1),
    log: silent,
    board: createStatusBoard(systemClock),
    metrics,
  });
  assertEquals(await shown("blocks_total"), { '{outcome="accepted"}': 0, '{outcome="lost"}': 0 });
  assertEquals(await shown("block_oldest_age_seconds"), { "": 0 });
  const { key, value } = await solve(nodes);
  const nowMs = systemClock.now();
  const solved = {
    ...decode(blockSolved, value),
    receivedAtMs: BigInt(nowMs - 3_000),
    builtAtMs: BigInt(nowMs - 1_000),
  };
  await bus.publish(blockSolved, [encodeRecord(blockSolved, solved, { key: key! })]);
  const stop = new AbortController();
  const running = submitter.run(stop.signal);
  await waitFor(
    async () => (await shown("blocks_total"))['{outcome="accepted"}'] === 1,
    "the block to be accepted",
  );
  const answers = await shown("answers_total");
  assertEquals(answers[`{node="${a.name}",answer="accepted"}`], 1);
  assertEquals(answers[`{node="${b.name}",answer="refused"}`], 1);
  assertEquals(await shown("blocks_open"), { "": 0 });
  const path = await shown("block_path_seconds_sum");
  assertEquals(path['{step="share_to_block"}'], 2);
  const whole = path['{step="share_to_node"}']!;
  // A sum of doubles.
  assertEquals(Math.round(1_000 * (whole - path['{step="block_to_node"}']!)), 2_000);
  assertEquals(whole >= 3 - 0.05 && whole < 33, true, `${whole} s`);
  stop.abort();
  await running;
});
