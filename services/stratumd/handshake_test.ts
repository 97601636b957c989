/**
 * The handshake orders of real miners, and what else they ask (stratum-wire 2.1, 2.2, 2.4).
 *
 * @module
 */
import { canonicalAddress, difficultyFromBits } from "@gopool/chain";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { ADDRESS, EASY, errorOf, type Miner, openRig, POOL_SCRIPT } from "./kit_test.ts";

function methods(miner: Miner): string[] {
  return miner.lines.map((line) => JSON.parse(line)).map((m) => m.method ?? `answer ${m.id}`);
}

const CONFIGURE = ["mining.configure", [["version-rolling"], {
  "version-rolling.mask": "ffffffff",
}]] as const;
const SUBSCRIBE = ["mining.subscribe", ["bitaxe/BM1370"]] as const;
const AUTHORIZE = ["mining.authorize", [`${ADDRESS}.rig`, "x"]] as const;
const SUGGEST = ["mining.suggest_difficulty", [EASY]] as const;
const XNSUB = ["mining.extranonce.subscribe", []] as const;

const ORDERS = {
  "ESP-Miner now": [CONFIGURE, SUBSCRIBE, AUTHORIZE, SUGGEST, XNSUB],
  "ESP-Miner before": [SUBSCRIBE, CONFIGURE, SUGGEST, AUTHORIZE],
  "NerdQAxe++": [SUBSCRIBE, CONFIGURE, AUTHORIZE, SUGGEST, XNSUB],
  "S9": [SUBSCRIBE, AUTHORIZE],
  "authorize first": [AUTHORIZE, SUBSCRIBE],
};

for (const [name, order] of Object.entries(ORDERS)) {
  for (const pipelined of [true, false]) {
    const how = pipelined ? "all at once" : "one by one";
    Deno.test(`handshake as ${name}, ${how}: answers in order, then difficulty and job`, async () => {
      await using rig = await openRig();
      const miner = await rig.connect();
      if (pipelined) {
        const lines = order.map(([method, params], i) =>
          JSON.stringify({ id: i + 1, method, params }) + "\n"
        );
        await miner.raw(lines.join(""));
      } else {
        for (const [method, params] of order) await miner.ask(method, params);
      }
      await miner.wait(() => miner.messages.some((m) => m.kind === "notify"), "a notify");
      const told = methods(miner);
      const answers = told.filter((what) => what.startsWith("answer"));
      assertEquals(answers, order.map((_, i) => `answer ${i + 1}`));
      const difficultyAt = told.indexOf("mining.set_difficulty");
      assertEquals(told[difficultyAt + 1], "mining.notify");
      // Nothing that was not asked for before the subscribe reply.
      const subscribedAt = told.indexOf(`answer ${order.indexOf(SUBSCRIBE) + 1}`);
      assert(told.slice(0, subscribedAt).every((what) => what.startsWith("answer")));
      assertEquals(miner.notify.clean, true);
    });
  }
}

Deno.test("subscribe works with [], without params, twice, and gives 4 + 8 bytes of extranonce", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  const first = await miner.ask("mining.subscribe", []);
  const second = await miner.ask("mining.subscribe", ["x", null, 7]);
  assertEquals(second.result, first.result);
  const [pairs, extranonce1, size] = first.result as [string[][], string, number];
  assertEquals(pairs.map(([method]) => method), ["mining.set_difficulty", "mining.notify"]);
  assertEquals([extranonce1.length, size], [8, 8]);
  const other = await rig.connect();
  await other.raw('{"id":1,"method":"mining.subscribe"}\r\n');
  const [, another] = (await other.answer(1)).result as [unknown, string];
  assertNotEquals(another, extranonce1);
  assertEquals(another.slice(0, 4), extranonce1.slice(0, 4), "the gateway's prefix");
});

Deno.test("ids are echoed as they came: strings, large numbers, repeated ones", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.raw(
    '{"id":"xnsub","method":"mining.extranonce.subscribe","params":[]}\n' +
      '{"id":12345678901234567890,"method":"mining.ping","params":[]}\n' +
      '{"id":4,"method":"mining.ping"}\n{"id":4,"method":"mining.ping"}\n' +
      '{"id":"\\u0061\\"","method":"mining.ping"}\n',
  );
  await miner.wait(() => miner.lines.length === 5, "5 answers");
  assertEquals(miner.lines.map((line) => /"id":(.+?),"result"/.exec(line)![1]), [
    '"xnsub"',
    "12345678901234567890",
    "4",
    "4",
    '"\\u0061\\""',
  ]);
});

Deno.test("messages without an id are acted on and not answered", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.raw(`{"id":null,"method":"mining.suggest_difficulty","params":[${2 ** -29}]}\n`);
  await miner.login({ agent: "cpuminer/2.5" });
  assertEquals(miner.lines.filter((line) => line.startsWith('{"id":null,"result"')), []);
  assertEquals(miner.difficulty, Number((2 ** -29).toPrecision(3)));
});

