import { assert, assertEquals, assertThrows } from "@std/assert";
import { bitsFromTarget, difficultyOfHash, type Hash, type Target } from "@gopool/chain";
import fc from "@gopool/testing/fc";
import { type CheckerOptions, ShareChecker, type Work } from "./check.ts";
import { numberOf, Numbers, plainHash, randomJob, randomShare, target32 } from "./fixtures.ts";
import { headerOf, type ShareFields } from "./plain.ts";

const MAX = 2n ** 256n - 1n;
const EASY = target32(MAX);
const LANES: readonly CheckerOptions["lanes"][] = ["one", "four", "auto"];
const checkers = LANES.map((lanes) => new ShareChecker({ lanes }));
const NBITS = 0x1d00ffff;

function add(checker: ShareChecker, work: Work, share: ShareFields, target = EASY): number {
  const { extranonce1, extranonce2, version, ntime, nonce } = share;
  return checker.add(work, extranonce1, extranonce2, version, ntime, nonce, target);
}

Deno.test("one lane, four lanes and node:crypto agree on every job and share", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 42, max: 320 }),
      fc.integer({ min: 6, max: 2000 }),
      fc.integer({ min: 0, max: 14 }),
      fc.integer({ min: 1, max: 6 }),
      (seed, prefix, suffixBytes, depth, count) => {
        const random = new Numbers(seed);
        const job = randomJob(seed, prefix, depth, NBITS);
        const suffix = random.bytes(suffixBytes);
        const shares = Array.from({ length: count }, () => randomShare(random));
        const expected = shares.map((share) => plainHash(job, suffix, share));
        for (const checker of checkers) {
          const work = checker.work(job, suffix);
          shares.forEach((share) => add(checker, work, share));
          assertEquals(checker.run(), count);
          shares.forEach((share, i) => {
            assertEquals(checker.hash(i), expected[i]!.hash);
            assertEquals(checker.header(i), expected[i]!.header);
            assertEquals(headerOf(job, suffix, share), expected[i]!.header);
          });
          checker.clear();
          checker.release(work);
        }
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("the extranonce may begin at any byte of a block, and the coinbase end at any", () => {
  const random = new Numbers(5);
  for (let prefix = 64; prefix < 128; prefix++) {
    const job = randomJob(prefix, prefix, 1, NBITS);
    const suffix = random.bytes(40 + prefix);
    const shares = Array.from({ length: 5 }, () => randomShare(random));
    for (const checker of checkers) {
      const work = checker.work(job, suffix);
      shares.forEach((share) => add(checker, work, share));
      checker.run();
      shares.forEach((share, i) => {
        assertEquals(checker.hash(i), plainHash(job, suffix, share).hash, `prefix ${prefix}`);
      });
      checker.clear();
      checker.release(work);
    }
  }
});

Deno.test("a coinbase of 100 kB is hashed like any other", () => {
  const job = randomJob(1, 90, 3, NBITS);
  const random = new Numbers(2);
  const suffix = random.bytes(100_000);
  const share = randomShare(random);
  for (const checker of checkers) {
    const work = checker.work(job, suffix);
    add(checker, work, share);
    checker.run();
    assertEquals(checker.hash(0), plainHash(job, suffix, share).hash);
    checker.clear();
    checker.release(work);
    assertEquals(checker.workBytes, 0);
  }
});

Deno.test("a hash meets a target that it equals, and not the one below", () => {
  const random = new Numbers(3);
  const job = randomJob(7, 80, 2, NBITS);
  const suffix = random.bytes(90);
  const shares = Array.from({ length: 4 }, () => randomShare(random));
  for (const checker of checkers) {
    const work = checker.work(job, suffix);
    for (const share of shares) {
      const hash = numberOf(plainHash(job, suffix, share).hash);
      // Also one that differs only in a middle word: every word of the comparison counts.
      const targets = [hash, hash - 1n, hash + 1n, hash ^ 1n << 130n, MAX, 0n];
      targets.forEach((target) => add(checker, work, share, target32(target)));
      checker.run();
      targets.forEach((target, i) => assertEquals(checker.meetsTarget(i), hash <= target));
      checker.clear();
    }
  }
});

Deno.test("a share of too low a difficulty is still known as a block, and the other way round", () => {
  const random = new Numbers(11);
  const suffix = random.bytes(90);
  const share = randomShare(random);
  for (const checker of checkers) {
    // Any hash but one in 2^128 is below this nbits' target, about half are below that of 207fffff.
    for (const nbits of [0x2100ffff, 0x207fffff, 0x1d00ffff]) {
      const job = randomJob(7, 80, 2, nbits);
      const { hash } = plainHash(job, suffix, share);
      const work = checker.work(job, suffix);
      add(checker, work, share, target32(0n));
      add(checker, work, share, EASY);
      checker.run();
      assertEquals([0, 1].map((i) => checker.meetsTarget(i)), [false, true]);
      const block = numberOf(hash) <= job.networkTarget;
      assertEquals([0, 1].map((i) => checker.meetsNetwork(i)), [block, block]);
      checker.clear();
    }
  }
});

Deno.test("the network target is met by a hash that equals it", () => {
  // A hash seldom is a target that nbits can say, so the job's target is put in its place.
  const random = new Numbers(13);
  const suffix = random.bytes(50);
  const share = randomShare(random);
  const job = randomJob(7, 80, 0, NBITS);
  const hash = numberOf(plainHash(job, suffix, share).hash);
  for (const checker of checkers) {
    for (const [target, met] of [[hash, true], [hash - 1n, false]] as const) {
      const exact = { ...job, networkTarget: target as Target, target32: target32(target) };
      const work = checker.work(exact, suffix);
      add(checker, work, share);
      checker.run();
      assertEquals(checker.meetsNetwork(0), met);
      checker.clear();
    }
  }
  assert(bitsFromTarget(job.networkTarget) === NBITS);
});

Deno.test("shares of many works in one batch get each its own hash, in whatever order they came", () => {
  const random = new Numbers(21);
  const jobs = Array.from({ length: 7 }, (_, i) => randomJob(i, 60 + 5 * i, i, NBITS));
  for (const checker of checkers) {
    const works = jobs.map((job, i) => checker.work(job, random.bytes(30 + 31 * i)));
    for (let round = 0; round < 3; round++) {
      const added = Array.from({ length: 200 }, () => {
        const work = works[random.below(works.length)]!;
        const share = randomShare(random);
        return { work, share, index: add(checker, work, share) };
      });
      assertEquals(checker.run(), 200);
      for (const { work, share, index } of added) {
        assertEquals(checker.hash(index), plainHash(work.job, work.suffix, share).hash);
      }
      // Added after a run: only these are hashed, and the earlier results stay.
      const late = randomShare(random);
      assertThrows(() => checker.hash(200), RangeError, "not judged");
      add(checker, works[1]!, late);
      assertThrows(() => checker.meetsNetwork(200), RangeError, "not judged");
      assertEquals(checker.run(), 1);
      assertEquals(checker.hash(200), plainHash(works[1]!.job, works[1]!.suffix, late).hash);
      assertEquals(
        checker.hash(0),
        plainHash(added[0]!.work.job, added[0]!.work.suffix, added[0]!.share).hash,
      );
      checker.clear();
      assertEquals(checker.size, 0);
      assertThrows(() => checker.meetsTarget(0), RangeError, "not judged");
    }
    works.forEach((work) => checker.release(work));
  }
});

Deno.test("difficulty() is what the chain says of the hash, to a double's precision", () => {
  const checker = new ShareChecker();
  const random = new Numbers(31);
  const work = checker.work(randomJob(1, 60, 1, NBITS), random.bytes(100));
  for (let i = 0; i < 50; i++) add(checker, work, randomShare(random));
  checker.run();
  for (let i = 0; i < 50; i++) {
    const exact = difficultyOfHash(checker.hash(i) as Hash);
    assert(Math.abs(checker.difficulty(i) - exact) <= exact * 1e-14);
  }
});

Deno.test("work() gives the same work for the same coinbase, and reuses the memory of released ones", () => {
  const checker = new ShareChecker();
  const job = randomJob(1, 60, 4, NBITS);
  const random = new Numbers(41);
  const suffix = random.bytes(100);
  const work = checker.work(job, suffix);
  assertEquals(checker.work(job, suffix.slice()), work);
  const other = checker.work(job, random.bytes(100));
  assert(other !== work);
  const { workBytes } = checker;
  for (let i = 0; i < 500; i++) {
    const next = checker.work(randomJob(i, 60, 4, NBITS), suffix);
    assert(next.address !== work.address && next.address !== other.address);
    assertEquals(checker.workBytes, workBytes * 3 / 2);
    checker.release(next);
    checker.release(next); // twice is no mistake
  }
  checker.releaseJob(job);
  assertEquals(checker.workBytes, 0);
  assertThrows(() => add(checker, work, randomShare(random)), RangeError, "was released");
  assert(checker.work(job, suffix) !== work);
});

Deno.test("a work released in the middle of a batch keeps its place until the batch is cleared", () => {
  const checker = new ShareChecker();
  const random = new Numbers(43);
  const suffix = random.bytes(100);
  const job = randomJob(1, 60, 4, NBITS);
  const work = checker.work(job, suffix);
  const share = randomShare(random);
  add(checker, work, share);
  checker.release(work);
  const next = checker.work(randomJob(2, 60, 4, NBITS), suffix);
  assert(next.address !== work.address);
  checker.run();
  assertEquals(checker.hash(0), plainHash(job, suffix, share).hash);
  checker.clear();
  assertEquals(checker.work(randomJob(3, 60, 4, NBITS), suffix).address, work.address);
});

Deno.test("the memory grows under a batch without touching it", () => {
  const checker = new ShareChecker();
  const random = new Numbers(47);
  const job = randomJob(1, 60, 4, NBITS);
  const suffix = random.bytes(100);
  const work = checker.work(job, suffix);
  const shares = Array.from({ length: 3 }, () => randomShare(random));
  add(checker, work, shares[0]!);
  checker.run();
  add(checker, work, shares[1]!);
  for (let i = 0; i < 20; i++) checker.work(job, random.bytes(60_000));
  add(checker, work, shares[2]!);
  checker.run();
  shares.forEach((share, i) => {
    assertEquals(checker.hash(i), plainHash(job, suffix, share).hash);
  });
});

Deno.test("add() refuses in a sentence what it cannot hash", () => {
  const checker = new ShareChecker();
  const random = new Numbers(53);
  const work = checker.work(randomJob(1, 60, 4, NBITS), random.bytes(100));
  const share = randomShare(random);
  const refused = (changed: Partial<ShareFields>, target: Uint8Array, what: string) =>
    assertThrows(() => add(checker, work, { ...share, ...changed }, target), RangeError, what);
  refused({ extranonce1: new Uint8Array(3) }, EASY, "must have 4 and 8");
  refused({ extranonce2: new Uint8Array(9) }, EASY, "must have 4 and 8");
  refused({}, EASY.slice(1), "must have 32");
  assertThrows(() => add(new ShareChecker(), work, share), RangeError, "another checker");
  assertEquals(checker.size, 0);
  for (let i = 0; i < ShareChecker.BATCH_MAX; i++) add(checker, work, share);
  refused({}, EASY, "the batch is full");
  assertEquals(checker.run(), ShareChecker.BATCH_MAX);
  assertEquals(
    checker.hash(ShareChecker.BATCH_MAX - 1),
    plainHash(work.job, work.suffix, share).hash,
  );
});
