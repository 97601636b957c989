import { Transaction as Reference } from "bitcoinjs-lib";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { bip54, genesis, templates } from "@gopool/testing/vectors";
import { assembleBlock, BLOCK_MAX_BYTES, blockHash, decodeBlock } from "./block.ts";
import { compactSize, concat, DecodeError, displayHash, fromHex, toHex } from "./bytes.ts";
import { encodeHeader } from "./header.ts";
import { merkleRoot } from "./merkle.ts";
import { decodeTransaction, isCoinbase, weightOf } from "./transaction.ts";

const transactions = templates.flatMap((template) => template.transactions);
const genesisBlock = concat(fromHex(genesis.header), Uint8Array.of(1), fromHex(genesis.coinbase));

/** What was read, put together again from its own parts. */
function rebuilt(bytes: Uint8Array): Uint8Array {
  const { header, transactions } = decodeBlock(bytes);
  const whole = transactions.map((tx) => tx.bytes);
  return concat(encodeHeader(header), compactSize(whole.length), ...whole);
}

Deno.test("transactions of real templates have the ids and weights that bitcoind gives them", () => {
  for (const { data, txid, hash, weight } of transactions) {
    const tx = decodeTransaction(fromHex(data));
    assertEquals([displayHash(tx.txid), displayHash(tx.wtxid)], [txid, hash]);
    assertEquals(weightOf(tx), weight);
    assertEquals(tx.hasWitness, txid !== hash);
    assertEquals(isCoinbase(tx), false);
    const reference = Reference.fromHex(data);
    assertEquals(tx.outputs.map(({ sats }) => sats as bigint), reference.outs.map((o) => o.value));
    assertEquals(
      tx.inputs.map(({ witness }) => witness.map(toHex)),
      reference.ins.map(({ witness }) => witness.map(toHex)),
    );
  }
});

Deno.test("the genesis block is read, and its parts are the chain's own", () => {
  const block = decodeBlock(genesisBlock);
  assertEquals(displayHash(block.hash), genesis.hash);
  assertEquals(displayHash(blockHash(genesisBlock)), genesis.hash);
  const [coinbase] = block.transactions;
  assert(isCoinbase(coinbase!));
  assertEquals(displayHash(coinbase!.txid), genesis.txid);
  assertEquals(coinbase!.outputs[0]!.sats as bigint, 5_000_000_000n);
  assertEquals(coinbase!.wtxid, coinbase!.txid);
});

Deno.test("BIP 54's blocks are read whole, each with the root its header commits to", () => {
  const blocks = [...bip54.chain, ...bip54.height4.map(({ block }) => block)];
  for (const hex of blocks) {
    const { header, transactions } = decodeBlock(fromHex(hex));
    assertEquals(
      toHex(merkleRoot(transactions.map(({ txid }) => txid))),
      toHex(header.merkleRoot),
    );
    assertEquals(toHex(rebuilt(fromHex(hex))), hex);
  }
});

Deno.test("a block is its header, a count, the coinbase and the template's bytes as they came", () => {
  const header = fromHex(genesis.header), coinbase = fromHex(genesis.coinbase);
  const raw = transactions.map(({ data }) => fromHex(data));
  const block = assembleBlock(header, coinbase, raw);
  assertEquals(
    toHex(block),
    genesis.header + toHex(compactSize(1 + raw.length)) + genesis.coinbase +
      transactions.map(({ data }) => data).join(""),
  );
  const read = decodeBlock(block).transactions;
  assertEquals(read.slice(1).map(({ txid }) => displayHash(txid)), transactions.map((t) => t.txid));
  assertEquals(toHex(assembleBlock(header, coinbase, [])), toHex(genesisBlock));
  assertThrows(() => assembleBlock(header.subarray(1), coinbase, []), DecodeError, "79 bytes");
  assertThrows(() => blockHash(header.subarray(1)), DecodeError, "79 bytes");
});

