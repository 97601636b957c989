/**
 * Recorded notify and submit pairs of public pools, each with the header it stands for.
 *
 * @module
 */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertObjectMatch,
  assertThrows,
} from "@std/assert";
import {
  difficultyOfHash,
  displayHash,
  fromHex,
  hashFromDisplay,
  headerHash,
  merkleBranch,
  toHex,
} from "@gopool/chain";
import { block100000, shares, templates, wire, wireValues } from "@gopool/testing/vectors";
import * as client from "./client.ts";
import { prevHashFromWire, prevHashToWire } from "./notify.ts";
import { notifyLine } from "./replies.ts";
import { parseSubmit } from "./submit.ts";

for (
  const { name, source, extranonce1, notify, submit, header, hash, share_difficulty } of shares
) {
  Deno.test(`headerFor() makes the header of ${name} (${source})`, () => {
    const read = client.readNotify(notify);
    assert(read.ok, JSON.stringify(read));
    const share = parseSubmit(submit);
    assert(share.ok, JSON.stringify(share));
    const { ntime, nonce, versionBits } = share.value;
    const made = client.headerFor(read.value, {
      extranonce1: fromHex(extranonce1),
      // Two of the three pools gave 4 bytes of extranonce2, so the text is taken as it stands.
      extranonce2: fromHex(submit[2]),
      version: client.rolledVersion(read.value.version, 0x1fffe000, Math.max(0, versionBits)),
      ntime,
      nonce,
    });
    assertEquals(toHex(made), header);
    const found = headerHash(made);
    assertEquals(displayHash(found), hash);
    assertAlmostEquals(difficultyOfHash(found), share_difficulty, 1e-9 * share_difficulty);
  });
}

for (const { name, notify } of [...shares, ...templates]) {
  Deno.test(`notifyLine() and readPoolMessage() give back the notify of ${name}`, () => {
    const read = client.readNotify(notify);
    assert(read.ok);
    const line = notifyLine(read.value);
    assertEquals(JSON.parse(new TextDecoder().decode(line)).params, [...notify]);
    assertEquals(client.readPoolMessage(line), { kind: "notify", notify: read.value });
  });
}

Deno.test("headerFor() makes the header of block 100000, wherever its coinbase is cut", () => {
  const { coinb1, extranonce1, extranonce2, coinb2, prevHash, hash } = block100000;
  const whole = coinb1 + extranonce1 + extranonce2 + coinb2;
  const txids = block100000.txids.map(hashFromDisplay);
  for (let at = 0; at + 4 <= whole.length; at += 10) {
    const header = client.headerFor({
      jobId: "1",
      prevHashWire: prevHashToWire(hashFromDisplay(prevHash)),
      coinb1: whole.slice(0, at),
      coinb2: whole.slice(at + 4),
      branches: merkleBranch(txids).map(toHex),
      version: block100000.version,
      nbits: block100000.nbits,
      ntime: block100000.ntime,
      clean: true,
    }, {
      extranonce1: fromHex(whole.slice(at, at + 2)),
      extranonce2: fromHex(whole.slice(at + 2, at + 4)),
      version: block100000.version,
      ntime: block100000.ntime,
      nonce: block100000.nonce,
    });
    assertEquals(displayHash(headerHash(header)), hash);
  }
});

for (const { source, line, expect } of wire.fromPools) {
  Deno.test(`readPoolMessage() reads a line seen at ${source}: ${expect}`, () => {
    const message = client.readPoolMessage(line);
    if (message.kind === "set_difficulty") assertEquals(message.difficulty, 16383.75);
    else if (message.kind === "response" && message.accepted) {
      assertEquals(client.readGrantedMask(message.result), 0x5fffe000);
    } else assertObjectMatch(message, { kind: "response", rawId: "873", accepted: false });
  });
}

Deno.test("a previous hash goes to the wire with each word turned round, and back", () => {
  const hash = hashFromDisplay(wireValues.previousblockhash);
  assertEquals(prevHashToWire(hash), wireValues.notifyPrevhash);
  assertEquals(prevHashFromWire(wireValues.notifyPrevhash), hash);
  assertThrows(() => prevHashFromWire("00"), SyntaxError);
});

Deno.test("readNotify() takes the last parameter for the clean flag, after a field it does not know", () => {
  const read = client.readNotify([...shares[0]!.notify.slice(0, 8), "685468d7", true]);
  assert(read.ok);
  assertEquals(read.value.clean, true);
});

