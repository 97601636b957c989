/**
 * SessionService over a socket, on a whole gateway with miners on sockets.
 *
 * @module
 */
import { Code } from "@gopool/control";
import { Reason, Verdict } from "@gopool/proto";
import { ConnectionRefusal, DifficultyCause, SessionState } from "@gopool/proto/control";
import { waitFor } from "@gopool/testing";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { openDesk, refusedWith } from "./kit_control_test.ts";
import { ADDRESS, EASY, openRig } from "./kit_test.ts";

const OTHER = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry";

Deno.test("sessions are listed by any of their marks, page by page, in the order in which they came", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const logins = [
    { username: `${ADDRESS}.alpha`, agent: "bitaxe/2.1" },
    { username: `${ADDRESS}.beta`, agent: "cgminer/4.12.1" },
    { username: `${OTHER}.Alpha2`, agent: "cgminer/4.12.1" },
  ];
  for (const login of logins) await (await rig.connect()).login(login);
  const idle = await rig.connect();
  await idle.subscribe("nobody/1");
  const names = async (request: Parameters<typeof desk.sessions.listSessions>[0]) =>
    (await desk.sessions.listSessions(request)).sessions.map((one) => one.worker);

  assertEquals(await names({}), ["alpha", "beta", "Alpha2", ""]);
  assertEquals(await names({ account: ADDRESS.toUpperCase() }), ["alpha", "beta"]);
  assertEquals(await names({ worker: "ALPHA" }), ["alpha", "Alpha2"]);
  assertEquals(await names({ userAgent: "CGMINER" }), ["beta", "Alpha2"]);
  assertEquals(await names({ userAgent: "Bitaxe" }), ["alpha"]);
  assertEquals(await names({ network: "127.0.0.0/8", worker: "beta" }), ["beta"]);
  assertEquals(await names({ network: "127.0.0.2" }), []);
  assertEquals(await names({ network: "::1" }), []);
  assertEquals(await names({ state: SessionState.HANDSHAKE }), [""]);
  assertEquals(await names({ state: SessionState.WORKING, userAgent: "cg" }), ["beta", "Alpha2"]);

  const first = await desk.sessions.listSessions({ pageSize: 3 });
  assertEquals(first.sessions.length, 3);
  const second = await desk.sessions.listSessions({ pageSize: 3, pageToken: first.nextPageToken });
  assertEquals([second.sessions.length, second.nextPageToken], [1, ""]);
  const ids = [...first.sessions, ...second.sessions].map(({ id }) => id);
  assertEquals(new Set(ids).size, 4);

  await refusedWith(
    desk.sessions.listSessions({ pageToken: "x" }),
    Code.InvalidArgument,
    /page_token/,
  );
  await refusedWith(
    desk.sessions.listSessions({ account: "1miner" }),
    Code.InvalidArgument,
    /^account: /,
  );
  await refusedWith(
    desk.sessions.listSessions({ network: "home" }),
    Code.InvalidArgument,
    /wanted/,
  );
  await refusedWith(
    desk.sessions.listSessions({ pageSize: 1001 }),
    Code.InvalidArgument,
    /page_size/,
  );
});

Deno.test("a session in detail: its shares by verdict and reason, its difficulty, its jobs; and the gateway's sums", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const miner = await rig.connect();
  await miner.ask("mining.configure", [["version-rolling"], {
    "version-rolling.mask": "00ffe000",
  }]);
  await miner.login({ username: `${ADDRESS}.rig`, password: `d=${EASY * 2},md=${EASY}` });
  const share = miner.mine();
  assertEquals((await miner.submit(share)).result, true);
  await miner.submit(share);
  await miner.submit(miner.mine(), { job: "00000000ffffffff" });
  await miner.submit(miner.mine({ difficulty: EASY / 8, above: EASY * 2 }));
  await miner.ask("mining.submit", ["x"]);
  const firstJob = miner.notify.jobId;
  const stale = miner.mine();
  const nextJob = await rig.job({ previousHash: new Uint8Array(32).fill(9), height: 102 });
  await miner.wait(() => miner.notify.jobId === nextJob, "the next job");
  await miner.submit(stale, { job: firstJob });

  const { sessions: [listed] } = await desk.sessions.listSessions({});
  const found = await desk.sessions.getSession({ id: listed!.id });
  assertEquals(found.session!.id, listed!.id);
  const { session, shares } = found;
  assertEquals(
    [session!.account, session!.worker, session!.workers, session!.userAgent, session!.agentClass],
    [ADDRESS, "rig", 1, "test/1", "unknown"],
  );
  assertEquals([session!.accepted, session!.refused], [1n, 5n]);
  assertEquals([shares!.accepted, shares!.rejected, shares!.stale], [1n, 4n, 1n]);
  assertEquals(
    new Map(shares!.reasons.map(({ reason, verdict, count }) => [reason, [verdict, count]])),
    new Map([
      [Reason.DUPLICATE, [Verdict.REJECTED, 1n]],
      [Reason.UNKNOWN_JOB, [Verdict.REJECTED, 1n]],
      [Reason.LOW_DIFFICULTY, [Verdict.REJECTED, 1n]],
      [Reason.MALFORMED, [Verdict.REJECTED, 1n]],
      [Reason.STALE_PREVIOUS_BLOCK, [Verdict.STALE, 1n]],
    ]),
  );
  assertEquals(
    found.difficulties.map(({ difficulty, cause }) => [difficulty, cause]),
    [
      [EASY * 2, DifficultyCause.START],
    ].map(([difficulty, cause]) => [Number((difficulty as number).toPrecision(3)), cause]),
  );
  assertEquals(found.jobs.map(({ id, height, live }) => [id, height, live]), [
    [nextJob, 102, true],
    [firstJob, 101, false],
  ]);
  for (const { sentAtMs } of found.jobs) assert(Math.abs(Number(sentAtMs) - Date.now()) < 600_000);
  assertEquals([found.askedHeld, found.askedMinimum, found.askedSuggested], [EASY * 2, EASY, 0]);
  assertEquals([found.versionMask, found.extranonce1], ["00ffe000", miner.extranonce1.toHex()]);
  assertEquals([found.resumed, found.fixedDifficulty, found.answersWaiting], [false, 0, 0]);
  assertEquals(found.workers.map(({ account, worker }) => [account, worker]), [[ADDRESS, "rig"]]);

  const gateway = await desk.sessions.getGateway({});
  assertEquals(
    [gateway.gateway, gateway.port, gateway.sessions, gateway.working, gateway.height],
    ["gw-1", rig.port, 1, 1, 102],
  );
  assertEquals(gateway.shares!.reasons.length, 5);
  assertEquals([gateway.shares!.accepted, gateway.shares!.rejected, gateway.shares!.stale], [
    1n,
    4n,
    1n,
  ]);
});

