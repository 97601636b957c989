import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { blockSolved, encodeRecord } from "@gopool/bus";
import { displayHash, type Hash, toHex } from "@gopool/chain";
import {
  type Client,
  Code,
  ConnectError,
  controlClient,
  createAccess,
  type RecordedCall,
  serveControl,
} from "@gopool/control";
import { BlockSolvedSchema, fromBinary, SubmitVerdict } from "@gopool/proto";
import { BlockService, BlockState, RoadService, Role } from "@gopool/proto/control";
import { silent, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { firstFound, openTestBus, openTo, solve, startNode, withSubmitter } from "./fixture.ts";
import { EXPORT_PIECE_DIGITS } from "./limits.ts";
import { createBlockRoadRpc, createBlockRpc } from "./rpc.ts";
import type { Blocksubmit } from "./service.ts";

interface Calls {
  readonly blocks: Client<typeof BlockService>;
  readonly road: Client<typeof RoadService>;
  readonly records: RecordedCall[];
}

const TOKEN = "token-of-a-test-0123456789";

async function calling(
  blocksubmit: Blocksubmit,
  work: (calls: Calls) => Promise<void>,
): Promise<void> {
  const records: RecordedCall[] = [];
  const roles = [Role.READ, Role.OPERATE, Role.INTERNAL];
  await using server = await serveControl({
    listen: { host: "127.0.0.1", port: 0 },
    serves: [BlockService, RoadService],
    access: createAccess({ tokens: [{ name: "olga", roles, token: TOKEN }] }),
    ready: () => true,
    record: (call) => records.push(call),
    clock: systemClock,
    log: silent,
  });
  server.provide(BlockService, createBlockRpc({ blocksubmit }));
  server.provide(RoadService, createBlockRoadRpc({ blocksubmit }));
  using client = controlClient(`http://127.0.0.1:${server.port}`, TOKEN);
  await work({ blocks: client(BlockService), road: client(RoadService), records });
}

async function codeOf(work: () => Promise<unknown>): Promise<Code> {
  return (await assertRejects(work, ConnectError)).code;
}

async function exported(blocks: Calls["blocks"], hash: string): Promise<string[]> {
  const pieces: string[] = [];
  for await (const { hex } of blocks.exportBlock({ hash })) pieces.push(hex);
  return pieces;
}

const UNKNOWN = "00".repeat(32);

Deno.test("a block given by the second road is listed, told, exported and given again, and that is recorded", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const record = await solve(nodes);
  const hash = displayHash(record.key as Hash);
  const solved = fromBinary(BlockSolvedSchema, record.value);
  await withSubmitter(
    bus,
    nodes,
    (submitter) =>
      calling(submitter, async ({ blocks, road, records }) => {
        assertEquals((await road.giveBlock({ solved })).news, true);
        assertEquals((await road.giveBlock({ solved })).news, false);
        await firstFound(bus);
        const listed = await waitFor(async () => {
          const { blocks: [block] } = await blocks.listBlocks({ state: BlockState.ACCEPTED });
          return block?.foundAtMs ? block : null;
        }, "the block among the accepted ones");
        assertEquals([listed.hash, listed.height, listed.attempts], [hash, 101, 1]);
        assertEquals((await blocks.listBlocks({ state: BlockState.LOST })).blocks, []);

        const { block } = await blocks.getBlock({ hash });
        assertEquals(block!.summary, listed);
        assertEquals(block!.timings!.bySecondRoad, true);
        assertEquals(block!.header!.hex, toHex(solved.facts!.header));
        assertEquals(block!.attempts.map(({ verdict }) => verdict), [SubmitVerdict.ACCEPTED]);
        // No job, no candidate and no record of the block were ever logged here.
        assertEquals(block!.missing.length, 2, block!.missing.join("; "));

        assertEquals(await exported(blocks, hash), [toHex(solved.block)]);
        const again = await blocks.submitAgain({ hash });
        assertEquals(again.state, BlockState.ACCEPTED);
        assertEquals(again.attempts.map((one) => [one.verdict, one.again]), [
          [SubmitVerdict.DUPLICATE, true],
        ]);
        const [recorded] = records;
        assertEquals([records.length, recorded!.caller, recorded!.before, recorded!.error], [
          1,
          "olga",
          "accepted",
          "",
        ]);
        assertStringIncludes(recorded!.after, "accepted");
        assertStringIncludes(recorded!.after, node.name);
      }),
  );
});

Deno.test("what is asked wrongly is told so, and what is not there is not found", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const solved = fromBinary(BlockSolvedSchema, (await solve(nodes)).value.slice());
  solved.block[0]! ^= 1;
  await withSubmitter(bus, nodes, (submitter) =>
    calling(submitter, async ({ blocks, road }) => {
      assertEquals(await codeOf(() => blocks.getBlock({ hash: UNKNOWN })), Code.NotFound);
      assertEquals(await codeOf(() => blocks.submitAgain({ hash: UNKNOWN })), Code.NotFound);
      assertEquals(await codeOf(() => exported(blocks, UNKNOWN)), Code.NotFound);
      assertEquals(await codeOf(() => blocks.getBlock({ hash: "12" })), Code.InvalidArgument);
      assertEquals(
        await codeOf(() => blocks.listBlocks({ pageToken: "log-" })),
        Code.InvalidArgument,
      );
      assertEquals(await codeOf(() => road.giveBlock({ solved })), Code.InvalidArgument);
      assertEquals(
        await codeOf(() => road.giveCandidate({ candidate: {} })),
        Code.Unimplemented,
      );
    }));
});

Deno.test("a large block is exported in pieces that follow each other", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const record = await solve(nodes);
  const hash = displayHash(record.key as Hash);
  const { facts, block } = fromBinary(BlockSolvedSchema, record.value);
  // No node takes it: it stays open, and that is all that is wanted here.
  const large = new Uint8Array(EXPORT_PIECE_DIGITS).fill(0xab);
  large.set(block);
  await bus.publish(blockSolved, [
    encodeRecord(blockSolved, { facts: facts!, block: large }, { key: record.key! }),
  ]);
  await withSubmitter(bus, nodes, (submitter) =>
    calling(submitter, async ({ blocks }) => {
      await waitFor(
        async () => (await blocks.listBlocks({})).blocks.length > 0,
        "the block to be known",
      );
      const pieces = await exported(blocks, hash);
      assertEquals(pieces.map(({ length }) => length), [EXPORT_PIECE_DIGITS, EXPORT_PIECE_DIGITS]);
      assertEquals(pieces.join("") === toHex(large), true);
    }));
});
