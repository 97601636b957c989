/**
 * Shares on the wire: what is accepted, what is refused and in which words, what goes on the topic, what becomes a
 * candidate.
 *
 * @module
 */
import { NotWritten, OutcomeUnknown } from "@gopool/bus";
import { Reason, Verdict } from "@gopool/proto";
import { waitFor } from "@gopool/testing";
import { assert, assertEquals } from "@std/assert";
import { ADDRESS, BLOCK_NBITS, EASY, errorOf, gated, openRig } from "./kit_test.ts";

Deno.test("a good share is answered true and stands on share.submissions with all its facts", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login({ agent: "cpuminer/2.5" });
  const share = miner.mine();
  const { result, error } = await miner.submit(share);
  assertEquals([result, error], [true, null]);
  const [submission, ...more] = await rig.submissions();
  assertEquals(more, []);
  assertEquals(submission!.jobId, miner.notify.jobId);
  assertEquals(submission!.account, ADDRESS);
  assertEquals(submission!.worker, "rig");
  assertEquals(submission!.verdict, Verdict.ACCEPTED);
  assertEquals(submission!.nonce, share.nonce);
  assertEquals(submission!.extranonce1, miner.extranonce1);
  assertEquals(submission!.session, miner.sessionId);
  assertEquals(submission!.userAgentClass, "cpu");
  assert(submission!.receivedAtMs >= submission!.jobSentAtMs);
  assertEquals(rig.stratumd.status().shares.accepted, 1);
});

Deno.test("the same share again is a duplicate, whatever its case, padding and zero version bits", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login();
  const share = miner.mine();
  const [worker, job, en2, ntime, nonce] = miner.params(share);
  assertEquals((await miner.submit(share)).result, true);
  const again = [
    [worker, job, en2!.toUpperCase(), ntime!.toUpperCase(), nonce!.toUpperCase()],
    [worker, job, en2, ntime, nonce!.replace(/^0+(?=.)/, "")],
    [worker, job, en2, ntime, nonce, "00000000"],
    [worker, job, en2, ntime, nonce, "0"],
  ];
  for (const params of again) {
    assertEquals(errorOf(await miner.ask("mining.submit", params)), [22, "Duplicate share"]);
  }
});

Deno.test("shares above the target are refused with 23 and listed at most ten a second", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login();
  const bad = Array.from({ length: 25 }, () => miner.mine({ difficulty: 2 ** -32, above: EASY }));
  for (const share of bad) assertEquals(errorOf(await miner.submit(share))[0], 23);
  const refused = await waitFor(async () => {
    const found = (await rig.submissions()).filter((s) => s.reason === Reason.LOW_DIFFICULTY);
    return found.reduce((sum, s) => sum + 1 + s.unlisted, 0) === 25 ? found : null;
  }, "25 refused shares, listed or counted");
  assert(refused.length < 25);
  assert(refused.every((s) => s.verdict === Verdict.REJECTED));
  assertEquals((await miner.submit(miner.mine())).result, true);
});

Deno.test("each wrong submit gets its code, and the next good share is accepted", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  const unsubscribed = await miner.ask("mining.submit", ["x", "0", "00".repeat(8), "0", "0"]);
  assertEquals(errorOf(unsubscribed), [25, "Not subscribed"]);
  await miner.login();
  const good = miner.params(miner.mine());
  const now = Math.floor(Date.now() / 1000);
  const change = (at: number, value: unknown) => good.map((p, i) => i === at ? value : p);
  const late = miner.params(miner.mine({ ntime: now + 7300 }));
  const early = miner.params(miner.mine({ ntime: now - 4000 }));
  const rolled = miner.params(miner.mine({ versionBits: 0x00002000 }), { versionBits: "00002000" });
  const cases: [unknown, number][] = [
    [change(0, "stranger"), 24],
    [change(0, 7), 20],
    [change(1, "ffffffffffffffff"), 21],
    [change(1, "0"), 21],
    [change(2, "00"), 20],
    [change(2, "00".repeat(9)), 20],
    [change(2, "zz".repeat(8)), 20],
    [change(3, "123456789"), 20],
    [change(4, "nothex"), 20],
    [change(4, null), 20],
    [[...good, "zz"], 20],
    [[...good, "1", "2"], 20],
    [good.slice(0, 4), 20],
    [{}, 20],
    [late, 20],
    [early, 20],
    [rolled, 20],
  ];
  for (const [params, code] of cases) {
    const answer = await miner.ask("mining.submit", params);
    assertEquals(errorOf(answer)[0], code, JSON.stringify([params, answer]));
  }
  assertEquals((await miner.ask("mining.submit", good)).result, true);
});

