/**
 * Lines quoted in bug reports and tests of miners and pools, read raw; behind each the place it was seen.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { wire } from "@gopool/testing/vectors";
import { readConfigure } from "./configure.ts";
import { LineSplitter } from "./framing.ts";
import { MAX_REQUEST_LINE_BYTES } from "./limits.ts";
import { parseMessage } from "./message.ts";
import { methodOf, readAuthorize, readSubscribe, readSuggestDifficulty } from "./requests.ts";
import type { Reading } from "./reading.ts";
import { parseSubmit, type SubmitLine } from "./submit.ts";

/** Reads a line the way a pool does, down to what its method says. */
function read(line: string): { rawId: string; method: string | undefined; says: Reading<unknown> } {
  const message = parseMessage(line);
  assert(message.kind === "request" || message.kind === "notification", JSON.stringify(message));
  const { rawId, params } = message;
  const method = methodOf(message.method);
  switch (method) {
    case "mining.subscribe":
      return { rawId, method, says: readSubscribe(params) };
    case "mining.authorize":
      return { rawId, method, says: readAuthorize(params) };
    case "mining.configure":
      return { rawId, method, says: readConfigure(params) };
    case "mining.suggest_difficulty":
      return { rawId, method, says: readSuggestDifficulty(params, message.method) };
    case "mining.submit":
      return { rawId, method, says: parseSubmit(params) };
    default:
      return { rawId, method, says: { ok: true, value: undefined } };
  }
}

for (const { source, line, expect } of wire.fromMiners) {
  Deno.test(`a line seen at ${source}: ${expect}`, () => {
    const { method, rawId, says } = read(line);
    assert(method !== undefined);
    assertEquals(rawId, JSON.stringify(JSON.parse(line).id));
    assertEquals(says.ok, !expect.startsWith("refused"), JSON.stringify(says));
  });
}

const rolling = { extensions: ["version-rolling"], subscribeExtranonce: false };
const samples: [string, string, string, unknown][] = [
  [
    "ESP-Miner #190: configure without min-bit-count",
    '{"id":2,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}',
    "2",
    { ...rolling, versionRolling: { mask: 0xffffffff, minBitCount: 0 } },
  ],
  [
    "hathor-core #61: configure of an Antminer",
    '{"id":4,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.min-bit-count":2,"version-rolling.mask":"00c00000"}]}',
    "4",
    { ...rolling, versionRolling: { mask: 0x00c00000, minBitCount: 2 } },
  ],
  [
    "ctubio/ckpool #6: a difficulty below 1",
    '{"id": 8, "method": "mining.suggest_difficulty", "params": [0.0001]}',
    "8",
    0.0001,
  ],
  [
    "cpuminer-opt: a difficulty as text",
    '{"id": 2, "method": "mining.suggest_difficulty", "params": ["0.015000"]}',
    "2",
    0.015,
  ],
  [
    "bfgminer: a suggestion before subscribe, without id",
    '{"id": null, "method": "mining.suggest_difficulty", "params": [64]}',
    "null",
    64,
  ],
  [
    "btcpool #326: a string id and a third param",
    '{"id":"subscribe","method":"mining.subscribe","params":["bmminer/2.0.0","01000cc6",1928847164]}',
    '"subscribe"',
    { userAgent: "bmminer/2.0.0", sessionId: "01000cc6" },
  ],
  [
    "cgminer's second try",
    '{"id": 1, "method": "mining.subscribe", "params": []}',
    "1",
    { userAgent: "" },
  ],
  [
    "authorize with options amid the password",
    '{"id": 3, "method": "mining.authorize", "params": ["1BoatSLRHtKNngkdXEeobR76b53LETtpyT%2Erig", "x;d=512"]}',
    "3",
    {
      username: "1BoatSLRHtKNngkdXEeobR76b53LETtpyT%2Erig",
      address: "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
      worker: "rig",
      password: "x;d=512",
    },
  ],
];
for (const [seen, line, rawId, value] of samples) {
  Deno.test(`sample: ${seen}`, () => {
    const sample = read(line);
    assertEquals(sample.rawId, rawId);
    assertEquals(sample.says as unknown, { ok: true, value });
  });
}

Deno.test("sample: a submit of old bmminer carries bits outside every mask (btcpool #425)", () => {
  for (const bits of wire.versionBitsOutsideMask.bits) {
    const { says } = read(
      `{"params":["w","1","0000000000000001","68003ad1","1dac2b7c","${bits}"],"id":9,"method":"mining.submit"}`,
    );
    assert(says.ok);
    assertEquals((says.value as SubmitLine).versionBits, parseInt(bits, 16));
  }
});

Deno.test("sample: submits with numbers for time and nonce are problems, not faults (SRI's tests)", () => {
  for (const params of ['["user","1","ab",-1,0]', '["user","1","ab",0,1.5]']) {
    const { says, rawId } = read(`{"id":5,"method":"mining.submit","params":${params}}`);
    assertEquals(says, { ok: false, problem: "ntime must be 8 hex digits" });
    assertEquals(rawId, "5");
  }
});

Deno.test("sample: a method nobody has and extranonce.subscribe under bfgminer's id", () => {
  assertEquals(read('{"id":"xnsub","method":"mining.extranonce.subscribe","params":[]}'), {
    rawId: '"xnsub"',
    method: "mining.extranonce.subscribe",
    says: { ok: true, value: undefined },
  });
  assertEquals(read('{"id":6,"method":"mining.multi_version","params":[1]}').method, undefined);
});

Deno.test("sample: a whole handshake sent without waiting, over cuts in the middle of lines", () => {
  const lines = samples.map(([, line]) => line);
  const bytes = new TextEncoder().encode(lines.join("\r\n") + "\n");
  for (let size = 1; size < 300; size += 23) {
    const splitter = new LineSplitter(MAX_REQUEST_LINE_BYTES);
    const seen: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      splitter.push(
        bytes.subarray(at, at + size),
        (buf, start, end) => seen.push(parseMessage(buf, start, end)),
      );
    }
    assertEquals(seen, lines.map((line) => parseMessage(line)));
  }
});
