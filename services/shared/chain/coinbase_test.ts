import { Transaction as Reference } from "bitcoinjs-lib";
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { bip54, templates } from "@gopool/testing/vectors";
import { decodeBlock } from "./block.ts";
import { concat, displayHash, fromHex, toHex } from "./bytes.ts";
import {
  coinbasePrefix,
  coinbaseSuffix,
  coinbaseWithWitness,
  commitmentScript,
  EXTRANONCE1_BYTES,
  EXTRANONCE2_BYTES,
  SCRIPT_SIG_MAX_BYTES,
  scriptSigTail,
  type SuffixParts,
} from "./coinbase.ts";
import { heightFromScriptSig } from "./height.ts";
import { witnessCommitment } from "./merkle.ts";
import { sha256d } from "./sha256.ts";
import { decodeTransaction, isCoinbase } from "./transaction.ts";
import { type Hash, sats } from "./units.ts";
import type { VariantRecipe } from "./variant.ts";

const poolScript = fromHex("0014ca81d03f2707c355502622c7db77fdf79546926e");
const own: VariantRecipe = {
  id: 1,
  name: "pool",
  outputs: [{ amount: { kind: "remainder" }, payee: { kind: "script", script: poolScript } }],
  snapshotId: new Uint8Array(0),
};
const extranonce = fromHex("aabbccdd0102030405060708");
const jobId = "0000000100000abc";
const empty = commitmentScript(witnessCommitment([]));

function suffix(parts: Partial<SuffixParts> = {}): Uint8Array {
  return coinbaseSuffix({
    recipe: own,
    coinbaseValue: sats(5_000_000_000n),
    accountScript: null,
    witnessCommitment: empty,
    scriptSigTail,
    height: 101,
    ...parts,
  });
}

function coinbase(height: number, tag: string, parts: Partial<SuffixParts> = {}): Uint8Array {
  return concat(coinbasePrefix({ height, jobId, tag }), extranonce, suffix({ height, ...parts }));
}

Deno.test("the bytes of a coinbase stand where they are said to stand", () => {
  assertEquals(EXTRANONCE1_BYTES + EXTRANONCE2_BYTES, extranonce.length);
  assertEquals(
    toHex(coinbasePrefix({ height: 101, jobId, tag: "/GoPool/" })),
    "02000000" + "01" + "00".repeat(32) + "ffffffff" + "21" + "0165" + "082f476f506f6f6c2f" +
      "08" + jobId + "0c",
  );
  assertEquals(
    toHex(suffix()),
    "feffffff" + "02" + "00f2052a01000000" + "16" + toHex(poolScript) +
      "0000000000000000" + "26" + toHex(empty) + "64000000",
  );
});

Deno.test("a coinbase reads as one: height, BIP 54 lock, tag, job id, extranonce, commitment last", () => {
  for (const height of [1, 2, 16, 17, 127, 128, 255, 256, 32_768, 840_000, 8_388_608]) {
    const bytes = coinbase(height, "/GoPool/");
    const tx = decodeTransaction(bytes);
    assert(isCoinbase(tx));
    assertEquals([tx.version, tx.lockTime, tx.inputs[0]!.sequence], [2, height - 1, 0xffff_fffe]);
    const script = tx.inputs[0]!.scriptSig;
    assertEquals(heightFromScriptSig(script), height);
    assert(toHex(script).endsWith("082f476f506f6f6c2f08" + jobId + "0c" + toHex(extranonce)));
    assertEquals(toHex(tx.outputs.at(-1)!.script), toHex(empty));
    assertEquals(displayHash(tx.txid), Reference.fromBuffer(bytes).getId());
  }
});

