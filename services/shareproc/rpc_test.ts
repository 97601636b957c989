import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { blockCandidates, type Bus, openBus, shareSubmissions } from "@gopool/bus";
import {
  type Client,
  Code,
  ConnectError,
  controlClient,
  createAccess,
  serveControl,
} from "@gopool/control";
import { BlockCandidateSchema, fromBinary, Reason, Verdict } from "@gopool/proto";
import {
  CandidateState,
  PartitionState,
  RoadService,
  Role,
  ShareService,
} from "@gopool/proto/control";
import { silent, type StatusBoard, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { blockJob, candidate, publishTemplate } from "./blocks_fixture.ts";
import { makeJob, makeShare, publishJob, submission } from "./fixture.ts";
import { createCandidateRoadRpc, createShareRpc } from "./rpc.ts";
import type { Shareproc } from "./service.ts";
import { judgedAll, withJudge } from "./stand_fixture.ts";

interface Calls {
  readonly shares: Client<typeof ShareService>;
  readonly road: Client<typeof RoadService>;
}

const TOKEN = "token-of-a-test-0123456789";

async function calling(
  deps: { shareproc: Shareproc; bus: Bus; board: StatusBoard },
  work: (calls: Calls) => Promise<void>,
): Promise<void> {
  await using server = await serveControl({
    listen: { host: "127.0.0.1", port: 0 },
    serves: [ShareService, RoadService],
    access: createAccess({
      tokens: [{ name: "test", roles: [Role.READ, Role.INTERNAL], token: TOKEN }],
    }),
    ready: () => true,
    record: () => {},
    clock: systemClock,
    log: silent,
  });
  server.provide(ShareService, createShareRpc({ ...deps, clock: systemClock }));
  server.provide(RoadService, createCandidateRoadRpc(deps));
  using client = controlClient(`http://127.0.0.1:${server.port}`, TOKEN);
  await work({ shares: client(ShareService), road: client(RoadService) });
}

const openTestBus = () => openBus("memory:", { clock: systemClock, sharePartitions: 2 });

async function codeOf(work: () => Promise<unknown>): Promise<Code> {
  return (await assertRejects(work, ConnectError)).code;
}

Deno.test("the judge tells what it has judged by verdict and reason, and how far each partition is", async () => {
  await using bus = await openTestBus();
  const job = makeJob("0000000100000000");
  await publishJob(bus, job);
  const refused = { verdict: Verdict.REJECTED, reason: Reason.DUPLICATE };
  await bus.publish(shareSubmissions, [
    submission(makeShare(job, 1), 0),
    submission(makeShare(job, 2), 1),
    submission(makeShare(job, 3), 1),
    submission(makeShare(job, 3, refused), 1),
  ]);
  await withJudge(bus, async (shareproc, board) => {
    await waitFor(() => judgedAll(bus), "all to be judged");
    await calling({ shareproc, bus, board }, async ({ shares }) => {
      const counts = await shares.getShareCounts({});
      assertEquals(counts.shares.map(({ verdict, reason, count }) => [verdict, reason, count]), [
        [Verdict.ACCEPTED, Reason.UNSPECIFIED, 3n],
        [Verdict.REJECTED, Reason.DUPLICATE, 1n],
      ]);
      assertEquals([counts.rememberedHashes, counts.jobs, counts.disagreements], [3n, 1, 0n]);
      const { partitions, partitionsInAll, trouble } = await shares.listPartitions({});
      assertEquals([partitionsInAll, trouble], [2, ""]);
      assertEquals(
        partitions.map((one) => [
          one.partition,
          one.offset,
          one.lag,
          one.lastValidOffset,
          one.rememberedHashes,
          one.state,
        ]),
        [
          [0, 1n, 0n, 0n, 1n, PartitionState.WORKING],
          [1, 3n, 0n, 1n, 2n, PartitionState.WORKING],
        ],
      );
    });
  });
});

Deno.test("a partition that stands still is told as stopped, with its lag and what to do", async () => {
  await using bus = await openTestBus();
  await publishJob(bus, makeJob("0000000100000000"));
  const unknown = makeJob("00000001deadbeef");
  const [placed] = await bus.publish(shareSubmissions, [submission(makeShare(unknown, 1), 1)]);
  // A job that is certainly later: by then the missing one would stand there.
  await waitFor(() => systemClock.now() > placed!.loggedAtMs, "the next millisecond");
  await publishJob(bus, makeJob("0000000100000001"));
  await withJudge(bus, async (shareproc, board) => {
    await calling({ shareproc, bus, board }, async ({ shares }) => {
      const stopped = await waitFor(async () => {
        const { partitions } = await shares.listPartitions({}).catch(() => ({ partitions: [] }));
        return partitions.find(({ state }) => state === PartitionState.STOPPED) ?? null;
      }, "a stopped partition");
      assertEquals([stopped.partition, stopped.offset, stopped.lag], [1, 0n, 1n]);
      assertStringIncludes(stopped.detail, "deno task topics reject --partition 1 --offset 0");
      assertEquals(stopped.sinceMs > 0n, true);
    });
  });
});

Deno.test("candidates are listed the newest first, page by page, with what became of each", async () => {
  await using bus = await openTestBus();
  const job = blockJob();
  await publishJob(bus, job);
  await withJudge(bus, async (shareproc, board) => {
    await calling({ shareproc, bus, board }, async ({ shares, road }) => {
      const given = fromBinary(BlockCandidateSchema, candidate(job, 1).value);
      await waitFor(
        () => road.giveCandidate({ candidate: given }).then(({ news }) => news, () => false),
        "it to be taken",
      );
      assertEquals((await road.giveCandidate({ candidate: given })).news, false);
      await bus.publish(blockCandidates, [candidate(job, 2)]);
      const list = (page: { pageSize?: number; pageToken?: string } = {}) =>
        shares.listCandidates(page).then((answer) => answer);
      const waiting = async () => {
        const { candidates } = await list();
        return candidates.length === 2 && candidates.every(({ detail }) => detail !== "");
      };
      await waitFor(waiting, "both to wait for the template");
      await publishTemplate(bus);
      const solved = async () =>
        (await list()).candidates.every(({ state }) => state === CandidateState.SOLVED);
      await waitFor(solved, "both to be solved");
      const first = await list({ pageSize: 1 });
      const second = await list({ pageSize: 1, pageToken: first.nextPageToken });
      const pages = [...first.candidates, ...second.candidates];
      assertEquals(pages, (await list()).candidates);
      assertEquals(pages.map((one) => [one.bySecondRoad, one.height]), [[false, 500], [true, 500]]);
      assertEquals(second.nextPageToken, "");
      assertEquals(pages.every((one) => one.blockBytes > 80 && one.solvedAtMs > 0n), true);
      assertEquals(await codeOf(() => list({ pageToken: "yesterday" })), Code.InvalidArgument);
    });
  });
});

Deno.test("wrong candidates are refused with the reason, and blocks are none of the judge's", async () => {
  await using bus = await openTestBus();
  const job = blockJob();
  await publishJob(bus, job);
  await withJudge(bus, async (shareproc, board) => {
    await calling({ shareproc, bus, board }, async ({ road }) => {
      const wrong = fromBinary(BlockCandidateSchema, candidate(job, 1).value);
      wrong.facts!.header[0]! ^= 1;
      const code = () => codeOf(() => road.giveCandidate({ candidate: wrong }));
      await waitFor(async () => await code() === Code.InvalidArgument, "it to be refused");
      assertEquals(await codeOf(() => road.giveCandidate({})), Code.InvalidArgument);
      assertEquals(
        await codeOf(() => road.giveBlock({ solved: { block: new Uint8Array(81) } })),
        Code.Unimplemented,
      );
    });
  });
});
