import { assert, assertEquals } from "@std/assert";
import { configureResult, grantedMask, readConfigure } from "./configure.ts";
import { parseMessage } from "./message.ts";

const POOL_MASK = 0x1fffe000;

/** What a pool with the usual mask answers. */
function answer(...params: readonly unknown[]): unknown {
  const read = readConfigure(params);
  assert(read.ok, JSON.stringify(read));
  return configureResult(read.value, {
    versionMask: grantedMask(POOL_MASK, read.value),
    minimumDifficulty: true,
    subscribeExtranonce: true,
  });
}

Deno.test("configure as ESP-Miner sends it, without min-bit-count, gets the pool's mask", () => {
  const message = parseMessage(
    '{"id":2,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}',
  );
  assert(message.kind === "request");
  assertEquals(answer(...message.params), {
    "version-rolling": true,
    "version-rolling.mask": "1fffe000",
  });
});

Deno.test("configure as an Antminer sends it gets the two bits it asks for", () => {
  const asked = { "version-rolling.min-bit-count": 2, "version-rolling.mask": "00c00000" };
  const read = readConfigure([["version-rolling"], asked]);
  assert(read.ok);
  assertEquals(read.value.versionRolling, { mask: 0x00c00000, minBitCount: 2 });
  assertEquals(answer(["version-rolling"], asked), {
    "version-rolling": true,
    "version-rolling.mask": "00c00000",
  });
});

Deno.test("configure without a mask asks for every bit", () => {
  assertEquals(answer(["version-rolling"]), {
    "version-rolling": true,
    "version-rolling.mask": "1fffe000",
  });
});

Deno.test("configure gets false for a mask that is unusable or shares no bit with the pool's", () => {
  for (const mask of ["", "xyz", 5, "1ffffffff", "c0000000", "00000000", {}]) {
    assertEquals(answer(["version-rolling"], { "version-rolling.mask": mask }), {
      "version-rolling": false,
    });
  }
});

Deno.test("every extension listed gets a key, in the order asked, unknown ones false", () => {
  const result = answer(
    ["info", "minimum-difficulty", "x-unheard-of", "subscribe-extranonce", "info", "__proto__"],
    { "minimum-difficulty.value": 2048, "info.hw-version": "S19" },
  );
  assertEquals(
    JSON.stringify(result),
    '{"info":true,"minimum-difficulty":true,"x-unheard-of":false,"subscribe-extranonce":true,"__proto__":false}',
  );
});

Deno.test("configure reads minimum difficulty and info, and leaves out what is no value", () => {
  const read = readConfigure([["minimum-difficulty", "info", "subscribe-extranonce"], {
    "minimum-difficulty.value": "0.5",
    "info.connection-url": "stratum+tcp://pool.example:3333",
    "info.hw-id": 7,
    "info.sw-version": "2.1",
  }]);
  assertEquals(read as unknown, {
    ok: true,
    value: {
      extensions: ["minimum-difficulty", "info", "subscribe-extranonce"],
      minimumDifficulty: 0.5,
      subscribeExtranonce: true,
      info: { connectionUrl: "stratum+tcp://pool.example:3333", softwareVersion: "2.1" },
    },
  });
  assertEquals(answer(["minimum-difficulty"], { "minimum-difficulty.value": [] }), {
    "minimum-difficulty": false,
  });
});

Deno.test("configure does not act on parameters of an extension that was not listed", () => {
  const read = readConfigure([[], { "version-rolling.mask": "ffffffff" }]);
  assertEquals(read, { ok: true, value: { extensions: [], subscribeExtranonce: false } });
});

Deno.test("configure names the problem of other shapes", () => {
  const wrong = [[], ["version-rolling"], [[5]], [["a"], 5], [["a"], []], [
    new Array(33).fill("a"),
  ]];
  for (const params of wrong) assertEquals(readConfigure(params).ok, false);
});