Deno.test("the tag is shortened so that the scriptSig has at most 70 bytes, never inside a character", () => {
  for (const height of [1, 101, 840_000, 16_777_216]) {
    for (const tag of ["", "x", "x".repeat(40), "x".repeat(500), "⛏️".repeat(40), "€".repeat(40)]) {
      const script = decodeTransaction(coinbase(height, tag)).inputs[0]!.scriptSig;
      assert(script.length <= SCRIPT_SIG_MAX_BYTES);
      const tail = 1 + 8 + 1 + 12, head = script[0]! <= 4 ? 1 + script[0]! : 1;
      const push = script.subarray(head, script.length - tail);
      const text = new TextDecoder("utf-8", { fatal: true }).decode(push.subarray(1));
      assert(tag.startsWith(text));
      // What was left out would not have fitted.
      if (text !== tag) assert(script.length > SCRIPT_SIG_MAX_BYTES - 4);
      if (tag === "") assertEquals(push.length, 0);
      else assertEquals(push[0], push.length - 1);
    }
  }
});

Deno.test("a scriptSig tail takes its room from the tag and stands before the sequence", () => {
  const tail = new Uint8Array(20).fill(0x51);
  const prefix = coinbasePrefix({ height: 101, jobId, tag: "x".repeat(99), scriptSigTail: tail });
  const tx = decodeTransaction(concat(prefix, extranonce, suffix({ scriptSigTail: tail })));
  assertEquals(tx.inputs[0]!.scriptSig.length, SCRIPT_SIG_MAX_BYTES);
  assert(toHex(tx.inputs[0]!.scriptSig).endsWith(toHex(concat(extranonce, tail))));
  const long = new Uint8Array(50);
  assertThrows(
    () => coinbasePrefix({ height: 101, jobId, tag: "", scriptSigTail: long }),
    RangeError,
    "would have 74 bytes without a tag",
  );
});

Deno.test("a coinbase paying a session's taproot account and a fee fits hobby miners' 255 bytes", () => {
  const taproot = concat(Uint8Array.of(0x51, 0x20), new Uint8Array(32).fill(9));
  const solo: VariantRecipe = {
    ...own,
    outputs: [
      { amount: { kind: "remainder" }, payee: { kind: "account" } },
      { amount: { kind: "fee", basisPoints: 150 }, payee: { kind: "script", script: taproot } },
    ],
  };
  const bytes = coinbase(8_000_000, "x".repeat(99), { recipe: solo, accountScript: taproot });
  assertLess(bytes.length, 255);
});

Deno.test("the outputs are those that ckpool made of the same templates", () => {
  const miner = poolScript, donation = fromHex("0014fd8b1a0b2a4c387d0a418969c62f2812c76ee45d");
  const recipe: VariantRecipe = {
    ...own,
    outputs: [
      { amount: { kind: "remainder" }, payee: { kind: "script", script: miner } },
      { amount: { kind: "fee", basisPoints: 200 }, payee: { kind: "script", script: donation } },
    ],
  };
  const ofCkpool = templates.filter(({ source }) => source.includes("ckpool"));
  assertEquals(ofCkpool.length, 4);
  for (const { name, coinbasevalue, height, default_witness_commitment, notify } of ofCkpool) {
    const bytes = suffix({
      recipe,
      coinbaseValue: sats(BigInt(coinbasevalue)),
      height,
      witnessCommitment: fromHex(default_witness_commitment),
    });
    const outputs = toHex(bytes.subarray(4, bytes.length - 4));
    assert(notify[3].includes("ffffffff" + outputs), name);
  }
});

Deno.test("the witness adds marker, flag and reserved value, and leaves the txid alone", () => {
  const bare = coinbase(101, "t");
  const whole = coinbaseWithWitness(bare, true);
  assertEquals(whole.length, bare.length + 36);
  const tx = decodeTransaction(whole);
  assertEquals(tx.inputs[0]!.witness.map(toHex), ["00".repeat(32)]);
  assertEquals(toHex(tx.strippedBytes), toHex(bare));
  assertEquals(displayHash(tx.txid), displayHash(sha256d(bare)));
  assertEquals(Reference.fromBuffer(whole).getId(), displayHash(tx.txid));

  const without = coinbase(101, "t", { witnessCommitment: new Uint8Array(0) });
  assertEquals(toHex(coinbaseWithWitness(without, false)), toHex(without));
  assertEquals(decodeTransaction(without).outputs.length, 1);
});

