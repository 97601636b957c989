/**
 * Recorded notify and submit pairs of public pools, each with the header it stands for.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  difficultyOfHash,
  displayHash,
  fromHex,
  hashFromDisplay,
  headerHash,
  toHex,
} from "@gopool/chain";
import * as client from "./client.ts";
import { prevHashFromWire, prevHashToWire } from "./notify.ts";
import { notifyLine } from "./replies.ts";
import { parseSubmit } from "./submit.ts";

const recorded = [
  {
    "name": "mainnet-publicpool-mujina",
    "source": "256foundation/mujina mujina-miner/src/asic/bm13xx/test_data.rs",
    "extranonce1": "4128064f",
    "notify": [
      "875b4b7",
      "6b6455fd6db962c101f2d4fc0d67f4a3bc96391d000152960000000000000000",
      "02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff170330c30d5075626c69632d506f6f6c",
      "ffffffff02e5b5c61200000000220020984a77c289084ff2d434c316bdada021c6c183d507c8a20d3b159b09ac02fe280000000000000000266a24aa21a9edb98ee50410ed4abd48401ed484fc874409d086a3faf0816136a8ad6168314c5800000000",
      [
        "21af451ddb51e887ff1feb5592b87290098565035eb8500031aedcc776d4e72a",
        "c5af269519c809a9546d5a58ca6445d3dbb80cb7045448ecc48309af034da8f8",
        "fb9f8f9959f6bb0ceb63fa53aed1d5a615c6b6d3f50a468ea89a45a1234bda74",
        "a4f4fee8e5fc19ca8d93e67b9236c37ddb864982010434745c0abfe9b914980c",
        "33092206642744fbe5499c3e621cd5c6b52733e54fbebd869f070082b807f740",
        "3b857e32c5cff4864efab967b9a456ca03b2167ab96bd9076ce294c8a67a7fe2",
        "881a07cd881d0c3e590b4b090ea8d58e1439dc56c63686f7de23c47045441e30",
        "315e4dbcc8e7b1c9d594a73978268791880dddb2c26eec8e75768668dad99d80",
        "69952b77c632be16b1ac7ac7048f13d4e962b2e215d79a343f01e6e281d7c304",
        "fc63eb4392c4d6c6d689788875fca35143fdcd4f4a82e8698e0e441751a70b4a",
        "09e419bbe20aa3a7640f1b91f50599ceddff899e90d3f18951ad5418c4850a6b",
        "004978aa346b4f1880bcadb3ca3792d771ee6aeca427f61e74baba44b75cfb88",
      ],
      "20000000",
      "17023a04",
      "685468d7",
      false,
    ],
    "submit": [
      "bc1q...bitaxe",
      "875b4b7",
      "17000000",
      "685468d7",
      "7552034c",
      "00b44000",
    ],
    "header":
      "0040b420fd55646bc162b96dfcd4f201a3f4670d1d3996bc96520100000000000000000006ddf5f08c36414b95ea54db71a0c28761a98bcf6355919e044f88725519a7cbd7685468043a02174c035275",
    "hash": "0000000000023704cface997bcf7388694ea43dae96c51d80658687a7d8827fe",
    "difficulty": 29588.013979792577,
  },
  {
    "name": "signet-p2poolv2-a",
    "source": "p2poolv2/p2poolv2 p2poolv2_tests/test_data/validation/stratum/a",
    "extranonce1": "d4f69aeb",
    "notify": [
      "184809ff85923e7d",
      "f5304c7c535061f870374354668bb7087dc26fc39c45ffd0cbdd48c600000000",
      "02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff25029d00010004ecaf496804007670120c",
      "085032506f6f6c7632ffffffff0200f2052a01000000160014274466e754a1c12d0a2d2cc34ceb70d8e017053a0000000000000000266a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf900000000",
      [],
      "20000000",
      "1e0377ae",
      "6849afec",
      false,
    ],
    "submit": [
      "tb1qyazxde6558qj6z3d9np5e6msmrspwpf6k0qggk",
      "184809ff85923e7d",
      "0000000000000000",
      "6849afec",
      "e33674f1",
    ],
    "header":
      "000000207c4c30f5f86150535443377008b78b66c36fc27dd0ff459cc648ddcb0000000002391a53fd9cbc7112769edfc98e7ef82136881b17492880b7d1aa5ee0ceef0eecaf4968ae77031ef17436e3",
    "hash": "00000000848122e3a6c318528787230e74dc9dc9624b0cb7957df018e941fec8",
    "difficulty": 1.931981271119461,
  },
  {
    "name": "testnet3-publicpool-mock1",
    "source":
      "benjamin-wilson/public-pool src/models/StratumV1Client.spec.ts + test/models/MockRecording1.ts",
    "extranonce1": "57a6f098",
    "notify": [
      "1",
      "171592f223740e92d223f6e68bff25279af7ac4f2246451e0000000200000000",
      "02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff1903c943255c7075626c69632d706f6f6c5c",
      "ffffffff037a90000000000000160014e6f22ca44dc800e9d049621a3b9a42c509f1c4bc3b0f250000000000160014e6f22ca44dc800e9d049621a3b9a42c509f1c4bc0000000000000000266a24aa21a9edbd3d1d916aa0b57326a2d88ebe1b68a1d7c48585f26d8335fe6a94b62755f64c00000000",
      [
        "175335649d5e8746982969ec88f52e85ac9917106fba5468e699c8879ab974a1",
        "d5644ab3e708c54cd68dc5aedc92b8d3037449687f92ec41ed6e37673d969d4a",
        "5c9ec187517edc0698556cca5ce27e54c96acb014770599ed9df4d4937fbf2b0",
      ],
      "20000000",
      "192495f8",
      "64b3f3ec",
      false,
    ],
    "submit": [
      "user",
      "1",
      "c7080000",
      "64b3f3ec",
      "ed460d91",
      "00002000",
    ],
    "header":
      "00200020f2921517920e7423e6f623d22725ff8b4facf79a1e45462202000000000000006b5d684a704b4abe62b2375c5326d1fc1dbb61168aff84e920ba28968bf1075fecf3b364f8952419910d46ed",
    "hash": "000000000061d52983863e5c424c00d9e0981874fddf6a8493433e73928a3e4e",
    "difficulty": 669.8682919563083,
  },
] as const;

for (const { name, source, extranonce1, notify, submit, header, hash, difficulty } of recorded) {
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
    assertAlmostEquals(difficultyOfHash(found), difficulty, 1e-9 * difficulty);
  });

  Deno.test(`notifyLine() and readPoolMessage() give back the notify of ${name}`, () => {
    const read = client.readNotify(notify);
    assert(read.ok);
    const line = notifyLine(read.value);
    assertEquals(JSON.parse(new TextDecoder().decode(line)).params, [...notify]);
    assertEquals(client.readPoolMessage(line), { kind: "notify", notify: read.value });
  });
}

Deno.test("a previous hash goes to the wire with each word turned round, and back", () => {
  // btcpool TestStratum, testnet block 898486.
  const hash = hashFromDisplay("000000004f2ea239532b2e77bb46c03b86643caac3fe92959a31fd2d03979c34");
  const wire = "03979c349a31fd2dc3fe929586643caabb46c03b532b2e774f2ea23900000000";
  assertEquals(prevHashToWire(hash), wire);
  assertEquals(prevHashFromWire(wire), hash);
});

Deno.test("readNotify() takes the last parameter for the clean flag, after a field it does not know", () => {
  const [first] = recorded;
  const read = client.readNotify([...first.notify.slice(0, 8), "685468d7", true]);
  assert(read.ok);
  assertEquals(read.value.clean, true);
});

Deno.test("readNotify() refuses what cpuminer-opt refuses: fields of another type or length", () => {
  const fine = recorded[0].notify as readonly unknown[];
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
    assertEquals(client.readNotify(fine.with(at, value)).ok, false, `param ${at}`);
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
