import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { seededRandom } from "@gopool/runtime";
import { START_MS } from "./fixture.ts";
import { LiveRings, type LiveShare, told } from "./live_ring.ts";

function share(loggedAtMs: number, change: Partial<LiveShare> = {}): LiveShare {
  return {
    account: "one",
    worker: "rig",
    isValid: true,
    shares: 1,
    work: 1_000,
    difficulty: 2,
    loggedAtMs,
    ...change,
  };
}

Deno.test("a steady stream's hashrate is its work a second, in every second of an hour, however long it runs", () => {
  const rings = new LiveRings();
  for (let second = 0; second < 3_600; second++) {
    const nowMs = START_MS + second * 1_000;
    rings.add(share(nowMs), nowMs);
    // Over so little a share more or less is much; beyond a minute the rate stands.
    if (second < 120) continue;
    const { hashrate, standardError } = rings.pool(nowMs);
    assertAlmostEquals(hashrate, 1_000, 20);
    const seconds = Math.min(second, 600 + second % 20);
    assertAlmostEquals(standardError, 1_000 * Math.sqrt(seconds) / seconds, 2);
  }
  const nowMs = START_MS + 3_600_000;
  assertEquals([rings.pool(nowMs).sharesPerSecond, rings.pool(nowMs).rejectsPerSecond], [1, 0]);
  // What stops fades out within the window and is gone after it.
  const half = rings.pool(nowMs + 300_000);
  assertAlmostEquals(half.hashrate, 500, 30);
  assertEquals([half.accounts, half.workers], [1, 1]);
  const gone = rings.pool(nowMs + 640_000);
  assertEquals([gone.hashrate, gone.accounts, gone.workers], [0, 0, 0]);
});

Deno.test("the standard error covers what chance does to a miner's shares", () => {
  const random = seededRandom(3);
  let within = 0;
  const tries = 300;
  for (let i = 0; i < tries; i++) {
    const rings = new LiveRings();
    // Poisson: a share each 20 s on average.
    for (let ms = 0; ms < 1_200_000; ms += -Math.log(1 - random.unit()) * 20_000) {
      rings.add(share(START_MS + ms), START_MS + ms);
    }
    const { hashrate, standardError } = rings.pool(START_MS + 1_200_000);
    if (Math.abs(hashrate - 50) <= standardError) within++;
  }
  // Two thirds and a little, as one sigma has it.
  assert(within > tries * 0.6 && within < tries * 0.77, `${within} of ${tries}`);
});

Deno.test("what an account did is told once, valid and refused apart, with its newest difficulty", () => {
  const rings = new LiveRings();
  rings.add(share(START_MS + 10, { difficulty: 8 }), START_MS + 20);
  rings.add(share(START_MS + 5, { isValid: false, shares: 3, work: 0 }), START_MS + 20);
  rings.add(share(START_MS, { account: "old" }), START_MS + 700_000);
  const [one, ...others] = rings.takeActive();
  assertEquals(others, []);
  assertEquals([one!.shares, one!.rejects, one!.difficulty, one!.workSince], [1, 3, 8, 1_000]);
  told(one!);
  assertEquals(rings.takeActive(), []);
  rings.add(share(START_MS + 30, { worker: "two" }), START_MS + 30);
  const [again] = rings.takeActive();
  assertEquals([again!.shares, again!.rejects], [1, 0]);
  assertEquals(rings.of(again!, START_MS + 30).workers, 2);
});

Deno.test("accounts and workers beyond the bounds count for the pool alone, and what is gone makes room", () => {
  const rings = new LiveRings({ accounts: 2, workers: 3 });
  for (const account of ["a", "b", "c"]) {
    for (const worker of ["x", "y"]) {
      rings.add(share(START_MS, { account, worker }), START_MS);
    }
  }
  assertEquals(rings.size, { accounts: 2, workers: 3 });
  assertEquals(rings.pool(START_MS).accounts, 2);
  assertAlmostEquals(rings.pool(START_MS + 60_000).hashrate, 6_000 / 60, 1);
  rings.takeActive();
  const later = START_MS + 700_000;
  rings.sweep(later, 10);
  rings.sweep(later, 10);
  assertEquals(rings.size, { accounts: 0, workers: 0 });
  rings.add(share(later, { account: "c" }), later);
  assertEquals(rings.size, { accounts: 1, workers: 1 });
});
