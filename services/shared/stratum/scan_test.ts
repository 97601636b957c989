import { assert, assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { parseMessage } from "./message.ts";
import { scanSubmit } from "./scan.ts";
import { parseSubmit, SubmitLine } from "./submit.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Everything a submission says, with its id, from either road. */
function facts(line: SubmitLine, rawId: string) {
  const { worker, jobId, extranonce2Length, ntime, nonce, versionBits } = line;
  const extranonce2 = extranonce2Length === 8 ? line.extranonce2.toHex() : undefined;
  return { rawId, worker, jobId, extranonce2Length, extranonce2, ntime, nonce, versionBits };
}

/** @returns undefined where the scanner leaves the line to others. */
function scanned(buf: Uint8Array, start = 0, end = buf.length) {
  const out = new SubmitLine();
  if (!scanSubmit(buf, start, end, out)) return undefined;
  return facts(out, decoder.decode(buf.subarray(out.idStart, out.idEnd)));
}

/** @returns undefined for anything that is no good submit. */
function parsed(buf: Uint8Array) {
  const message = parseMessage(buf);
  if (message.kind !== "request" && message.kind !== "notification") return undefined;
  if (message.method !== "mining.submit") return undefined;
  const submit = parseSubmit(message.params);
  return submit.ok ? facts(submit.value, message.rawId) : undefined;
}

// As these programs print it: order of members and white space are theirs.
const lines: [string, string][] = [
  [
    "cgminer, bmminer and whatsminer",
    '{"params": ["bc1qx.rig", "65f0a1b2000003e7", "0000000000000001", "504e86b9", "e9695791"], "id": 12, "method": "mining.submit"}',
  ],
  [
    "cgminer with version bits",
    '{"params": ["bc1qx.rig", "65f0a1b2000003e7", "0000000000000001", "504e86b9", "e9695791", "00c00000"], "id": 12, "method": "mining.submit"}',
  ],
  [
    "ESP-Miner",
    '{"id": 54, "method": "mining.submit", "params": ["bc1qx.bitaxe", "875b4b7", "1700000000000000", "685468d7", "7552034c", "00b44000"]}',
  ],
  [
    "cpuminer",
    '{"method": "mining.submit", "params": ["bc1qx", "bf", "00000001AABBCCDD", "504E86ED", "B2957C02"], "id":4}',
  ],
  [
    "NerdMiner with a short nonce",
    '{"id":9,"method":"mining.submit","params":["bc1qx.n","1a","0000000000000001","68003ad1","1f3"]}',
  ],
  [
    "a string id",
    '{"id":"s-1","jsonrpc":"2.0","method":"mining.submit","params":["w","1","0000000000000001","68003ad1","0"]}',
  ],
  [
    "a null id",
    '{"id":null,"method":"mining.submit","params":["w","1","0000000000000001","68003ad1","00000000","0"]}',
  ],
  [
    "an id of 20 digits",
    '{"id":18446744073709551616,"method":"mining.submit","params":["w","1","0000000000000001","68003ad1","00000000"]}',
  ],
];
for (const [who, line] of lines) {
  Deno.test(`scanSubmit() knows the line of ${who}, and reads it as JSON.parse does`, () => {
    const buf = encoder.encode(line);
    assert(scanned(buf) !== undefined);
    assertEquals(scanned(buf), parsed(buf));
    assertEquals(scanned(encoder.encode(`${line}\r`)), parsed(buf));
    // Inside a chunk, between other lines: not a byte beyond its own.
    const chunk = encoder.encode(`"}],${line}"}],`);
    assertEquals(scanned(chunk, 4, chunk.length - 4), parsed(buf));
  });
}

Deno.test("scanSubmit() normalises case, padding and version bits to numbers and bytes", () => {
  assertEquals(scanned(encoder.encode(lines[3]![1])), {
    rawId: "4",
    worker: "bc1qx",
    jobId: "bf",
    extranonce2Length: 8,
    extranonce2: "00000001aabbccdd",
    ntime: 0x504e86ed,
    nonce: 0xb2957c02,
    versionBits: -1,
  });
  assertEquals(scanned(encoder.encode(lines[4]![1]))!.nonce, 0x1f3);
  assertEquals(scanned(encoder.encode(lines[6]![1]))!.versionBits, 0);
});

Deno.test("both roads give the length of an extranonce2 of another size, and -1 for half a byte", () => {
  for (
    const [hex, length] of [["", 0], ["00000001", 4], ["00".repeat(9), 9], ["0".repeat(15), -1], [
      "0".repeat(17),
      -1,
    ]] as const
  ) {
    const line = encoder.encode(lines[3]![1].replace("00000001AABBCCDD", hex));
    assertEquals(scanned(line)!.extranonce2Length, length);
    assertEquals(scanned(line), parsed(line));
  }
});

Deno.test("scanSubmit() refuses every cut of a good line", () => {
  for (const [, line] of lines) {
    const buf = encoder.encode(line);
    for (let end = 0; end < buf.length; end++) {
      assertEquals(scanned(buf, 0, end), undefined);
      assertEquals(parsed(buf.subarray(0, end)), undefined);
    }
  }
});

const good = lines[2]![1];
// What the scanner leaves alone; some of it is a good submit all the same.
const strange: [string, string, boolean][] = [
  ["another method", good.replace("mining.submit", "mining.Submit"), false],
  ["4 params", good.replace(', "7552034c", "00b44000"', ""), false],
  ["7 params", good.replace('"]', '", "00000000"]'), false],
  ["a nonce as number", good.replace('"7552034c"', "7552034"), false],
  ["a negative ntime", good.replace('"685468d7"', "-1"), false],
  ["a fraction as nonce", good.replace('"7552034c"', "1.5"), false],
  ["a null sixth", good.replace('"00b44000"', "null"), false],
  ["9 digits of nonce", good.replace("7552034c", "07552034c"), false],
  ["no digit of nonce", good.replace("7552034c", ""), false],
  ["0x before the nonce", good.replace("7552034c", "0x755203"), false],
  ["a space in the nonce", good.replace("7552034c", " 552034c"), false],
  ["a sign in the nonce", good.replace("7552034c", "+552034c"), false],
  ["a wide digit in the nonce", good.replace("7552034c", "７552034"), false],
  ["a worker of 257 characters", good.replace("bc1qx.bitaxe", "w".repeat(257)), false],
  ["a worker with a line break", good.replace("bc1qx", "bc1\\nqx"), false],
  ["a worker with half a pair", good.replace("bc1qx", "bc1\\ud800qx"), false],
  ["a leading zero in the id", good.replace("54", "054"), false],
  ["a trailing comma", good.replace("]}", "],}"), false],
  ["text after the object", `${good} x`, false],
  ["an escaped worker", good.replace("bc1qx", "bc1\\u0071x"), true],
  ["a worker beyond ASCII", good.replace("bc1qx", "bc1qü"), true],
  ["an escaped key", good.replace('"params"', '"p\\u0061rams"'), true],
  ["an escaped method", good.replace("mining.submit", "mining\\u002esubmit"), true],
  ["a repeated id", good.replace("{", '{"id":1,'), true],
  ["repeated params", good.replace("{", '{"params":7,'), true],
  ["a member nobody knows", good.replace("{", '{"agent":{"a":[]},'), true],
  ["an id with a fraction", good.replace("54", "54.0"), true],
  ["no id", good.replace('"id": 54, ', ""), true],
];
for (const [what, line, isGood] of strange) {
  Deno.test(`scanSubmit() leaves ${what} to JSON.parse, which ${isGood ? "takes" : "refuses"} it`, () => {
    assert(line !== good);
    const buf = encoder.encode(line);
    assertEquals(scanned(buf), undefined);
    assertEquals(parsed(buf) !== undefined, isGood);
  });
}

// Generated lines: mostly well-formed, in any order and spacing, with the odd value where a string belongs.
const hexText = fc.stringMatching(/^[0-9a-fA-F]{0,18}$/);
const word = fc.stringMatching(/^[0-9a-fA-F]{1,8}$/);
const quoted = (text: fc.Arbitrary<string>) => text.map((s) => JSON.stringify(s));
const odd = fc.constantFrom(
  "null",
  "0",
  "-1",
  "1.5",
  "1e3",
  "[]",
  "{}",
  '"\\u0030"',
  "true",
  '""',
  '"zz"',
);
const mostly = (usual: fc.Arbitrary<string>, unusual: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 24, arbitrary: usual }, { weight: 1, arbitrary: unusual });
const name = fc.oneof(
  { weight: 20, arbitrary: fc.stringMatching(/^[ !#-\[\]-~]{0,40}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~]{0,40}$/) },
);
const params = fc.tuple(
  mostly(
    quoted(name),
    fc.oneof(
      odd,
      quoted(fc.string({ unit: "binary" })),
      quoted(fc.constantFrom("w".repeat(256), "w".repeat(257))),
    ),
  ),
  mostly(quoted(name), odd),
  mostly(quoted(fc.oneof(fc.stringMatching(/^[0-9a-fA-F]{16}$/), hexText)), odd),
  mostly(quoted(word), odd),
  mostly(quoted(word), odd),
  fc.option(mostly(quoted(word), odd), { nil: undefined }),
  fc.oneof(
    { weight: 24, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant('"1"') },
  ),
);
const space = fc.constantFrom("", "", "", " ", "  ", "\t", "\r", "\n ");
const id = mostly(
  fc.oneof(
    fc.nat().map(String),
    fc.bigInt().map(String),
    fc.constantFrom("null", '"a"', "0", "-0", "9".repeat(128)),
  ),
  fc.constantFrom("01", "1.0", "-", "true", "[1]", '"\\u0041"', "9".repeat(129), '"ü"', "nul"),
);
const methodText = mostly(
  fc.constant('"mining.submit"'),
  fc.constantFrom('"mining.subscribe"', '"mining\\u002esubmit"', '"mining.submit "', "5", '""'),
);
const line = fc.record({
  id,
  methodText,
  params,
  gaps: fc.array(space, { minLength: 40, maxLength: 40 }),
})
  .chain(({ id, methodText, params, gaps }) => {
    let gap = 0;
    const sp = () => gaps[gap++ % gaps.length]!;
    const list = params.filter((p) => p !== undefined).map((p) => `${sp()}${p}${sp()}`).join(",");
    const members = [
      `"id"${sp()}:${sp()}${id}`,
      `"method"${sp()}:${sp()}${methodText}`,
      `"params"${sp()}:${sp()}[${list}]`,
    ];
    const extra = mostly(
      fc.constant([] as string[]).map((x) => x.join()),
      fc.constantFrom(
        '"jsonrpc":"2.0"',
        '"id":7',
        '"params":[]',
        '"x":1',
        '"jsonrpc":null',
        '"jsonrpc":{}',
      ),
    );
    return extra.chain((more) =>
      fc.shuffledSubarray(more === "" ? members : [...members, more], {
        minLength: more === "" ? 3 : 4,
      })
        .map((all) => `${sp()}{${all.map((m) => `${sp()}${m}${sp()}`).join(",")}}${sp()}`)
    );
  });

/** Where the scanner says yes, the other road must say the same; where it says no, nothing is claimed. */
function agree(buf: Uint8Array): boolean {
  const short = scanned(buf);
  const long = parsed(buf);
  if (short !== undefined) assertEquals(short, long);
  return short !== undefined;
}

Deno.test("scanSubmit() and JSON.parse agree on generated lines", () => {
  let taken = 0;
  fc.assert(
    fc.property(line, (text) => {
      if (agree(encoder.encode(text))) taken++;
    }),
    { numRuns: 3000 },
  );
  // The test is worth something only while the scanner takes a good part of what is generated.
  assert(taken > 900, `took ${taken} of 3000`);
});

const mutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("set", "insert", "delete", "double", "cut"),
  byte: fc.oneof(
    fc.constantFrom(...encoder.encode('"\\{}[],:-+.0129afAFgeE \t\n\r\0x')),
    fc.integer({ min: 0, max: 255 }),
  ),
});

function mutate(bytes: number[], { at, kind, byte }: { at: number; kind: string; byte: number }) {
  const i = at % (bytes.length + 1);
  if (kind === "set") bytes[Math.min(i, bytes.length - 1)] = byte;
  else if (kind === "insert") bytes.splice(i, 0, byte);
  else if (kind === "delete") bytes.splice(i, 1);
  else if (kind === "double") bytes.splice(i, 0, ...bytes.slice(i, i + (byte & 31)));
  else bytes.splice(i, byte);
}

Deno.test("scanSubmit() and JSON.parse agree on lines with bytes changed, added and lost", () => {
  let taken = 0;
  const sample = fc.oneof(fc.constantFrom(...lines.map(([, text]) => text)), line);
  fc.assert(
    fc.property(sample, fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
      const bytes = [...encoder.encode(text)];
      for (const m of mutations) if (bytes.length > 0) mutate(bytes, m);
      if (agree(new Uint8Array(bytes))) taken++;
    }),
    { numRuns: 6000 },
  );
  assert(taken > 300, `took ${taken} of 6000`);
});

Deno.test("scanSubmit() keeps names apart that meet in one slot of its tables", () => {
  // More names than slots, twice: every slot is overwritten and asked again.
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 20_000; i++) {
      const buf = encoder.encode(
        good.replace("bc1qx.bitaxe", `worker-${i}`).replace("875b4b7", `${i}`),
      );
      const found = scanned(buf)!;
      if (found.worker !== `worker-${i}` || found.jobId !== `${i}`) {
        assertEquals([found.worker, found.jobId], [`worker-${i}`, `${i}`]);
      }
    }
  }
});
