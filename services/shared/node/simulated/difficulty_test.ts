import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { type Random, seededRandom } from "@gopool/runtime";
import { decodeBlock } from "./decode.ts";
import { bitsOfWork, EASIEST_WORK, expectedHashes, type Paced, pacedWork } from "./difficulty.ts";
import { makeBlock } from "./miner.ts";
import { OWN_SCRIPTS } from "./own_scripts.ts";
import { openTestWorld } from "./node_fixture.ts";

const AIM_S = 35;

/** Seconds until the next block: blocks come as a Poisson process. */
function luck(random: Random, expectedSeconds: number): number {
  return -Math.log(1 - random.unit()) * expectedSeconds;
}

interface Found {
  /** Seconds since the start. */
  readonly at: number;
  /** Seconds the block was expected to take. */
  readonly expected: number;
}

/** Blocks found by this hash rate, which may change at a block. */
function mine(seed: number, hashRate: (block: number) => number, count: number): Found[] {
  const random = seededRandom(seed);
  const blocks: Paced[] = [];
  const found: Found[] = [];
  for (let at = 0, i = 0; i < count; i++) {
    const work = expectedHashes(bitsOfWork(pacedWork(AIM_S, blocks)));
    const expected = work / hashRate(i);
    const seconds = luck(random, expected);
    at += seconds;
    found.push({ at, expected });
    blocks.unshift({ work, spanMs: Math.round(seconds * 1000) });
  }
  return found;
}

function quantile(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)]!;
}

const SEEDS = 300;

for (const hashRate of [100e3, 400e3, 2e6, 10e6, 50e6]) {
  Deno.test(`pacedWork() brings ${hashRate / 1e3} kH/s to a block every 20 to 60 s and keeps it there`, () => {
    const settledAt: number[] = [], later: number[] = [], longest: number[] = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      const found = mine(seed, () => hashRate, 60);
      const first = found.findIndex(({ expected }) => expected >= AIM_S / 2);
      settledAt.push(first === 0 ? 0 : found[first - 1]!.at);
      later.push(...found.slice(12).map(({ expected }) => expected));
      longest.push(Math.max(...found.map(({ expected }) => expected)));
    }
    // Few blocks, and little time: the easy ones before come quickly.
    assertLess(quantile(settledAt, 0.95), 180);
    assertGreater(quantile(later, 0.05), 19);
    assertLess(quantile(later, 0.95), 62);
    const middle = quantile(later, 0.5);
    assert(middle > 28 && middle < 43, `half of all blocks are expected within ${middle} s`);
    // A lucky start must not be followed by a block that takes all evening.
    assertLess(quantile(longest, 0.95), 5 * AIM_S);
  });
}

Deno.test("pacedWork() follows a hash rate that falls and rises tenfold", () => {
  const fallen: number[] = [], risen: number[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const found = mine(seed, (i) => i >= 40 && i < 70 ? 1e6 : 10e6, 110);
    fallen.push(found[55]!.expected);
    risen.push(found[90]!.expected);
  }
  for (const values of [fallen, risen]) {
    assertGreater(quantile(values, 0.05), 15);
    assertLess(quantile(values, 0.95), 90);
  }
});

Deno.test("pacedWork() is never easier than the start, however long nobody mines", () => {
  const idle = Array.from({ length: 50 }, () => ({ work: EASIEST_WORK, spanMs: 86_400_000 }));
  assertEquals(pacedWork(AIM_S, idle), EASIEST_WORK);
  assertEquals(pacedWork(AIM_S, []), EASIEST_WORK);
});

Deno.test("pacedWork() halves at most after one block, be it that nobody mined for a night", () => {
  const steady = Array.from({ length: 20 }, () => ({ work: 64 * EASIEST_WORK, spanMs: 35_000 }));
  const night = { work: 64 * EASIEST_WORK, spanMs: 8 * 3_600_000 };
  assertEquals(pacedWork(AIM_S, [night, ...steady]), 32 * EASIEST_WORK);
});

Deno.test("a paced chain starts at the easiest work after the premine and rises by what it sees", async () => {
  using opened = openTestWorld({ difficulty: { paceSeconds: AIM_S } });
  const { world: { chain }, clock } = opened;
  const random = seededRandom(3);
  const works: number[] = [];
  for (let i = 0; i < 20; i++) {
    const { nbits } = chain.placeAfter(chain.tip);
    works.push(expectedHashes(nbits));
    await clock.advance(Math.round(luck(random, works[i]! / 20e6) * 1000));
    const { block } = makeBlock(chain, {
      parent: chain.tip,
      entries: [],
      scripts: OWN_SCRIPTS,
      time: Math.max(chain.nowSeconds(), chain.tip.medianTime + 1),
      salt: i,
    });
    // As if a miner had found it: only the proof is spared.
    assertEquals(chain.accept(decodeBlock(block.raw), { proofOfWork: false }).kind, "connected");
  }
  assertEquals(works[0], expectedHashes(bitsOfWork(EASIEST_WORK)));
  const seconds = works.at(-1)! / 20e6;
  assert(seconds > 12 && seconds < 100, `after 20 blocks one takes ${seconds} s`);
});

Deno.test("blocks the node makes itself do not move a paced chain's difficulty", () => {
  using opened = openTestWorld({ difficulty: { paceSeconds: AIM_S } });
  const { world } = opened;
  const before = world.chain.placeAfter(world.chain.tip).nbits;
  for (let i = 0; i < 10; i++) world.mine(world.chain.tip, { transactions: false });
  assertEquals(world.chain.placeAfter(world.chain.tip).nbits, before);
});
