/**
 * What the hashes of a share, a block and a template cost. Budget: below 2 µs for a header and below 20 µs for the
 * root over a coinbase and 12 siblings, so that building work for a new tip waits for nothing else.
 * Run: deno bench services/shared/chain
 *
 * @module
 */
import { createHash } from "node:crypto";
import { block100000, shares } from "@gopool/testing/vectors";
import { displayHash, fromHex, toHex } from "./bytes.ts";
import { merkleBranch, rootFromBranch } from "./merkle.ts";
import { midstate, sha256, sha256d, sha256dFrom } from "./sha256.ts";
import type { Hash } from "./units.ts";

const [recorded] = shares;
const header = fromHex(recorded!.header);
if (displayHash(sha256d(header)) !== recorded!.hash) {
  throw new Error("Cannot bench: the header no longer has its hash");
}
const coinbaseTxid = fromHex(recorded!.coinbase_txid).reverse() as Hash;
const branch = recorded!.notify[4].map((hex) => fromHex(hex) as Hash);
if (toHex(rootFromBranch(coinbaseTxid, branch)) !== recorded!.merkle_root_internal) {
  throw new Error("Cannot bench: the branch no longer has its root");
}
const coinbase = fromHex(
  block100000.coinb1 + block100000.extranonce1 + block100000.extranonce2 + block100000.coinb2,
);
const head = midstate(coinbase.subarray(0, 64));
const tail = coinbase.subarray(64);
if (displayHash(sha256dFrom(head, 64, tail)) !== block100000.coinbaseTxid) {
  throw new Error("Cannot bench: the coinbase no longer has its txid");
}

Deno.bench("80 bytes, here", { group: "sha256d of a header", baseline: true }, () => {
  sha256d(header);
});
Deno.bench("80 bytes, node:crypto", { group: "sha256d of a header" }, () => {
  createHash("sha256").update(createHash("sha256").update(header).digest()).digest();
});
Deno.bench("135 bytes after a midstate", { group: "sha256d of a coinbase" }, () => {
  sha256dFrom(head, 64, tail);
});
Deno.bench("12 siblings", { group: "root from a branch" }, () => {
  rootFromBranch(coinbaseTxid, branch);
});

// Where the native hash begins to win decides NATIVE_FROM_BYTES in sha256.ts.
for (const bytes of [128, 256, 511, 512, 1024, 4096]) {
  const message = new Uint8Array(bytes);
  Deno.bench(`${bytes} bytes, here`, { group: `${bytes} bytes` }, () => {
    sha256(message);
  });
  Deno.bench(`${bytes} bytes, node:crypto`, { group: `${bytes} bytes` }, () => {
    createHash("sha256").update(message).digest();
  });
}

const txids = Array.from({ length: 4000 }, (_, i) => sha256(new Uint8Array(4).fill(i)) as Hash);
Deno.bench("branch beside 4,000 transactions", { group: "a template" }, () => {
  merkleBranch(txids);
});
