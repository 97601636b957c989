import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BlockCandidateSchema, BlockSolvedSchema, create } from "@gopool/proto";
import { Role } from "@gopool/proto/control";
import { FatalError, systemClock } from "@gopool/runtime";
import { FakeClock, freePort, tempDir } from "@gopool/testing";
import { tlsFiles } from "@gopool/testing/servers";
import { blockRoad, candidateRoad } from "./second_road.ts";
import { serveStubs, tokenOf, TOKENS } from "./stub_fixture.ts";

const facts = { pool: "test", jobId: "0000000100000000" };
const candidate = create(BlockCandidateSchema, { facts, session: "00000001" });
const solved = create(BlockSolvedSchema, { facts, block: new Uint8Array(4_000_000).fill(7) });
const deps = { clock: systemClock };
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
  using road = await candidateRoad({ ...settings, roadShareproc }, deps);
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
  using road = await blockRoad({ ...settings, roadBlocksubmit }, deps);
  assertEquals(await road!.give(solved, never), [{ to: server.address, trouble: null }]);
  using wrong = await blockRoad({
    ...settings,
    internalToken: tokenOf(Role.OPERATE),
    roadBlocksubmit,
  }, deps);
  const [refused] = await wrong!.give(solved, never);
  assertMatch(refused!.trouble!, /permission_denied/);
  assertEquals(server.seen.length, 1);
});

Deno.test("a call that is given up is no answer", async () => {
  await using server = await serveStubs();
  using road = await candidateRoad({ ...settings, roadShareproc: [new URL(server.url)] }, deps);
  const [answer] = await road!.give(candidate, AbortSignal.abort());
  assertMatch(answer!.trouble!, /abort|cancel/i);
});

Deno.test("over TLS a service shows its own certificate, and one that has none is turned away in words", async () => {
  await using folder = await tempDir();
  const { ca, files } = await tlsFiles(folder.path);
  const cert = await Deno.readTextFile(files.serverCert);
  const key = await Deno.readTextFile(files.serverKey);
  await using server = await serveStubs({ tls: { cert, key, clientCa: ca } });
  const roadShareproc = [new URL(server.url)];
  const certified = {
    ...settings,
    controlTlsCert: files.clientCert,
    controlTlsKey: files.clientKey,
    controlClientCa: files.ca,
    roadShareproc,
  };
  using road = await candidateRoad(certified, deps);
  assertEquals(await road!.give(candidate, never), [{ to: server.address, trouble: null }]);
  const without = { ...certified, controlTlsCert: undefined, controlTlsKey: undefined };
  using stranger = await candidateRoad(without, deps);
  // Several times: a client of HTTP/2 that is let try comes back from some of them only.
  for (let i = 0; i < 3; i++) {
    const [answer] = await stranger!.give(candidate, never);
    assertMatch(answer!.trouble!, /certificate/i);
  }
  assertEquals(server.seen.length, 1);
});

Deno.test("a server that takes the connection and says nothing is waited for no longer than a call may take", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const clock = new FakeClock();
  const roadShareproc = [new URL(`https://127.0.0.1:${listener.addr.port}`)];
  using road = await candidateRoad({ ...settings, roadShareproc }, { clock });
  const giving = road!.give(candidate, never);
  const taken = await listener.accept();
  await clock.advance(10_000);
  assertMatch((await giving)[0]!.trouble!, /says nothing/);
  taken.close();
});

/** Passes bytes on to `port`, until it is told that what has connected so far hears and says nothing any more. */
function tunnelTo(port: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Disposable[] = [listener];
  let silence = new AbortController();
  const pass = async (from: Deno.Conn, to: Deno.Conn, { signal }: AbortController) => {
    const bytes = new Uint8Array(65_536);
    try {
      for (let n; (n = await from.read(bytes)) !== null;) {
        for (let at = 0; at < n && !signal.aborted;) at += await to.write(bytes.subarray(at, n));
      }
    } catch {
      // The test ends.
    }
  };
  const passing = (async () => {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      open.push(near, far);
      for (const ends of [[near, far], [far, near]] as const) pass(...ends, silence);
    }
  })();
  return {
    port: listener.addr.port,
    silence() {
      silence.abort();
      silence = new AbortController();
    },
    async [Symbol.asyncDispose]() {
      for (const one of open) one[Symbol.dispose]();
      await passing;
    },
  };
}

Deno.test("a peer that vanishes without a word costs one call, and the next goes over another connection", async () => {
  await using server = await serveStubs();
  await using tunnel = tunnelTo(server.server.port);
  const roadShareproc = [new URL(`http://127.0.0.1:${tunnel.port}`)];
  using road = await candidateRoad({ ...settings, roadShareproc }, deps);
  const give = async () => (await road!.give(candidate, never))[0]!.trouble;
  assertEquals(await give(), null);
  tunnel.silence();
  // On a slow day the connection is asked before the call, and this one is good already.
  const troubles = [await give(), await give()];
  assertEquals(troubles[1], null);
  assertEquals(server.seen.length, troubles[0] === null ? 3 : 2);
});

Deno.test("without addresses there is no road, and one whose certificate cannot be read does not open", async () => {
  assertEquals(await candidateRoad(settings, deps), undefined);
  await using folder = await tempDir();
  const broken = {
    ...settings,
    controlTlsCert: folder.join("none.pem"),
    roadShareproc: [new URL("https://127.0.0.1:1")],
  };
  await assertRejects(() => candidateRoad(broken, deps), FatalError, "none.pem");
});
