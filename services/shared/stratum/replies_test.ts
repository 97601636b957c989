import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import * as replies from "./replies.ts";

const text = (line: Uint8Array) => new TextDecoder().decode(line);
const bytes = (s: string) => new TextEncoder().encode(s);

Deno.test("acceptedLine() and acceptedInto() write the same line, with the id as it came", () => {
  const out = new Uint8Array(100);
  const line = '{"id":"xnsub","result":true,"error":null}\n';
  assertEquals(text(replies.acceptedLine('"xnsub"')), line);
  assertEquals(text(replies.acceptedLine(bytes('"xnsub"'))), line);
  const end = replies.acceptedInto(out, 3, bytes('{"id":"xnsub",'), 6, 13);
  assertEquals(text(out.subarray(3, end)), line);
});

Deno.test("answerInto() throws RangeError rather than writing half a line", () => {
  const out = new Uint8Array(38);
  assertEquals(replies.acceptedInto(out, 0, bytes("77")), 37);
  assertThrows(() => replies.acceptedInto(out, 2, bytes("77")), RangeError);
});

Deno.test("errorLine() writes code, text and null, the text escaped", () => {
  assertEquals(
    text(replies.errorLine("873", 21, "Job not found")),
    '{"id":873,"result":null,"error":[21,"Job not found",null]}\n',
  );
  const line = text(replies.errorLine("1", 20, 'a "quote"\n\ud800'));
  assertEquals(JSON.parse(line).error[1], 'a "quote"\n\ud800');
  assertEquals(line.indexOf("\n"), line.length - 1);
});

Deno.test("errorTail() and answerInto() make the line errorLine() makes", () => {
  const out = new Uint8Array(100);
  const tail = replies.errorTail(23, "Above target");
  const end = replies.answerInto(out, 0, bytes("12345678901234567890"), 0, 20, tail);
  assertEquals(end, replies.answerLength(20, tail));
  assertEquals(
    text(out.subarray(0, end)),
    text(replies.errorLine("12345678901234567890", 23, "Above target")),
  );
});

Deno.test("subscribeResultLine() has the three parts ESP-Miner asks for", () => {
  const line = replies.subscribeResultLine('"subscribe"', {
    sessionId: "ae6812eb",
    extranonce1: new Uint8Array([8, 0, 0, 2]),
    extranonce2Size: 8,
  });
  assertEquals(
    text(line),
    '{"id":"subscribe","result":[[["mining.set_difficulty","ae6812eb"],["mining.notify","ae6812eb"]],"08000002",8],"error":null}\n',
  );
});

const difficulties: [number, string][] = [
  [1, "1"],
  [65536, "65536"],
  [16383.75, "16383.75"],
  [0.0001, "0.0001"],
  [1e-7, "0.0000001"],
  [4.7e-6, "0.0000047"],
  [1.2345e-7, "0.00000012345"],
  [2 ** -32, "0.00000000023283064365386963"],
  [2 ** 64, "18446744073709552000"],
  [1e21, "1000000000000000000000"],
  [1.25e23, "125000000000000000000000"],
];
for (const [difficulty, digits] of difficulties) {
  Deno.test(`setDifficultyLine() writes ${difficulty} as ${digits}`, () => {
    assertEquals(
      text(replies.setDifficultyLine(difficulty)),
      `{"id":null,"method":"mining.set_difficulty","params":[${digits}]}\n`,
    );
  });
}

Deno.test("plainDecimal() never has an exponent and reads back as the same number", () => {
  fc.assert(
    fc.property(fc.double({ min: Number.MIN_VALUE, noDefaultInfinity: true, noNaN: true }), (n) => {
      const digits = replies.plainDecimal(n);
      assert(/^\d+(\.\d+)?$/.test(digits), digits);
      assertEquals(Number(digits), n);
    }),
  );
});

Deno.test("setDifficultyLine() throws RangeError for what is no difficulty", () => {
  for (const n of [0, -1, NaN, Infinity]) {
    assertThrows(() => replies.setDifficultyLine(n), RangeError);
  }
});

Deno.test("the other notifications have the params miners read", () => {
  assertEquals(
    [
      replies.setVersionMaskLine(0x1fffe000),
      replies.setExtranonceLine(new Uint8Array([1, 2, 3, 4]), 8),
      replies.reconnectLine(),
      replies.reconnectLine({ host: "eu.example.org", port: 3333, waitSeconds: 5 }),
      replies.showMessageLine('say "hello"'),
      replies.questionLine(7, "mining.ping"),
    ].map(text),
    [
      '{"id":null,"method":"mining.set_version_mask","params":["1fffe000"]}\n',
      '{"id":null,"method":"mining.set_extranonce","params":["01020304",8]}\n',
      '{"id":null,"method":"client.reconnect","params":[]}\n',
      '{"id":null,"method":"client.reconnect","params":["eu.example.org",3333,5]}\n',
      '{"id":null,"method":"client.show_message","params":["say \\"hello\\""]}\n',
      '{"id":7,"method":"mining.ping","params":[]}\n',
    ],
  );
});

const job = {
  jobId: "682fff4f0000001d",
  prevHashWire: "aadbdeb0c770ef1cc9115a42aa0a34e91732c422c0cd7ddbe71b3d9145f85fa6",
  coinb1: "0100",
  branches: ["fecdf8cf1147587b0b3a262b16a955849053c6dfe0239718559f6a3d3ed20523"],
  version: 0x20000000,
  nbits: 0x207fffff,
  ntime: 0x68300286,
};

Deno.test("notifyLine() writes a recorded ckpool notify to the letter", () => {
  assertEquals(JSON.parse(text(replies.notifyLine({ ...job, coinb2: "ffff", clean: true }))), {
    id: null,
    method: "mining.notify",
    params: [
      "682fff4f0000001d",
      "aadbdeb0c770ef1cc9115a42aa0a34e91732c422c0cd7ddbe71b3d9145f85fa6",
      "0100",
      "ffff",
      ["fecdf8cf1147587b0b3a262b16a955849053c6dfe0239718559f6a3d3ed20523"],
      "20000000",
      "207fffff",
      "68300286",
      true,
    ],
  });
});

Deno.test("notifyLine() pads every word to 8 digits and takes negative versions for their bits", () => {
  const params = {
    ...job,
    version: -1,
    nbits: 0x1d00ffff,
    ntime: 5,
    branches: [],
    coinb2: "",
    clean: false,
  };
  assertEquals(JSON.parse(text(replies.notifyLine(params))).params.slice(4), [
    [],
    "ffffffff",
    "1d00ffff",
    "00000005",
    false,
  ]);
});

Deno.test("prepareNotify() makes one line per coinb2 from shared parts", () => {
  const lines = replies.prepareNotify(job);
  for (const [coinb2, clean] of [["aa", true], ["bbcc", false]] as const) {
    assertEquals(lines.line(coinb2, clean), replies.notifyLine({ ...job, coinb2, clean }));
  }
});

Deno.test("prepareNotify() throws RangeError for parts that miners would misread", () => {
  const wrong = [{ jobId: 'a"b' }, { jobId: "" }, { prevHashWire: "00" }, { coinb1: "0" }, {
    coinb1: "AB",
  }, { branches: ["00"] }];
  for (const change of wrong) {
    assertThrows(() => replies.prepareNotify({ ...job, ...change }), RangeError);
  }
  assertThrows(() => replies.prepareNotify(job).line("xx", true), RangeError);
});
