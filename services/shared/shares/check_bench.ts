/**
 * The share check beside the same check with node:crypto. A usual share: coinbase of 300 bytes, extranonce at byte
 * 118, 12 branches: 44 compressions after the midstate.
 *
 * Budget: a batch at least 15 times as fast as node:crypto in the same process, a single share at least 5 times.
 * Run with `deno bench --allow-none`; the figures per iteration are for one share.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ShareChecker, type Work } from "./check.ts";
import { Numbers, plainHash, randomJob, randomShare, target32 } from "./fixtures.ts";
import type { ShareFields } from "./plain.ts";

const BATCH = 64;
const ROUNDS = 8;
const BATCHED_AT_LEAST = 15;
const SINGLE_AT_LEAST = 5;

const random = new Numbers(1);
const job = randomJob(1, 118, 12, 0x17023a04);
const suffix = random.bytes(300 - 118 - 12);
const target = target32(2n ** 224n);
const shares = Array.from({ length: BATCH }, () => randomShare(random));
const checker = new ShareChecker();
const work = checker.work(job, suffix);

function add(work: Work, share: ShareFields): void {
  const { extranonce1, extranonce2, version, ntime, nonce } = share;
  checker.add(work, extranonce1, extranonce2, version, ntime, nonce, target);
}

function batched(): number {
  checker.clear();
  for (const share of shares) add(work, share);
  checker.run();
  let met = 0;
  for (let i = 0; i < BATCH; i++) if (checker.meetsTarget(i) || checker.meetsNetwork(i)) met++;
  return met;
}

function single(): number {
  let met = 0;
  for (const share of shares) {
    checker.clear();
    add(work, share);
    checker.run();
    if (checker.meetsTarget(0) || checker.meetsNetwork(0)) met++;
  }
  return met;
}

function nodeCrypto(): number {
  let met = 0;
  for (const share of shares) {
    const { hash } = plainHash(job, suffix, share);
    if (hash[31] === 0 && hash[30] === 0 && hash[29] === 0 && hash[28] === 0) met++;
  }
  return met;
}

/** Best of several rounds, in ns per share: what the machine can do when nobody disturbs it. */
function best(run: () => number): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < 20; i++) run();
    least = Math.min(least, (performance.now() - begin) * 1e6 / (20 * BATCH));
  }
  return least;
}

batched();
shares.forEach((share, i) => assertEquals(checker.hash(i), plainHash(job, suffix, share).hash));
best(batched); // until the engine has compiled it well
best(single);
const figures = { batched: best(batched), single: best(single), nodeCrypto: best(nodeCrypto) };
console.log(
  `ns per share: batched ${figures.batched.toFixed(0)}, single ${figures.single.toFixed(0)}, ` +
    `node:crypto ${figures.nodeCrypto.toFixed(0)}: ` +
    `${(figures.nodeCrypto / figures.batched).toFixed(1)} and ` +
    `${(figures.nodeCrypto / figures.single).toFixed(1)} times as fast`,
);
assert(figures.nodeCrypto >= BATCHED_AT_LEAST * figures.batched, "a batch is too slow");
assert(figures.nodeCrypto >= SINGLE_AT_LEAST * figures.single, "a single share is too slow");

Deno.bench(`batch of ${BATCH} shares`, { group: "check" }, () => void batched());
Deno.bench(`${BATCH} single shares`, { group: "check" }, () => void single());
Deno.bench(`${BATCH} shares with node:crypto`, { group: "check", baseline: true }, () => {
  nodeCrypto();
});
