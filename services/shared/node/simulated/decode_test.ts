import { assertEquals, assertThrows } from "@std/assert";
import { DecodeError, displayHash, fromHex, toHex } from "@gopool/chain";
import { decodeBlock, decodeTransaction, isCoinbase } from "./decode.ts";
import { encodeTransaction, OP_TRUE_WITNESS } from "./draft.ts";
import { GENESIS_BLOCK } from "./rules.ts";

const tx = {
  version: -2,
  inputs: [{
    outpoint: new Uint8Array(36).fill(1),
    script: Uint8Array.of(0x51),
    sequence: 0xfffffffd,
    witness: [OP_TRUE_WITNESS, new Uint8Array(300)],
  }],
  outputs: [{ value: -1n, script: new Uint8Array(260) }],
  lockTime: 9,
};

Deno.test("decodeBlock() reads the regtest genesis block to its known hash and merkle root", () => {
  const block = decodeBlock(fromHex(GENESIS_BLOCK));
  assertEquals(
    displayHash(block.hash),
    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
  );
  assertEquals(toHex(block.transactions[0]!.txid), toHex(block.header.merkleRoot));
  assertEquals(isCoinbase(block.transactions[0]!), true);
  assertEquals(block.weight, block.raw.length * 4);
});

Deno.test("decodeBlock() ignores what follows the block, as Bitcoin Core does", () => {
  const bytes = fromHex(GENESIS_BLOCK + "ffff");
  assertEquals(decodeBlock(bytes).raw.length, bytes.length - 2);
});

Deno.test("decodeTransaction() gives sizes and both ids of a transaction with a witness", () => {
  const full = encodeTransaction(tx);
  const stripped = encodeTransaction(tx, false);
  const read = decodeTransaction(full);
  assertEquals(read.strippedSize, stripped.length);
  assertEquals(read.weight, stripped.length * 3 + full.length);
  assertEquals(read.txid, decodeTransaction(stripped).txid);
  assertEquals(read.txid === read.wtxid, false);
  assertEquals([read.version, read.outputs[0]!.value, read.lockTime], [-2, -1n, 9]);
  assertEquals(read.inputs[0]!.witness[1]!.length, 300);
});

const input = "00".repeat(36) + "00" + "ffffffff";
const refused: [given: string, hex: string, words: string][] = [
  ["nothing", "", "End of data"],
  [
    "a witness record without a witness",
    "02000000" + "0001" + "01" + input + "00" + "00" + "00000000",
    "Superfluous witness",
  ],
  ["an unknown flag", "02000000" + "0002" + "01" + input + "00" + "00000000", "optional data"],
  ["a length not in its shortest form", "02000000" + "fd0100" + input + "0000000000", "canonical"],
  ["a length beyond the largest", "02000000" + "fe01000002", "too large"],
  ["bytes left over", toHex(encodeTransaction(tx)) + "00", "after the transaction"],
];
for (const [given, hex, words] of refused) {
  Deno.test(`decodeTransaction() refuses ${given}`, () => {
    assertThrows(() => decodeTransaction(fromHex(hex)), DecodeError, words);
  });
}