Deno.test("a block of 300 transactions announces them in three bytes", () => {
  const coinbase = fromHex(genesis.coinbase);
  const block = assembleBlock(fromHex(genesis.header), coinbase, Array(299).fill(coinbase));
  assertEquals(toHex(block.subarray(80, 83)), "fd2c01");
  assertEquals(decodeBlock(block).transactions.length, 300);
});

const head = genesis.header, tx = genesis.coinbase;
const segwit = transactions.find(({ txid, hash }) => txid !== hash)!.data;
const broken: [string, string][] = [
  ["header is cut short", head.slice(2)],
  ["transactions is cut short", head],
  ["announces 1 transactions, more than its bytes can hold", head + "01" + tx.slice(0, 18)],
  ["announces 1 inputs, more than its bytes can hold", head + "01" + tx.slice(0, 90)],
  ["scriptSig is cut short", head + "01" + tx.slice(0, 100)],
  ["lock time is cut short", head + "01" + tx.slice(0, -2)],
  ["1 bytes are left over, they begin with 00", head + "01" + tx + "00"],
  ["the length of its transactions is not in its shortest form", head + "fd0100" + tx],
  ["the length of its transactions is not in its shortest form", head + "fe01000000" + tx],
  ["the length of its transactions is not in its shortest form", head + "ff0100000000000000" + tx],
  ["announces 255 transactions, more than its bytes can hold", head + "fdff00" + tx],
  ["more than its bytes can hold", head + "ffffffffffffffffff" + tx],
  ["its flag is none that is known", head + "01" + tx.slice(0, 8) + "0002" + tx.slice(8)],
  ["has the form with witness but no witness", head + "01" + unwitnessed(segwit)],
];
for (const [sentence, hex] of broken) {
  Deno.test(`decodeBlock() says "${sentence}" of ${hex.slice(160, 184)}… (${hex.length / 2} bytes)`, () => {
    const error = assertThrows(() => decodeBlock(fromHex(hex)), DecodeError, sentence);
    assert(/^Cannot read a block: at byte \d+, /.test(error.message));
  });
}

/** A transaction of one input with marker and flag kept, and a witness of no items. */
function unwitnessed(data: string): string {
  const bare = toHex(decodeTransaction(fromHex(data)).strippedBytes);
  return bare.slice(0, 8) + "0001" + bare.slice(8, -8) + "00" + bare.slice(-8);
}

Deno.test("a block beyond 4,000,000 bytes is not even looked at", () => {
  assertThrows(
    () => decodeBlock(new Uint8Array(BLOCK_MAX_BYTES + 1)),
    DecodeError,
    "at most 4000000",
  );
});

Deno.test("no bytes make a reader fail with anything but a DecodeError", () => {
  const whole = [genesisBlock, ...bip54.height4.map(({ block }) => fromHex(block))];
  whole.push(assembleBlock(fromHex(head), fromHex(tx), [fromHex(segwit)]));
  const bent = fc.tuple(
    fc.constantFrom(...whole),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
    fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -5, max: 5 })),
  ).map(([bytes, changes, longer]) => {
    const out = new Uint8Array(bytes.length + longer);
    out.set(bytes.subarray(0, out.length));
    for (const [at, byte] of changes) out[80 + at % (out.length - 80)] = byte;
    return out;
  });
  const input = fc.oneof({ weight: 9, arbitrary: bent }, fc.uint8Array({ maxLength: 200 }));
  let read = 0;
  fc.assert(
    fc.property(input, (bytes) => {
      try {
        // What is read is all there was, and foreign code agrees on every id.
        assertEquals(toHex(rebuilt(bytes)), toHex(bytes));
        for (const tx of decodeBlock(bytes).transactions) {
          assertEquals(Reference.fromBuffer(tx.bytes).getId(), displayHash(tx.txid));
        }
        read++;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
  assert(read > 100, `only ${read} of 1000 could be read: the fuzz no longer reaches the inside`);
});
