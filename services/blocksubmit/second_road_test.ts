import { assertEquals, assertThrows } from "@std/assert";
import { blockFound, blockSolved, type Bus } from "@gopool/bus";
import { displayHash, type Hash, headerHash } from "@gopool/chain";
import {
  BlockOutcome,
  type BlockSolved,
  BlockSolvedSchema,
  create,
  fromBinary,
} from "@gopool/proto";
import { freePort, waitFor } from "@gopool/testing";
import { NotTaken } from "./blocks.ts";
import {
  firstFound,
  foundOn,
  openTestBus,
  openTo,
  solve,
  startNode,
  withSubmitter,
} from "./fixture.ts";
import { ROAD_FIGHTS_MAX } from "./limits.ts";

/** A bus that gives nothing to read and confirms nothing until it is back. */
function away(bus: Bus, back: Promise<void>): Bus {
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "publish" && name !== "offsetAt") return value.bind(target);
      return async (...args: unknown[]) => {
        await back;
        return await value.apply(target, args);
      };
    },
  });
}

function given(record: { value: Uint8Array }): BlockSolved {
  return fromBinary(BlockSolvedSchema, record.value.slice());
}

Deno.test("a block that comes by the second road is at the nodes while the bus is away, and is announced once when it is back", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const record = await solve(nodes);
  const back = Promise.withResolvers<void>();
  await withSubmitter(away(bus, back.promise), nodes, async (submitter) => {
    assertEquals(submitter.give(given(record)), true);
    assertEquals(submitter.give(given(record)), false, "given again it is no news");
    await waitFor(() => node.height === 101, "the node to have the block");
    const [open] = (await submitter.desk.list(
      { unlogged: Infinity },
      10,
      null,
      AbortSignal.timeout(30_000),
    )).blocks;
    assertEquals(open!.foundLoggedAtMs, 0);
    back.resolve();
    const found = await firstFound(bus);
    assertEquals(found.outcome, BlockOutcome.ACCEPTED);
    assertEquals(found.facts!.foundAtMs, 0n, "T is the log time of this record");
    // Its record on block.solved comes later, and the next block behind it.
    await bus.publish(blockSolved, [record]);
    await bus.publish(blockSolved, [await solve(nodes)]);
    await waitFor(async () => (await foundOn(bus)).length > 1, "the next block");
    const whole = await submitter.desk.whole(open!.hash, AbortSignal.timeout(30_000));
    assertEquals([whole.dossier?.bySecondRoad, whole.dossier?.solved?.offset], [true, 0]);
    assertEquals(whole.dossier?.block, null, "its bytes are on the log");
  });
  assertEquals((await foundOn(bus)).length, 2);
  assertEquals(node.submissions.length, 2);
});

Deno.test("a block that is not what its facts say is refused, and none is taken by one that does not run", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const record = await solve(nodes);
  let late: (() => boolean) | undefined;
  await withSubmitter(bus, nodes, (submitter) => {
    late = () => submitter.give(given(record));
    const swapped = given(record);
    swapped.block[79]! ^= 1;
    assertThrows(() => submitter.give(swapped), RangeError, "its block begins with another header");
    const renamed = given(record);
    renamed.facts!.hash[0]! ^= 1;
    assertThrows(() => submitter.give(renamed), RangeError, "its header has another hash");
    const bare = given(record);
    bare.block = bare.block.slice(0, 80);
    assertThrows(() => submitter.give(bare), RangeError, "its block cannot be read");
    return Promise.resolve();
  });
  assertThrows(() => late!(), NotTaken);
  assertEquals(node.submissions.length, 0);
});

Deno.test("the right header with a wrong body is refused and forgotten: the right block is taken afterwards", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const record = await solve(nodes);
  await withSubmitter(bus, nodes, async (submitter) => {
    const wrong = given(record);
    // The last byte of the coinbase's lock time.
    wrong.block[wrong.block.length - 1]! ^= 1;
    assertThrows(() => submitter.give(wrong), RangeError, "another merkle root than its header");
    assertEquals(submitter.give(given(record)), true);
    assertEquals((await firstFound(bus)).outcome, BlockOutcome.ACCEPTED);
  });
  assertEquals(node.submissions.length, 1);
});

Deno.test("a block whose outcome could not be announced is fought for again by the next run, and announced", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const record = await solve(nodes);
  await withSubmitter(away(bus, new Promise(() => {})), nodes, async (submitter) => {
    submitter.give(given(record));
    await waitFor(() => node.height === 101, "the node to have the block");
  });
  assertEquals((await bus.ends(blockFound))[0]!.next, 0);
  // The judge has put it on the log since.
  await bus.publish(blockSolved, [record]);
  await withSubmitter(bus, nodes, () => firstFound(bus));
  assertEquals((await foundOn(bus)).map(({ outcome }) => outcome), [BlockOutcome.ACCEPTED]);
});

Deno.test("whoever floods the second road leaves places to the blocks of the log", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using there = openTo(node);
  const real = await solve(there);
  await using nodes = openTo({ url: `http://pool:x@127.0.0.1:${freePort()}` });
  // Another nonce, the same body.
  const block = (n: number): BlockSolved => {
    const { block } = given(real);
    new DataView(block.buffer, block.byteOffset).setUint32(76, 0xffff_ff00 + n, true);
    const header = block.slice(0, 80);
    const hash: Hash = headerHash(header);
    return create(BlockSolvedSchema, { facts: { header, hash }, block });
  };
  await withSubmitter(bus, nodes, async (submitter) => {
    for (let n = 0; n < ROAD_FIGHTS_MAX; n++) submitter.give(block(n));
    assertThrows(() => submitter.give(block(ROAD_FIGHTS_MAX)), NotTaken, "fought for already");
    await bus.publish(blockSolved, [real]);
    const hash = displayHash(real.key as Hash);
    await waitFor(async () => {
      const { blocks } = await submitter.desk.list(
        { unlogged: Infinity },
        1,
        null,
        AbortSignal.timeout(30_000),
      );
      return blocks[0]!.hash === hash;
    }, "the block of the log to be fought for");
  });
});
