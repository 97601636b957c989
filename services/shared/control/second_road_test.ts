import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BlockCandidateSchema, BlockSolvedSchema, create } from "@gopool/proto";
import { Role } from "@gopool/proto/control";
import { FatalError } from "@gopool/runtime";
import { freePort, tempDir } from "@gopool/testing";
import { blockRoad, candidateRoad } from "./second_road.ts";
import { serveStubs, tokenOf, TOKENS } from "./stub_fixture.ts";

const facts = { pool: "test", jobId: "0000000100000000" };
const candidate = create(BlockCandidateSchema, { facts, session: "00000001" });
const solved = create(BlockSolvedSchema, { facts, block: new Uint8Array(4_000_000).fill(7) });
const never = new AbortController().signal;
const settings = {
  internalToken: tokenOf(Role.INTERNAL),
  controlTlsCert: undefined,
  controlTlsKey: undefined,
  controlClientCa: undefined,
};

Deno.test("a candidate goes to every shareproc that is named, and each is told of that has not taken it", async () => {
  await using a = await serveStubs();
  await using b = await serveStubs();
  const away = `127.0.0.1:${freePort()}`;
  const roadShareproc = [new URL(a.url), new URL(`http://${away}`), new URL(b.url)];
  using road = await candidateRoad({ ...settings, roadShareproc });
  const answers = await road!.give(candidate, never);
  assertEquals(answers.map(({ to, trouble }) => [to, trouble === null]), [
    [a.address, true],
    [away, false],
    [b.address, true],
  ]);
  assertMatch(answers[1]!.trouble!, /refused|connect/i);
  const taken = { method: "gopool.control.v1.RoadService/GiveCandidate", caller: TOKENS[4]!.name };
  assertEquals([a.seen, b.seen], [[taken], [taken]]);
});

Deno.test("a block of four megabytes goes to every blocksubmit, with the pool's own token and no other", async () => {
  await using server = await serveStubs();
  const roadBlocksubmit = [new URL(server.url)];
  using road = await blockRoad({ ...settings, roadBlocksubmit });
  assertEquals(await road!.give(solved, never), [{ to: server.address, trouble: null }]);
  using wrong = await blockRoad({
    ...settings,
    internalToken: tokenOf(Role.OPERATE),
    roadBlocksubmit,
  });
  const [refused] = await wrong!.give(solved, never);
  assertMatch(refused!.trouble!, /permission_denied/);
  assertEquals(server.seen.length, 1);
});

Deno.test("a call that is given up is no answer", async () => {
  await using server = await serveStubs();
  using road = await candidateRoad({ ...settings, roadShareproc: [new URL(server.url)] });
  const [answer] = await road!.give(candidate, AbortSignal.abort());
  assertMatch(answer!.trouble!, /abort|cancel/i);
});

Deno.test("without addresses there is no road, and one whose certificate cannot be read does not open", async () => {
  assertEquals(await candidateRoad(settings), undefined);
  await using folder = await tempDir();
  const broken = {
    ...settings,
    controlTlsCert: folder.join("none.pem"),
    roadShareproc: [new URL("https://127.0.0.1:1")],
  };
  await assertRejects(() => candidateRoad(broken), FatalError, "none.pem");
});