Deno.test("readNotify() refuses what cpuminer-opt refuses: fields of another type or length", () => {
  const fine = shares[0]!.notify as readonly unknown[];
  const wrong: [number, unknown][] = [
    [0, 5],
    [1, "00"],
    [2, "0"],
    [3, null],
    [4, "x"],
    [4, ["00"]],
    [
      5,
      "2000000",
    ],
    [6, 7],
    [7, "685468d"],
    [8, "true"],
  ];
  for (const [at, value] of wrong) {
    const given = [...fine.slice(0, at), value, ...fine.slice(at + 1)];
    assertEquals(client.readNotify(given).ok, false, `param ${at}`);
  }
  assertEquals(client.readNotify(fine.slice(0, 8)).ok, false);
});

const said: [string, client.PoolMessage][] = [
  ['{"id":null,"method":"mining.set_difficulty","params":[16383.75]}', {
    kind: "set_difficulty",
    difficulty: 16383.75,
  }],
  ['{"id":null,"method":"mining.set_version_mask","params":["1fffe000"]}', {
    kind: "set_version_mask",
    mask: 0x1fffe000,
  }],
  ['{"id":null,"method":"mining.set_extranonce","params":["01020304",8]}', {
    kind: "set_extranonce",
    extranonce1: fromHex("01020304"),
    extranonce2Size: 8,
  }],
  ['{"id":null,"method":"client.reconnect","params":[]}', { kind: "reconnect" }],
  ['{"id":null,"method":"client.reconnect","params":["a.example",3333,5]}', {
    kind: "reconnect",
    host: "a.example",
    port: 3333,
    waitSeconds: 5,
  }],
  ['{"id":null,"method":"client.show_message","params":["hello"]}', {
    kind: "show_message",
    text: "hello",
  }],
  ['{"id":7,"method":"mining.ping","params":[]}', { kind: "ping", rawId: "7" }],
  ['{"id":8,"method":"client.get_version","params":[]}', { kind: "get_version", rawId: "8" }],
  ['{"id":4,"result":true,"error":null}', {
    kind: "response",
    rawId: "4",
    result: true,
    error: null,
    accepted: true,
  }],
  ['{"id":4,"result":false,"error":null}', {
    kind: "response",
    rawId: "4",
    result: false,
    error: null,
    accepted: false,
  }],
  ['{"id":4,"result":null,"error":[21,"Job not found",null]}', {
    kind: "response",
    rawId: "4",
    result: null,
    error: [21, "Job not found", null],
    accepted: false,
  }],
  ['{"id":null,"method":"mining.news","params":[]}', { kind: "other", method: "mining.news" }],
  ['{"id":null,"method":"mining.set_difficulty","params":["5"]}', {
    kind: "malformed",
    problem: "set_difficulty must have a number",
  }],
];
for (const [line, message] of said) {
  Deno.test(`readPoolMessage() reads ${line}`, () =>
    assertEquals(client.readPoolMessage(line), message));
}

Deno.test("readSubscribed() takes extranonces and session from a result of three parts", () => {
  const result = [[["mining.set_difficulty", "a"], ["mining.notify", "ae6812eb"]], "08000002", 8];
  assertEquals(client.readSubscribed(result), {
    ok: true,
    value: { extranonce1: fromHex("08000002"), extranonce2Size: 8, sessionId: "ae6812eb" },
  });
  assertEquals(client.readSubscribed([null, "08000002", 8]).ok, true);
  for (const wrong of [null, {}, [[], "08"], [[], "0", 8], [[], "08", "8"], [[], "08", 33]]) {
    assertEquals(client.readSubscribed(wrong).ok, false);
  }
});

Deno.test("readGrantedMask() is 0 unless version rolling was granted", () => {
  const mask = { "version-rolling.mask": "5fffe000" };
  assertEquals(client.readGrantedMask({ "version-rolling": true, ...mask }), 0x5fffe000);
  for (const result of [null, 5, {}, mask, { "version-rolling": false, ...mask }]) {
    assertEquals(client.readGrantedMask(result), 0);
  }
});

Deno.test("the lines a client sends are read by the pool's side as they were meant", () => {
  const line = client.submitRequest(7, {
    worker: "addr.rig",
    jobId: "1a",
    extranonce2: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 9]),
    ntime: 0x68003ad1,
    nonce: 5,
    versionBits: 0x2000,
  });
  assertEquals(
    new TextDecoder().decode(line),
    '{"id":7,"method":"mining.submit","params":["addr.rig","1a","0000000000000009","68003ad1","00000005","00002000"]}\n',
  );
});
