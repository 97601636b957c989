import { assertEquals, assertThrows } from "@std/assert";
import { blockCandidates, blockSolved, type Bus, openBus } from "@gopool/bus";
import { decodeBlock, displayHash, type Hash } from "@gopool/chain";
import {
  type BlockCandidate,
  BlockCandidateSchema,
  type BlockSolved,
  fromBinary,
} from "@gopool/proto";
import { type Road, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { NotWorking } from "./blocks.ts";
import { blockJob, candidate, publishTemplate, solvedOn } from "./blocks_fixture.ts";
import { publishJob } from "./fixture.ts";
import { ROAD_FACTS_MAX_BYTES, ROAD_WAITING_MAX } from "./limits.ts";
import { withJudge } from "./stand_fixture.ts";
import { Candidates } from "./waiting_candidates.ts";

const openTestBus = () => openBus("memory:", { clock: systemClock, sharePartitions: 1 });

/** A bus that says nothing of a published block, and gives nothing to read, until it is back. */
function away(bus: Bus, back: Promise<void>): Bus {
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "publish") return typeof value === "function" ? value.bind(target) : value;
      return async (...args: Parameters<Bus["publish"]>) => {
        if (args[0] === blockSolved) await back;
        return await target.publish(...args);
      };
    },
  });
}

function given(record: { value: Uint8Array }): BlockCandidate {
  return fromBinary(BlockCandidateSchema, record.value.slice());
}

/** Takes the blocks it is given. */
function taker(): { road: Road<BlockSolved>; blocks: BlockSolved[] } {
  const blocks: BlockSolved[] = [];
  const give = (solved: BlockSolved) => {
    blocks.push(solved);
    return Promise.resolve([{ to: "submitter", trouble: null }]);
  };
  return { road: { give }, blocks };
}

Deno.test("with the bus away a candidate comes and its block goes by the second road; on the log it stands once", async () => {
  await using bus = await openTestBus();
  const job = blockJob();
  await publishTemplate(bus);
  await publishJob(bus, job);
  const back = Promise.withResolvers<void>();
  const { road, blocks } = taker();
  const record = candidate(job, 1);
  await withJudge(away(bus, back.promise), async (judge) => {
    await waitFor(() => judge.view()?.templates === 1, "the template");
    await waitFor(() => tries(() => judge.give(given(record))), "the candidate to be taken");
    assertEquals(judge.give(given(record)), false, "given again it is no news");
    await waitFor(() => blocks.length > 0, "the block on the second road");
    const [block] = blocks;
    assertEquals(decodeBlock(block!.block).transactions.length, 2);
    assertEquals(block!.facts!.foundAtMs, 0n, "T is that of block.found");
    assertEquals(block!.builtAtMs > 0n, true);
    assertEquals(await solvedOn(bus), []);
    assertEquals(judge.view()!.candidates(Infinity, 10).map((one) => one.state), ["built"]);

    back.resolve();
    await waitFor(async () => (await solvedOn(bus)).length > 0, "the block on the log");
    // The gateway's publish comes through as well: nothing is built a second time.
    const [placed] = await bus.publish(blockCandidates, [record]);
    await bus.publish(blockCandidates, [candidate(job, 2)]);
    await waitFor(async () => (await solvedOn(bus)).length > 1, "the next block");
    const hashes = (await solvedOn(bus)).map(({ facts }) => displayHash(facts!.hash as Hash));
    assertEquals(new Set(hashes).size, 2);
    assertEquals(judge.counts.blocksSolved, 2);
    assertEquals(placed!.offset, 0);
    const recent = judge.view()!.candidates(Infinity, 10);
    assertEquals(recent.map((one) => [one.bySecondRoad, one.state]), [[false, "solved"], [
      true,
      "solved",
    ]]);
  }, { road });
  const [first, second] = await solvedOn(bus);
  assertEquals(first!.facts!.foundAtMs, 0n);
  assertEquals(second!.facts!.foundAtMs > 0n, true);
});

/** Whether it has done it: a judge that starts takes nothing yet. */
function tries(work: () => boolean): boolean {
  try {
    return work();
  } catch (error) {
    if (error instanceof NotWorking) return false;
    throw error;
  }
}

Deno.test("a candidate that waits for its template has the T of its record, where that comes before its block", async () => {
  await using bus = await openTestBus();
  const job = blockJob();
  await publishJob(bus, job);
  const record = candidate(job, 1);
  await withJudge(bus, async (judge) => {
    await waitFor(() => tries(() => judge.give(given(record))), "the candidate to be taken");
    const recent = () => judge.view()!.candidates(Infinity, 1)[0]!;
    await waitFor(() => recent().detail.includes("template"), "it to wait");
    const [placed] = await bus.publish(blockCandidates, [record]);
    await waitFor(() => recent().loggedAtMs > 0, "its record");
    await publishTemplate(bus);
    await waitFor(async () => (await solvedOn(bus)).length > 0, "the block");
    assertEquals(Number((await solvedOn(bus))[0]!.facts!.foundAtMs), placed!.loggedAtMs);
  });
});

Deno.test("a judge that ends while the bus is away still gives the block that it has in hand", async () => {
  await using bus = await openTestBus();
  const job = blockJob();
  await publishTemplate(bus);
  await publishJob(bus, job);
  const { road, blocks } = taker();
  await withJudge(away(bus, new Promise(() => {})), async (judge) => {
    await waitFor(() => judge.view()?.templates === 1, "the template");
    await waitFor(() => tries(() => judge.give(given(candidate(job, 1)))), "it to be taken");
  }, { road });
  assertEquals(blocks.length, 1);
});

Deno.test("whoever floods the second road keeps no candidate of the log from being built", () => {
  const candidates = new Candidates();
  const unknown = blockJob("00000001000000ff");
  for (let n = 0; n < ROAD_WAITING_MAX; n++) candidates.given(given(candidate(unknown, n)), 1);
  const next = candidate(unknown, ROAD_WAITING_MAX);
  assertThrows(() => candidates.given(given(next), 1), RangeError, "not read from the log");
  const message = { ...next, key: next.key!, partition: 0, offset: 0, loggedAtMs: 2 };
  assertEquals(candidates.take(message, 2)?.facts.foundAtMs, 2n);
  // One whose record is read waits as the log's own do.
  const first = candidate(unknown, 0);
  candidates.take({ ...first, key: first.key!, partition: 0, offset: 1, loggedAtMs: 3 }, 3);
  const last = given(candidate(unknown, ROAD_WAITING_MAX + 1));
  assertEquals(candidates.given(last, 4) === undefined, false);
  const large = given(candidate(unknown, ROAD_WAITING_MAX + 2));
  large.facts!.worker = "x".repeat(ROAD_FACTS_MAX_BYTES);
  assertThrows(() => candidates.given(large, 5), Error, "bytes, more than");
});

Deno.test("a candidate that is not what its hash says is refused, and none is taken by a judge that does not run", async () => {
  await using bus = await openTestBus();
  const job = blockJob();
  await publishTemplate(bus);
  await publishJob(bus, job);
  let ended: ((one: BlockCandidate) => boolean) | undefined;
  const record = candidate(job, 1);
  await withJudge(bus, async (judge) => {
    ended = (one) => judge.give(one);
    await waitFor(() => tries(() => judge.give(given(candidate(job, 2)))), "it to take any");
    const wrong = given(record);
    wrong.facts!.header[0]! ^= 1;
    assertThrows(() => judge.give(wrong), Error, "its header has another hash");
  });
  assertThrows(() => ended!(given(record)), NotWorking);
});
