import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Random, seededRandom } from "@gopool/runtime";
import fc from "@gopool/testing/fc";
import {
  difficultyOf,
  luckOf,
  secondsToBlock,
  speedIn,
  speedOf,
  windowsAt,
  WORK_OF_DIFFICULTY_1,
  workOf,
} from "./arithmetic.ts";
import { MINUTE_MS } from "./levels.ts";

/** What shares of a machine of `hashrate` add up to in a span: they come by chance, at the difficulty of their time. */
function mined(
  random: Random,
  { hashrate, spanMs, difficultyAt }: {
    hashrate: number;
    spanMs: number;
    difficultyAt: (ms: number) => number;
  },
): { work: number; workSquared: number } {
  let work = 0, workSquared = 0;
  for (let ms = 0;;) {
    const own = workOf(difficultyAt(ms));
    // Waiting for a share is exponential, of mean work / hashrate; it is forgotten where the difficulty changes.
    const next = ms - Math.log(1 - random.unit()) * own / hashrate * 1_000;
    const changes = difficultyAt(next) !== difficultyAt(ms);
    if (changes && next <= spanMs) {
      ms = firstChange(ms, next, difficultyAt);
      continue;
    }
    if (next > spanMs) return { work, workSquared };
    ms = next;
    work += own;
    workSquared += own * own;
  }
}

function firstChange(fromMs: number, untilMs: number, difficultyAt: (ms: number) => number) {
  let low = fromMs, high = untilMs;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (difficultyAt(middle) === difficultyAt(fromMs)) low = middle;
    else high = middle;
  }
  return high;
}

/** Of so many streams the part whose figure lies within one and within two errors of the truth, and the mean figure. */
function coverage(
  streams: number,
  stream: { spanMs: number; difficultyAt: (ms: number) => number },
) {
  const random = seededRandom(20_261_123);
  const hashrate = 100e12;
  let one = 0, two = 0, sum = 0;
  for (let i = 0; i < streams; i += 1) {
    const { hashrate: told, error } = speedOf(
      mined(random, { hashrate, ...stream }),
      stream.spanMs,
    );
    if (Math.abs(told - hashrate) <= error) one += 1;
    if (Math.abs(told - hashrate) <= 2 * error) two += 1;
    sum += told;
  }
  return { one: one / streams, two: two / streams, mean: sum / streams / hashrate };
}

/** Seconds that a share of this difficulty takes 100 TH/s, the other way round. */
const difficultyOfSeconds = (seconds: number) => difficultyOf(100e12 * seconds);

for (
  const [what, stream] of [
    ["shares of one difficulty", { spanMs: 600_000, difficultyAt: () => difficultyOfSeconds(4) }],
    ["shares few and heavy", { spanMs: 600_000, difficultyAt: () => difficultyOfSeconds(17) }],
    ["a difficulty that rises eightfold half way", {
      spanMs: 600_000,
      difficultyAt: (ms: number) => difficultyOfSeconds(ms < 300_000 ? 1 : 8),
    }],
  ] as const
) {
  Deno.test(`speedOf() of ${what} is right on average, two of three times within its error`, () => {
    const { one, two, mean } = coverage(3_000, stream);
    assertAlmostEquals(mean, 1, 0.01);
    // Three sigma of 3,000 streams are 0.026; a small number of shares adds some steps of its own.
    assertAlmostEquals(one, 0.683, 0.04);
    assertAlmostEquals(two, 0.954, 0.025);
  });
}

Deno.test("speedOf() takes nothing from how shares are cut into spans: variances add", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 1, max: 1e18, noNaN: true }), { minLength: 1, maxLength: 50 }),
    fc.integer({ min: 1, max: 1e9 }),
    (works, spanMs) => {
      const of = (some: number[]) => ({
        work: some.reduce((a, b) => a + b, 0),
        workSquared: some.reduce((a, b) => a + b * b, 0),
      });
      const whole = speedOf(of(works), spanMs);
      const cut = works.length >> 1;
      const parts = [
        speedOf(of(works.slice(0, cut)), spanMs),
        speedOf(of(works.slice(cut)), spanMs),
      ];
      const near = (a: number, b: number) => assertAlmostEquals(a, b, b * 1e-9);
      near(parts[0]!.hashrate + parts[1]!.hashrate, whole.hashrate);
      near(Math.hypot(parts[0]!.error, parts[1]!.error), whole.error);
      assert(whole.error <= whole.hashrate * (1 + 1e-9), "one share is as wrong as it is large");
    },
  ));
});

Deno.test("speedOf() of an empty span is nothing, and speedIn() divides by the range that was summed", () => {
  assertEquals(speedOf({ work: 5, workSquared: 25 }, 0), { hashrate: 0, error: 0 });
  const valid = { shares: 1, work: 6_000, workSquared: 36e6, expected: 0 };
  const range = { fromMs: MINUTE_MS, untilMs: 2 * MINUTE_MS };
  assertEquals(speedIn({ range, valid }), { hashrate: 100, error: 100 });
});

Deno.test("difficulty 1 takes as many hashes as its target asks, and back", () => {
  // 2^256 / (0xffff * 2^208 + 1), with whole numbers.
  const exact = 2n ** 512n / (0xffffn * 2n ** 208n + 1n);
  assertEquals(WORK_OF_DIFFICULTY_1, Number(exact) / 2 ** 256);
  assertAlmostEquals(WORK_OF_DIFFICULTY_1 / 2 ** 32, 1.0000152590, 1e-9);
  fc.assert(fc.property(fc.double({ min: 1e-6, max: 1e15, noNaN: true }), (difficulty) => {
    assertAlmostEquals(difficultyOf(workOf(difficulty)), difficulty, difficulty * 1e-12);
  }));
});

Deno.test("luck is found against expected, the time to a block the work it needs against speed", () => {
  assertEquals(luckOf(3, 2), 1.5);
  assertEquals(luckOf(3, 0), 0);
  assertEquals(secondsToBlock(1, WORK_OF_DIFFICULTY_1 / 10), 10);
  assertEquals(secondsToBlock(1, 0), null);
});

Deno.test("windowsAt() ends at the settled minute and never reaches back behind the first", () => {
  const settled = 1_000 * MINUTE_MS;
  const spans = (first: number | null, at = settled) =>
    windowsAt(at, first).map(({ range }) => (range.untilMs - range.fromMs) / MINUTE_MS);
  assertEquals(spans(0), [1, 5, 15, 60, 360, 1_000, 1_000]);
  assertEquals(spans(settled - 20 * MINUTE_MS), [1, 5, 15, 20, 20, 20, 20]);
  assertEquals(spans(null), [0, 0, 0, 0, 0, 0, 0]);
  assertEquals(spans(settled + MINUTE_MS), [0, 0, 0, 0, 0, 0, 0]);
  const late = windowsAt(settled + 59_999, 0);
  assertEquals(late.map(({ name }) => name), ["1m", "5m", "15m", "1h", "6h", "24h", "7d"]);
  assert(late.every(({ range }) => range.untilMs === settled));
});
