import { assert, assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { readConfigure } from "./configure.ts";
import * as requests from "./requests.ts";

const { readAuthorize, readSubscribe, readSuggestDifficulty, readSuggestTarget } = requests;

Deno.test("methodOf() knows every method a miner may call, and the two odd spellings", () => {
  assertEquals(requests.methodOf("mining.extranonce.subscribe"), "mining.extranonce.subscribe");
  assertEquals(requests.methodOf("pong"), "mining.pong");
  assertEquals(requests.methodOf("mining.suggest_difficulty(1000)"), "mining.suggest_difficulty");
  for (
    const name of ["", "mining.notify", "toString", "mining.suggest_difficulty()x", "__proto__"]
  ) {
    assertEquals(requests.methodOf(name), undefined);
  }
});

const subscribes: [string, readonly unknown[], object][] = [
  ["no params (cgminer's second try)", [], { userAgent: "" }],
  ["an agent", ["cgminer/4.12.0"], { userAgent: "cgminer/4.12.0" }],
  ["agent and session", ["cgminer/4.12.0", "ae6812eb"], {
    userAgent: "cgminer/4.12.0",
    sessionId: "ae6812eb",
  }],
  ["a number third (bmminer)", ["bmminer/2.0.0", "01000cc6", 1928847164], {
    userAgent: "bmminer/2.0.0",
    sessionId: "01000cc6",
  }],
  ["a null session and the host", ["MinerName/1.0", null, "pool.example", 3333], {
    userAgent: "MinerName/1.0",
  }],
  ["other types", [5, {}], { userAgent: "" }],
  ["control characters", ["a\u0000b\ud800"], { userAgent: "a b\ufffd" }],
];
for (const [given, params, value] of subscribes) {
  Deno.test(`readSubscribe() takes ${given}`, () => {
    assertEquals(readSubscribe(params) as unknown, { ok: true, value });
  });
}

Deno.test("readSubscribe() cuts an agent at 256 characters, never through a pair", () => {
  const read = readSubscribe(["a".repeat(255) + "😀"]);
  assert(read.ok);
  assertEquals(read.value.userAgent, "a".repeat(255) + "\ufffd");
});

Deno.test("readAuthorize() takes the username apart and keeps the password as it is", () => {
  assertEquals(readAuthorize(["1BoatSLRHtKNngkdXEeobR76b53LETtpyT%2erig.1", "x"]), {
    ok: true,
    value: {
      username: "1BoatSLRHtKNngkdXEeobR76b53LETtpyT%2erig.1",
      address: "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
      worker: "rig.1",
      password: "x",
    },
  });
});

Deno.test("readAuthorize() takes any password, or none", () => {
  for (
    const [password, word] of [[undefined, ""], [null, ""], [123, "123"], [{}, ""], [
      "d=5,x",
      "d=5,x",
    ]] as const
  ) {
    const read = readAuthorize(["addr", password]);
    assert(read.ok);
    assertEquals(read.value.password, word);
  }
});

Deno.test("readAuthorize() names the problem of a username", () => {
  const text = "username must be text of at most 256 characters";
  const wrong = [[[], text], [[5], text], [["a".repeat(257)], text], [["a\nb"], text], [
    ["a\ud800"],
    text,
  ], [
    [".rig"],
    "username must begin with an address",
  ], [[""], "username must begin with an address"]] as const;
  for (const [params, problem] of wrong) {
    assertEquals(readAuthorize(params), { ok: false, problem });
  }
});

Deno.test("readSuggestDifficulty() takes a number, a fraction, text, and a number inside the name", () => {
  assertEquals(readSuggestDifficulty([1000]), { ok: true, value: 1000 });
  assertEquals(readSuggestDifficulty([0.0001]), { ok: true, value: 0.0001 });
  assertEquals(readSuggestDifficulty(["0.001000"]), { ok: true, value: 0.001 });
  assertEquals(readSuggestDifficulty(["1e-4"]), { ok: true, value: 0.0001 });
  const name = "mining.suggest_difficulty(42)";
  assertEquals(readSuggestDifficulty([], name), { ok: true, value: 42 });
});

Deno.test("readSuggestDifficulty() refuses what is no difficulty", () => {
  const wrong = [
    undefined,
    null,
    0,
    -1,
    "0.000000",
    "-5",
    "",
    "abc",
    "0x10",
    "1".repeat(65),
    1e300,
    1e-300,
    [1],
    true,
    NaN,
  ];
  for (const value of wrong) {
    const problem = "difficulty must be a number above zero";
    assertEquals(readSuggestDifficulty([value]), { ok: false, problem });
  }
});

Deno.test("readSuggestTarget() gives the difficulty a target stands for", () => {
  const one = "00000000ffff0000000000000000000000000000000000000000000000000000";
  assertEquals(readSuggestTarget([one]), { ok: true, value: 1 });
  assertEquals(readSuggestTarget([one.toUpperCase().replace(/^0+/, "")]), { ok: true, value: 1 });
  const all = readSuggestTarget(["f".repeat(64)]);
  assert(all.ok && all.value < 2 ** -32);
});

Deno.test("readSuggestTarget() refuses what is no target", () => {
  for (
    const value of [undefined, 5, "", "xyz", "0".repeat(64), "0".repeat(65), `${"0".repeat(63)}1`]
  ) {
    assertEquals(readSuggestTarget([value]).ok, false);
  }
});

Deno.test("no reader throws, whatever the params", () => {
  const params = fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 4 });
  fc.assert(fc.property(params, (given) => {
    readSubscribe(given);
    readAuthorize(given);
    readSuggestDifficulty(given);
    readSuggestTarget(given);
    requests.readGetTransactions(given);
    readConfigure(given as unknown[]);
  }));
});