Deno.test("no answer shows what takes a session up again, and an id of another run names nobody", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const miner = await rig.connect();
  await miner.login();
  const { sessions: [one] } = await desk.sessions.listSessions({});
  const whole = [
    await desk.sessions.listSessions({}),
    await desk.sessions.getSession({ id: one!.id }),
    await desk.sessions.getGateway({}),
    await desk.sessions.listUserAgents({}),
  ];
  const text = JSON.stringify(whole, (_, value) => typeof value === "bigint" ? `${value}` : value);
  assertEquals(miner.sessionId.length, 16);
  assert(!text.includes(miner.sessionId));
  // What is shown takes nothing up: it is another session's name at most.
  const thief = await rig.connect();
  await thief.login({ session: one!.id });
  assertEquals((await miner.submit(miner.mine())).result, true);
  assertNotEquals(thief.extranonce1, miner.extranonce1);
  for (const id of ["000000-1", one!.id.replace(/-.*/, "-77"), "x", miner.sessionId]) {
    await refusedWith(desk.sessions.getSession({ id }), Code.NotFound, /Session|No session/);
  }
});

Deno.test("a session is disconnected, which is recorded with who did it; its miner may come again", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const [miner, stays] = [await rig.connect(), await rig.connect()];
  await miner.login({ username: `${ADDRESS}.gone` });
  await stays.login({ username: `${ADDRESS}.stays` });
  const { sessions: [one] } = await desk.sessions.listSessions({ worker: "gone" });
  const done = await desk.sessions.disconnect({ id: one!.id });
  assertEquals(done.session!.worker, "gone");
  await miner.untilClosed();
  const worker = `${ADDRESS}.stays`;
  assertEquals((await stays.submit(stays.mine(), { worker })).result, true);
  await refusedWith(desk.sessions.disconnect({ id: one!.id }), Code.NotFound, /has ended/);
  const [record] = desk.records;
  assertEquals(
    [record!.method, record!.caller, record!.after],
    ["gopool.control.v1.SessionService/Disconnect", "olga", "disconnected"],
  );
  assertMatch(record!.before, /gone/);
  const again = await rig.connect();
  await again.login({ session: miner.sessionId });
  assertEquals(again.sessionId, miner.sessionId);
});

Deno.test("user agents are counted with their shares, those of sessions that have ended included", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const miners = [];
  for (const agent of ["cgminer/4.12", "cgminer/4.12", "bitaxe/2"]) {
    const miner = await rig.connect();
    await miner.login({ agent, password: `d=${EASY}` });
    miners.push(miner);
  }
  for (const miner of miners) {
    // A share of their difficulty of 1 would take minutes to find: these are refused, and counted.
    const share = miner.mine({ difficulty: EASY });
    await miner.submit(share);
    await miner.submit(share);
  }
  await miners[0]!.close();
  await waitFor(() => rig.stratumd.status().sessions === 2 || null, "the end of a session");
  const { userAgents, total } = await desk.sessions.listUserAgents({});
  assertEquals(total, 2);
  assertEquals(
    userAgents.map((one) => [one.userAgent, one.family, one.sessions, one.sessionsInAll]),
    [["cgminer/4.12", "cgminer", 1, 2n], ["bitaxe/2", "Bitaxe", 1, 1n]],
  );
  const sums = userAgents.map(({ shares }) => shares!.accepted + shares!.rejected);
  assertEquals(sums, [4n, 2n]);
  assertEquals((await desk.sessions.listUserAgents({ pageSize: 1 })).userAgents.length, 1);
});

Deno.test("connections that were not let in are counted by why, and the last ones shown", async () => {
  await using rig = await openRig({ config: { maxSessionsPerAddress: 1 } });
  await using desk = await openDesk(rig);
  await (await rig.connect()).login();
  for (let i = 0; i < 3; i++) await (await rig.connect()).untilClosed();
  const { totals, last, bannedUsernames } = await desk.sessions.listRefusedConnections({});
  assertEquals(
    totals.filter(({ count }) => count > 0n).map(({ refusal, count }) => [refusal, count]),
    [[ConnectionRefusal.TOO_MANY_SESSIONS, 3n]],
  );
  assertEquals([last.length, last[0]!.address, bannedUsernames], [3, "127.0.0.1", 0n]);
  assertEquals((await desk.sessions.listRefusedConnections({ pageSize: 2 })).last.length, 2);
  assertEquals((await desk.sessions.getGateway({})).refusedConnections, 3n);
});

Deno.test("a gateway that does not run says so", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  await rig.stop();
  await refusedWith(desk.sessions.listSessions({}), Code.Unavailable, /does not run/);
});