Deno.test("lock time and sequence are what BIP 54 accepts, and what its vectors tell apart", () => {
  for (const { valid, lockTime, sequence, block } of bip54.height4) {
    const [tx] = decodeBlock(fromHex(block)).transactions;
    const read = [tx!.lockTime, tx!.inputs[0]!.sequence];
    assertEquals(read, [lockTime, Number.parseInt(sequence, 16)]);
    assertEquals(read[0] === 3 && read[1] !== 0xffff_ffff, valid);
  }
  const ours = decodeTransaction(coinbase(4, ""));
  assertEquals([ours.lockTime, ours.inputs[0]!.sequence], [3, 0xffff_fffe]);
});

Deno.test("two jobs never share a coinbase, nor do two extranonces", () => {
  const other = coinbasePrefix({ height: 101, jobId: "0000000100000abd", tag: "t" });
  assert(toHex(other) !== toHex(coinbasePrefix({ height: 101, jobId, tag: "t" })));
});

Deno.test("any recipe, tag and height give a coinbase that foreign code reads the same", () => {
  const tag = fc.string({ unit: "grapheme", maxLength: 60 });
  const points = fc.integer({ min: 0, max: 10_000 });
  const value = fc.bigInt({ min: 0n, max: 5_000_000_000n });
  const script = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const height = fc.integer({ min: 1, max: 500_000_000 });
  fc.assert(
    fc.property(tag, points, value, script, height, (tag, basisPoints, value, s, height) => {
      const recipe: VariantRecipe = {
        ...own,
        outputs: [
          { amount: { kind: "fee", basisPoints }, payee: { kind: "account" } },
          { amount: { kind: "remainder" }, payee: { kind: "script", script: poolScript } },
        ],
      };
      const parts = { recipe, coinbaseValue: sats(value), accountScript: s };
      const bytes = coinbaseWithWitness(coinbase(height, tag, parts), true);
      const read = Reference.fromBuffer(bytes);
      assert(read.isCoinbase());
      assertEquals(read.outs.map((out) => out.value), [
        value * BigInt(basisPoints) / 10_000n,
        value - value * BigInt(basisPoints) / 10_000n,
        0n,
      ]);
      assertEquals(toHex(read.outs[0]!.script), toHex(s));
      assertEquals([read.locktime, read.version], [height - 1, 2]);
      assert(read.ins[0]!.script.length <= SCRIPT_SIG_MAX_BYTES);
      assertEquals(heightFromScriptSig(read.ins[0]!.script), height);
      assertEquals(toHex(read.toBuffer()), toHex(bytes));
    }),
  );
});

Deno.test("heights that cannot be mined and malformed parts are refused", () => {
  for (const height of [0, -1, 1.5, 500_000_001]) {
    assertThrows(() => coinbasePrefix({ height, jobId, tag: "" }), RangeError, "must be from 1");
    assertThrows(() => suffix({ height }), RangeError, "must be from 1");
  }
  for (const id of ["", "00", "0000000100000abc00"]) {
    assertThrows(
      () => coinbasePrefix({ height: 1, jobId: id, tag: "" }),
      SyntaxError,
      "must be 16 hex digits",
    );
  }
  const bad = [empty.subarray(1), concat(empty, Uint8Array.of(0)), new Uint8Array(38)];
  for (const witnessCommitment of bad) {
    assertThrows(() => suffix({ witnessCommitment }), RangeError, "must be the 38-byte script");
  }
  assertThrows(() => commitmentScript(new Uint8Array(31) as Hash), RangeError);
});