Deno.test("version bits within the mask are rolled, those outside are refused", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.ask("mining.configure", [["version-rolling"], {
    "version-rolling.mask": "00ffe000",
  }]);
  await miner.login();
  const inside = miner.mine({ versionBits: 0x00c02000 });
  assertEquals((await miner.submit(inside, { versionBits: "00c02000" })).result, true);
  const outside = miner.mine({ versionBits: 0x01000000 });
  const [code, text] = errorOf(await miner.submit(outside, { versionBits: "01000000" }));
  assertEquals([code, text], [20, "Invalid version bits: outside the mask"]);
  assertEquals((await rig.submissions())[0]!.version, 0x20c02000);
});

Deno.test("several workers on one connection, in other case and with %2e", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login({ username: `${ADDRESS}.One` });
  assertEquals((await miner.ask("mining.authorize", [`${ADDRESS}%2eTwo`, "x"])).result, true);
  for (const worker of [`${ADDRESS}.one`, `${ADDRESS.toUpperCase()}%2ETWO`, `${ADDRESS}.Two`]) {
    assertEquals((await miner.submit(miner.mine(), { worker })).result, true, worker);
  }
  assertEquals(errorOf(await miner.submit(miner.mine(), { worker: `${ADDRESS}.three` }))[0], 24);
  assertEquals((await rig.submissions()).map((s) => s.worker).toSorted(), ["One", "Two", "Two"]);
});

Deno.test("a job that was superseded still counts, one of a previous block is stale", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login();
  const first = miner.notify;
  const [a, b] = [miner.mine(), miner.mine()];
  const second = await rig.job();
  await miner.wait(() => miner.notify.jobId === second, "the second job");
  assertEquals(miner.notify.clean, false);
  assertEquals((await miner.submit(a, { job: first.jobId })).result, true);
  const third = await rig.job({ clean: true, previousHash: new Uint8Array(32).fill(9) });
  await miner.wait(() => miner.notify.jobId === third, "the third job");
  assertEquals(miner.notify.clean, true);
  const [code, text] = errorOf(await miner.submit(b, { job: first.jobId }));
  assertEquals([code, text], [21, "Stale share: new block on the network"]);
  assertEquals((await rig.submissions()).map((s) => s.verdict).toSorted(), [
    Verdict.ACCEPTED,
    Verdict.STALE,
  ]);
});

Deno.test("a job of another session's time is not this session's, and one of a lower term is no job", async () => {
  await using rig = await openRig();
  const first = await rig.connect();
  await first.login();
  const old = first.notify;
  const second = await rig.job({ id: "0000000200000001" });
  await first.wait(() => first.notify.jobId === second, "the second job");
  const late = await rig.connect();
  await late.login();
  const share = late.mine({ job: old });
  assertEquals(errorOf(await late.submit(share, { job: old.jobId })), [21, "Job not found"]);
  await rig.job({ id: "00000001ffffffff" });
  const third = await rig.job({ id: "0000000200000002" });
  await late.wait(() => late.notify.jobId === third, "the third job");
  assert(!late.messages.some((m) => m.kind === "notify" && m.notify.jobId === "00000001ffffffff"));
});

