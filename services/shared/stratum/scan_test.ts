import { assert, assertEquals } from "@std/assert";
import { lines, parsed, scanned } from "./scan_samples.ts";

const encoder = new TextEncoder();

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
