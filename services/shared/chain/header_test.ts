import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { block100000, genesis, headers } from "@gopool/testing/vectors";
import { DecodeError, displayHash, fromHex, hashFromDisplay, toHex } from "./bytes.ts";
import { decodeHeader, encodeHeader, type Header, headerHash } from "./header.ts";
import { meetsTarget, targetFromBits } from "./target.ts";
import type { Hash, UnixSeconds } from "./units.ts";

Deno.test("recorded headers have their hash, and survive decoding", () => {
  for (const { name, header, hash } of headers) {
    const bytes = fromHex(header);
    assertEquals(displayHash(headerHash(bytes)), hash, name);
    assertEquals(toHex(encodeHeader(decodeHeader(bytes))), header, name);
  }
});

Deno.test("mainnet block 100000 is rebuilt from its fields and meets its bits", () => {
  const header = encodeHeader({
    version: block100000.version,
    previousHash: hashFromDisplay(block100000.prevHash),
    merkleRoot: hashFromDisplay(block100000.merkleRoot),
    time: block100000.ntime as UnixSeconds,
    nbits: block100000.nbits,
    nonce: block100000.nonce,
  });
  const hash = headerHash(header);
  assertEquals(displayHash(hash), block100000.hash);
  assertEquals(meetsTarget(hash, targetFromBits(block100000.nbits)), true);
});

Deno.test("the genesis header reads as it was made", () => {
  const header = decodeHeader(fromHex(genesis.header));
  assertEquals([header.version, header.time, header.nbits, header.nonce] as number[], [
    1,
    1231006505,
    0x1d00_ffff,
    2083236893,
  ]);
  assertEquals(displayHash(header.merkleRoot), genesis.txid);
  assertEquals(displayHash(header.previousHash), "00".repeat(32));
});

Deno.test("every header of 80 bytes goes there and back", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 80, maxLength: 80 }), (bytes) => {
    assertEquals(toHex(encodeHeader(decodeHeader(bytes))), toHex(bytes));
  }));
});

Deno.test("a header read from a buffer does not change with it", () => {
  const bytes = fromHex(genesis.header);
  const { merkleRoot } = decodeHeader(bytes);
  bytes.fill(0);
  assertEquals(displayHash(merkleRoot), genesis.txid);
});

Deno.test("anything but 80 bytes, or a hash of another length, is refused", () => {
  for (const length of [0, 79, 81, 160]) {
    assertThrows(() => decodeHeader(new Uint8Array(length)), DecodeError, `is ${length}`);
    assertThrows(() => headerHash(new Uint8Array(length)), DecodeError, `is ${length}`);
  }
  const header: Header = decodeHeader(fromHex(genesis.header));
  const short = new Uint8Array(31) as Hash;
  assertThrows(() => encodeHeader({ ...header, merkleRoot: short }), RangeError, "32 and 31");
});