Deno.test("configure answers every extension, and grants the mask both sides allow", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  const { result } = await miner.ask("mining.configure", [
    ["version-rolling", "minimum-difficulty", "subscribe-extranonce", "info", "unheard-of"],
    { "version-rolling.mask": "00c00000", "minimum-difficulty.value": 2 ** -27 },
  ]);
  assertEquals(result, {
    "version-rolling": true,
    "version-rolling.mask": "00c00000",
    "minimum-difficulty": true,
    "subscribe-extranonce": true,
    "info": true,
    "unheard-of": false,
  });
  await miner.login();
  assertEquals(miner.difficulty, Number((2 ** -27).toPrecision(3)));
  assert(miner.messages.some((m) => m.kind === "set_version_mask" && m.mask === 0x00c00000));
});

Deno.test("password options d= and md=, suggestions as text and as target", async () => {
  await using rig = await openRig();
  for (
    const [password, suggestion, expected] of [
      [`x,d=${2 ** -25}`, null, 2 ** -25],
      [`md=${2 ** -26}`, null, 2 ** -26],
      ["x", ["mining.suggest_difficulty", [`${2 ** -27}`]], 2 ** -27],
      ["x", ["mining.suggest_target", ["000fffff" + "f".repeat(56)]], 2 ** -20 * 0.9999],
    ] as const
  ) {
    const miner = await rig.connect();
    if (suggestion !== null) await miner.ask(...suggestion as unknown as [string, unknown]);
    await miner.login({ password, agent: "cpuminer/2.5" });
    assert(Math.abs(miner.difficulty / expected - 1) < 0.01, `${password}: ${miner.difficulty}`);
  }
});

Deno.test("an ASIC is never given less than 1, whatever the network", async () => {
  await using rig = await openRig({ firstJob: { nbits: 0x207fffff } });
  const miner = await rig.connect();
  await miner.login({ agent: "Antminer S19/1.0" });
  assertEquals(miner.difficulty, 1);
});

Deno.test("other miners are never given more than the network's difficulty", async () => {
  await using rig = await openRig({ firstJob: { nbits: 0x207fffff } });
  const miner = await rig.connect();
  await miner.login({ agent: "cpuminer/2.5", password: "d=1000" });
  assertEquals<number>(miner.difficulty, difficultyFromBits(0x207fffff));
});

Deno.test("a username must begin with an address of the network; the refusal says why", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.subscribe();
  for (
    const username of ["", "rig1", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig", 7, null]
  ) {
    const [code, text] = errorOf(await miner.ask("mining.authorize", [username, "x"]));
    assertEquals(code, 24);
    assert(text.length > 5, text);
  }
  // The same connection may do better.
  await miner.login();
});

Deno.test("unknown methods and unusable params get an error, and the session goes on", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  assertEquals(errorOf(await miner.ask("mining.nonsense", [])), [20, "Unknown method"]);
  assertEquals(errorOf(await miner.ask("mining.configure", ["x"]))[0], 20);
  assertEquals(errorOf(await miner.ask("mining.suggest_difficulty", [-1]))[0], 20);
  assertEquals(errorOf(await miner.ask("mining.get_transactions", ["nope"])), [
    21,
    "Job not found",
  ]);
  await miner.login();
  assertEquals((await miner.ask("mining.get_transactions", [miner.notify.jobId])).result, []);
});

Deno.test("a session that comes back gets its extranonce1, difficulty and mask, the old one is closed", async () => {
  await using rig = await openRig();
  const old = await rig.connect();
  await old.ask(...CONFIGURE as unknown as [string, unknown]);
  await old.login({ password: `d=${2 ** -26}`, agent: "cpuminer/2.5" });
  const share = old.mine();
  const again = await rig.connect();
  await again.login({ agent: "cpuminer/2.5", session: old.sessionId });
  assertEquals(again.extranonce1, old.extranonce1);
  assertEquals(again.sessionId, old.sessionId);
  assertEquals(again.difficulty, old.difficulty);
  await old.untilClosed();
  // Work of before the break still counts, and so does the mask.
  const { result } = await again.submit(share, { versionBits: "00000000" });
  assertEquals(result, true);
});

Deno.test("a session id that nobody knows gives a new session", async () => {
  await using rig = await openRig();
  const miner = await rig.connect();
  await miner.login({ session: "00112233445566ff" });
  assertEquals((await miner.submit(miner.mine())).result, true);
});

Deno.test("SOLO: the coinbase pays the session's account, another address is refused", async () => {
  await using rig = await openRig({ config: { variant: "solo" } });
  const miner = await rig.connect();
  await miner.login();
  assertStringIncludes(miner.notify.coinb2, "0014751e76e8199196d454941c45d1b3a323f1433bd6");
  const other = canonicalAddress(POOL_SCRIPT, "regtest");
  const [code, text] = errorOf(await miner.ask("mining.authorize", [other, "x"]));
  assertEquals(code, 24);
  assertStringIncludes(text, "another address");
  assertEquals((await miner.ask("mining.authorize", [`${ADDRESS}.two`, "x"])).result, true);
  const { result, error } = await miner.submit(miner.mine());
  assertEquals([result, error], [true, null]);
  const [submission] = await rig.submissions();
  assertEquals(submission!.variant, 1);
});