Deno.test("whatever would refuse a share, a hash that is a block becomes a candidate first", async () => {
  await using rig = await openRig({ firstJob: { nbits: BLOCK_NBITS } });
  const miner = await rig.connect();
  await miner.subscribe("Antminer S19");
  // Before authorize, and far above the difficulty of an ASIC: refused, and a block for all that.
  await miner.raw("");
  const job = await rig.connect();
  await job.login({ agent: "cpuminer/2.5" });
  const block = () => {
    const share = miner.mine({ job: job.notify, difficulty: 4.7e-10 });
    return miner.submit(share, { job: job.notify.jobId });
  };
  assertEquals(errorOf(await block())[0], 24);
  await waitFor(
    async () => (await rig.candidates()).length === 1,
    "a candidate without an account",
  );
  assertEquals((await rig.candidates())[0]!.facts!.account, "");
  await miner.ask("mining.authorize", [`${ADDRESS}.rig`, "x"]);
  await miner.wait(() => miner.messages.some((m) => m.kind === "notify"), "a notify");
  assertEquals(errorOf(await block())[0], 23);
  await waitFor(async () => (await rig.candidates()).length === 2, "a candidate of low difficulty");
  const first = job.notify.jobId;
  await rig.job({ clean: true, previousHash: new Uint8Array(32).fill(9), nbits: BLOCK_NBITS });
  await job.wait(() => job.notify.jobId !== first, "the next job");
  const stale = job.mine({ job: job.messages.find((m) => m.kind === "notify")!.notify });
  assertEquals(errorOf(await job.submit(stale, { job: first }))[0], 21);
  await waitFor(async () => (await rig.candidates()).length === 3, "a candidate of a stale job");
  const facts = (await rig.candidates())[2]!.facts!;
  assertEquals([facts.account, facts.worker, facts.header.length], [ADDRESS, "rig", 80]);
  assertEquals(facts.outputs.map((o) => o.sats), [5_000_000_000n]);
});

Deno.test("answers wait for the bus and are never reordered", async () => {
  let gate!: ReturnType<typeof gated>;
  await using rig = await openRig({ wrap: (bus) => (gate = gated(bus)).bus });
  const miner = await rig.connect();
  await miner.login();
  const before = miner.lines.length;
  const share = miner.mine();
  await miner.send("mining.submit", miner.params(share), "a");
  await miner.send("mining.ping", [], "b");
  await miner.send("mining.submit", miner.params(share), "c");
  await miner.send("mining.submit", miner.params(miner.mine()), "d");
  await waitFor(() => rig.stratumd.status().waiting === 3, "three records that wait for the bus");
  await rig.job();
  await miner.wait(() => miner.lines.length > before, "the notify, which no answer holds up");
  gate.open();
  await miner.answer("d");
  const ids = miner.lines.slice(before).map((line) => JSON.parse(line).id);
  assertEquals(ids, [null, "a", "b", "c", "d"]);
  assertEquals(errorOf(await miner.answer("c"))[0], 22);
});

for (
  const [fault, text] of [
    [new OutcomeUnknown("gone"), "Outcome unknown"],
    [new RangeError("never"), "Share not stored, send it again"],
  ] as const
) {
  Deno.test(`a share whose publish ends in ${fault.name} may be sent again and is published again`, async () => {
    let gate!: ReturnType<typeof gated>;
    await using rig = await openRig({ wrap: (bus) => (gate = gated(bus)).bus });
    gate.open();
    gate.fault = fault;
    const miner = await rig.connect();
    await miner.login();
    const share = miner.mine();
    assertEquals(errorOf(await miner.submit(share)), [20, text]);
    gate.fault = null;
    assertEquals((await miner.submit(share)).result, true);
    assertEquals((await rig.submissions()).length, 1);
  });
}

Deno.test("a publish that was not written is tried again while the answer may wait", async () => {
  let gate!: ReturnType<typeof gated>;
  await using rig = await openRig({ wrap: (bus) => (gate = gated(bus)).bus });
  gate.open();
  gate.fault = new NotWritten("away");
  const miner = await rig.connect();
  await miner.login();
  await miner.send("mining.submit", miner.params(miner.mine()), 99);
  await waitFor(() => gate.held() > 0, "a publish");
  gate.fault = null;
  assertEquals((await miner.answer(99)).result, true);
});
