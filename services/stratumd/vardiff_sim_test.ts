/**
 * Vardiff against a thousand simulated miners, each a seed: Poisson arrivals at a true speed, a job every 30 s at a
 * random phase, a new difficulty only with a job. What is measured is the true expected rate, not the one seen.
 *
 * @module
 */
import { seededRandom } from "@gopool/runtime";
import { assert, assertGreaterOrEqual, assertLess } from "@std/assert";
import { Vardiff } from "./vardiff.ts";

const SEEDS = 1000;
/** 15 shares a minute. */
const AIM = 15 / 60;
const JOB_S = 30;
const BOUNDS = { min: 0, max: Infinity };
/** Hashes of a difficulty-1 share. */
const TWO_32 = 2 ** 32;

class SimulatedMiner {
  nowS = 0;
  steps = 0;
  readonly vardiff: Vardiff;
  #nextJobS: number;

  constructor(
    readonly random: { unit(): number },
    /** Difficulty-1 shares a second. */
    public speed: number,
    start: number,
  ) {
    this.vardiff = new Vardiff(start, 0);
    this.#nextJobS = random.unit() * JOB_S;
  }

  run(seconds: number): void {
    const endS = this.nowS + seconds;
    while (this.nowS < endS) {
      const spanS = Math.min(1, endS - this.nowS);
      for (let n = this.#poisson(this.speed / this.vardiff.difficulty * spanS); n > 0; n--) {
        this.vardiff.note();
      }
      this.nowS += spanS;
      this.vardiff.tick(this.nowS);
      if (this.nowS < this.#nextJobS) continue;
      this.#nextJobS += JOB_S;
      const wanted = this.vardiff.decide(this.nowS, AIM, BOUNDS);
      if (wanted === this.vardiff.difficulty) continue;
      this.steps++;
      this.vardiff.set(wanted, this.nowS);
    }
  }

  /** True rate over wanted rate. */
  get off(): number {
    return this.speed / this.vardiff.difficulty / AIM;
  }

  /** Arrivals of a span: counted by exponential gaps, and where there are many by the normal law. */
  #poisson(mean: number): number {
    if (mean > 200) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.random.unit()));
      const normal = radius * Math.cos(2 * Math.PI * this.random.unit());
      return Math.max(0, Math.round(mean + normal * Math.sqrt(mean)));
    }
    let count = -1;
    for (let at = 0; at <= mean; count++) at -= Math.log(1 - this.random.unit());
    return count;
  }
}

function share(values: readonly number[], holds: (off: number) => boolean): number {
  return values.filter(holds).length / values.length;
}

function assertSettled(what: string, after2: readonly number[], after10: readonly number[]): void {
  const near = share(after2, (off) => off < 1.5 && off > 1 / 1.5);
  const right = share(after10, (off) => off < 1.2 && off > 0.8);
  assertGreaterOrEqual(near, 0.95, `${what}: within a factor of 1.5 after 2 minutes in ${near}`);
  assertGreaterOrEqual(right, 0.95, `${what}: within 20 % after 10 minutes in ${right}`);
}

Deno.test("vardiff finds the level from 5 kH/s to 5 EH/s, and again after a drop and a rise", () => {
  const found: Record<"start" | "drop" | "rise", [number[], number[]]> = {
    start: [[], []],
    drop: [[], []],
    rise: [[], []],
  };
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = seededRandom(seed);
    const hashesPerS = 5e3 * 10 ** (random.unit() * 15);
    const speed = hashesPerS / TWO_32;
    const miner = new SimulatedMiner(random, speed, speed / AIM * 10 ** (random.unit() * 6 - 3));
    const measure = ([after2, after10]: [number[], number[]]) => {
      miner.run(120);
      after2.push(miner.off);
      miner.run(480);
      after10.push(miner.off);
    };
    measure(found.start);
    miner.run(random.unit() * 1200);
    miner.speed /= 10;
    measure(found.drop);
    miner.run(random.unit() * 1200);
    miner.speed *= 10;
    measure(found.rise);
  }
  assertSettled("start", ...found.start);
  assertSettled("a tenfold drop", ...found.drop);
  assertSettled("a tenfold rise", ...found.rise);
});

Deno.test("vardiff hardly ever steps while the speed stays the same", () => {
  const HOURS = 3;
  let steps = 0;
  let worst = 0;
  for (let seed = 0; seed < 200; seed++) {
    const miner = new SimulatedMiner(seededRandom(seed), 1000, 1000 / AIM);
    miner.run(1800);
    miner.steps = 0;
    miner.run(HOURS * 3600);
    steps += miner.steps;
    worst = Math.max(worst, Math.abs(Math.log(miner.off)));
  }
  const perHour = steps / 200 / HOURS;
  assertLess(perHour, 0.25, `${perHour} steps an hour`);
  assert(worst < Math.log(1.5), `one is off by ${Math.exp(worst)}`);
});
