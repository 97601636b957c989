import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { block100000, emptyBlock, genesis, merkle, templates } from "@gopool/testing/vectors";
import { displayHash, fromHex, hashFromDisplay, toHex } from "./bytes.ts";
import { commitmentScript } from "./coinbase.ts";
import {
  merkleBranch,
  merkleRoot,
  merkleRootAndMutation,
  rootFromBranch,
  witnessCommitment,
} from "./merkle.ts";
import { sha256d } from "./sha256.ts";
import type { Hash } from "./units.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as Hash);
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("branches are those of other pools' tests", () => {
  for (const { source, leaves, branch } of merkle.branches) {
    const txids = leaves.map((leaf) => sha256d(bytes(leaf)));
    assertEquals(merkleBranch(txids).map(toHex), branch, source);
  }
});

Deno.test("coinbases fold into the roots that miners' firmware computes", () => {
  for (const { source, coinbase, coinbaseHash, branch, root } of merkle.folds) {
    const txid = sha256d(fromHex(coinbase));
    if (coinbaseHash !== null) assertEquals(toHex(txid), coinbaseHash, source);
    const siblings = branch.map((hex) => fromHex(hex) as Hash);
    assertEquals(toHex(rootFromBranch(txid, siblings)), root, source);
  }
  for (const { source, coinb1, extranonce1, extranonce2, coinb2, hash } of merkle.coinbases) {
    assertEquals(
      toHex(sha256d(fromHex(coinb1 + extranonce1 + extranonce2 + coinb2))),
      hash,
      source,
    );
  }
});

Deno.test("templates give the branch and the commitment that bitcoind and ckpool made of them", () => {
  for (const { name, transactions, notify, default_witness_commitment } of templates) {
    const txids = transactions.map(({ txid }) => hashFromDisplay(txid));
    assertEquals(merkleBranch(txids).map(toHex), notify[4], name);
    const wtxids = transactions.map(({ hash }) => hashFromDisplay(hash));
    const script = commitmentScript(witnessCommitment(wtxids));
    assertEquals(toHex(script), default_witness_commitment, name);
  }
});

Deno.test("a block that holds only its coinbase commits to 64 zero bytes", () => {
  const commitment = witnessCommitment([]);
  assertEquals(toHex(commitment), emptyBlock.commitment);
  assertEquals(toHex(commitmentScript(commitment)), emptyBlock.script);
});

Deno.test("the roots of genesis and block 100000 are the chain's own", () => {
  assertEquals(displayHash(merkleRoot([hashFromDisplay(genesis.txid)])), genesis.txid);
  const coinbase = hashFromDisplay(block100000.coinbaseTxid);
  const txids = block100000.txids.map(hashFromDisplay);
  assertEquals(displayHash(merkleRoot([coinbase, ...txids])), block100000.merkleRoot);
  assertEquals(displayHash(rootFromBranch(coinbase, merkleBranch(txids))), block100000.merkleRoot);
});

Deno.test("folding the branch gives the root over all transactions, however many there are", () => {
  const txids = fc.array(hash, { maxLength: 70 });
  fc.assert(fc.property(hash, txids, (coinbase, others) => {
    const branch = merkleBranch(others);
    assertEquals(branch.length, Math.ceil(Math.log2(others.length + 1)));
    assertEquals(
      toHex(rootFromBranch(coinbase, branch)),
      toHex(merkleRoot([coinbase, ...others])),
    );
  }));
});

Deno.test("a transaction list padded to the same root is seen as mutated", () => {
  const [a, b, c] = ["a", "b", "c"].map((text) => sha256d(bytes(text))) as [Hash, Hash, Hash];
  const honest = merkleRootAndMutation([a, b, c]);
  const padded = merkleRootAndMutation([a, b, c, c]);
  assertEquals(toHex(honest.root), toHex(padded.root));
  assertEquals([honest.mutated, padded.mutated], [false, true]);
  // One row up: the pair (a, b) twice.
  assertEquals(merkleRootAndMutation([a, b, a, b]).mutated, true);
});

Deno.test("no transactions have no root", () => {
  assertThrows(() => merkleRoot([]), RangeError, "no transactions");
  assertEquals(merkleBranch([]), []);
});
