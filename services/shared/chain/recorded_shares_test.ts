/**
 * Shares that real miners sent to real pools, walked from notify and submit to header, hash and difficulty with
 * this room's functions alone.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { block100000, shares, sv2 } from "@gopool/testing/vectors";
import { concat, displayHash, fromHex, hashFromDisplay, toHex, u32le } from "./bytes.ts";
import { encodeHeader, headerHash } from "./header.ts";
import { merkleBranch, rootFromBranch } from "./merkle.ts";
import { midstate, sha256d, sha256dFrom } from "./sha256.ts";
import { difficultyOfHash, meetsTarget, targetFromBits, targetFromDifficulty } from "./target.ts";
import { decodeTransaction } from "./transaction.ts";
import type { Hash, UnixSeconds } from "./units.ts";

const word = (hex: string) => Number.parseInt(hex, 16);

/** A previous hash as notify writes it (each 4-byte word turned round) in internal order. */
function previousHash(wire: string): Hash {
  const words = wire.match(/.{8}/g)!.map((hex) => u32le(word(hex)));
  return concat(...words) as Hash;
}

for (const share of shares) {
  Deno.test(`${share.name}: coinbase, root, header, hash and difficulty come out as recorded`, () => {
    const [, previous, coinb1, coinb2, branch, version, nbits] = share.notify;
    const [, , extranonce2, ntime, nonce, versionBits = "00000000"] = share.submit;
    const coinbase = fromHex(coinb1 + share.extranonce1 + extranonce2 + coinb2);
    const txid = sha256d(coinbase);
    assertEquals(displayHash(txid), share.coinbase_txid);
    assertEquals(displayHash(decodeTransaction(coinbase).txid), share.coinbase_txid);
    const tail = coinbase.subarray(64);
    assertEquals(sha256dFrom(midstate(coinbase.subarray(0, 64)), 64, tail), txid);

    const merkleRoot = rootFromBranch(txid, branch.map((hex) => fromHex(hex) as Hash));
    assertEquals(toHex(merkleRoot), share.merkle_root_internal);

    const header = encodeHeader({
      version: (word(version) ^ word(versionBits)) >>> 0,
      previousHash: previousHash(previous),
      merkleRoot,
      time: word(ntime) as UnixSeconds,
      nbits: word(nbits),
      nonce: word(nonce),
    });
    assertEquals(toHex(header), share.header);
    const hash = headerHash(header);
    assertEquals(displayHash(hash), share.hash);
    assertEquals(difficultyOfHash(hash) as number, share.share_difficulty);
    assertEquals(meetsTarget(hash, targetFromBits(word(nbits))), share.meets_nbits);
    if (share.pool_diff !== null) {
      assertEquals(meetsTarget(hash, targetFromDifficulty(share.pool_diff)), true);
    }
  });
}

Deno.test("mainnet block 100000 is found again as a share of the job it was cut into", () => {
  const { coinb1, extranonce1, extranonce2, coinb2 } = block100000;
  const txid = sha256d(fromHex(coinb1 + extranonce1 + extranonce2 + coinb2));
  assertEquals(displayHash(txid), block100000.coinbaseTxid);
  const root = rootFromBranch(txid, merkleBranch(block100000.txids.map(hashFromDisplay)));
  assertEquals(displayHash(root), block100000.merkleRoot);
  const hash = headerHash(encodeHeader({
    version: block100000.version,
    previousHash: hashFromDisplay(block100000.prevHash),
    merkleRoot: root,
    time: block100000.ntime as UnixSeconds,
    nbits: block100000.nbits,
    nonce: block100000.nonce,
  }));
  assertEquals(displayHash(hash), block100000.hash);
  assertEquals(meetsTarget(hash, targetFromBits(block100000.nbits)), true);
  assertEquals(difficultyOfHash(hash).toFixed(2), "17583.06");
});

Deno.test("the coinbase of a Stratum V2 channel has the root that its headers carry", () => {
  const { coinbase, merkleRoot, share, block } = sv2.extendedChannel;
  assertEquals(toHex(sha256d(fromHex(coinbase))), merkleRoot);
  for (const { header, hash } of [share, block]) {
    assertEquals(header.slice(72, 136), merkleRoot);
    assertEquals(displayHash(headerHash(fromHex(header))), hash);
  }
});
