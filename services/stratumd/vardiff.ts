/**
 * Which difficulty gives a miner the wanted rate of shares. Pure: told of shares and of the time, it says a
 * difficulty. No timers, no sockets, no jobs.
 *
 * A miner of speed H (in difficulty-1 shares a second) finds shares of difficulty d as a Poisson process of rate
 * H / d. After spans t_i at difficulties d_i with N shares in all, the best estimate of H is N / sum(t_i / d_i),
 * with a relative error of 1 / sqrt(N), whatever the difficulties were. So each share tells as much as any other,
 * and a session of which little is known is asked for more of them at first.
 *
 * Changes of H are found by comparing the last few spans with all that came before (a likelihood ratio): where
 * chance hardly explains the difference, what came before is forgotten.
 *
 * @module
 */

/** Shares after which the speed is known well enough (error 22 %) to go straight for the aim. */
const ENOUGH_SHARES = 20;

/**
 * A session of which less is known is given this many times the wanted rate: at the default aim the 30 s to the
 * next job then bring 90 shares, an error of 11 %, even where the guess behind it was off by a factor of three.
 */
const LEARNING_BOOST = 12;

/** Silence worth this many expected shares is news. Below it, nothing is concluded from silence. */
const SILENCE_SHARES = 1;

/**
 * Silence alone takes the difficulty no further down than this below the last level that was right: a large miner
 * that was off for an hour would else come back to a difficulty at which it floods until the next job.
 */
const SILENCE_DEPTH = 4096;
/** After so many silent jobs at that bottom (ten minutes) it goes down once more. */
const SILENT_JOBS = 20;

/** Smallest change worth a message to the miner. */
const DEAD_BAND = Math.log(1.15);

/** While little is known, a smaller change than this is not worth one. */
const LEARNING_BAND = Math.log(1.5);

/** A change must also exceed this many standard errors of the estimate, or it may be noise. */
const STEP_SIGMAS = 1.8;

/** Log-likelihood ratio from which on a change is believed: chance hardly ever gives it. */
const CHANGE_EVIDENCE = 12;

/**
 * A drop by this factor is believed on less: it must be seen within two jobs if the rate is to be right again two
 * minutes later, while a rise brings its own evidence in seconds.
 */
const BIG_DROP = 4;
const BIG_DROP_EVIDENCE = 7.5;

/** Length of a span, seconds: how exactly the moment of a change can be told. */
const SPAN_S = 5;

/** Spans compared with the past: three minutes. A slower change is followed by forgetting. */
const RECENT_SPANS = 36;

/** The past fades with this time constant, seconds: at the default aim 1,800 shares remain, an error of 2 %. */
const MEMORY_S = 7200;

/** Bounds of what a session is ever given. */
export interface DifficultyBounds {
  readonly min: number;
  readonly max: number;
}

export class Vardiff {
  /** Shares and exposure (seconds per unit of difficulty) before the recent spans, fading. */
  #pastShares = 0;
  #pastExposure = 0;
  /** The last spans, newest last: shares and exposure of each, in turns. */
  readonly #recent: number[] = [];
  /** Of the span that runs: shares so far. */
  #shares = 0;
  #sinceS: number;
  #difficulty: number;
  #suggested: number | null = null;
  /** Where silence stops, and how many jobs have been silent there. */
  #bottom: number;
  #silentJobs = 0;

  /**
   * @param difficulty In force from now on.
   * @param nowS A clock that never goes back, seconds.
   */
  constructor(difficulty: number, nowS: number) {
    this.#difficulty = difficulty;
    this.#sinceS = nowS;
    this.#bottom = difficulty / SILENCE_DEPTH;
  }

  get difficulty(): number {
    return this.#difficulty;
  }

  /** Speed as known so far, in difficulty-1 shares a second; null where there was no share yet. */
  speed(nowS: number): number | null {
    const { shares, exposure } = this.#sums(nowS);
    return shares === 0 ? null : shares / exposure;
  }

  /** One share came that met exactly the difficulty in force. Shares for older work are not told. */
  note(): void {
    this.#shares++;
  }

  /** To be called about once a second; ends the running span when it is long enough. */
  tick(nowS: number): void {
    if (nowS - this.#sinceS >= SPAN_S) this.#close(nowS);
  }

  /** The difficulty in force from now on; what is known of the speed stays. */
  set(difficulty: number, nowS: number): void {
    this.#close(nowS);
    this.#difficulty = difficulty;
  }

  /** The miner says itself what it wants: what was learned so far is forgotten, the next decision goes there. */
  suggest(difficulty: number): void {
    this.#suggested = difficulty;
  }

  /**
   * What the difficulty should be from the next job on: the one in force where nothing speaks against it.
   * To be asked once per job; each call ends a span.
   *
   * @param aim Wanted shares a second.
   */
  decide(nowS: number, aim: number, bounds: DifficultyBounds): number {
    this.#close(nowS);
    if (this.#suggested !== null) {
      const suggested = this.#suggested;
      this.#suggested = null;
      this.#recent.length = 0;
      this.#pastShares = this.#pastExposure = 0;
      this.#bottom = suggested / SILENCE_DEPTH;
      return clamp(suggested, bounds);
    }
    this.#forgetBeforeChange();
    return clamp(this.#wanted(nowS, aim), bounds);
  }

  /** Whether shares come so much too fast (by `factor`) that waiting for the next job would be a flood. */
  isFlooding(nowS: number, aim: number, factor: number): boolean {
    const { shares, exposure } = this.#sums(nowS);
    return shares >= 2 * ENOUGH_SHARES && shares > exposure * aim * this.#difficulty * factor;
  }

  /** Whether the speed is certainly not within `factor` of what would make `difficulty` right. */
  isFarFrom(difficulty: number, nowS: number, aim: number, factor: number): boolean {
    const { shares, exposure } = this.#sums(nowS);
    const wanted = exposure * aim * difficulty;
    if (shares <= wanted * factor && shares * factor >= wanted) return false;
    const evidence = wanted - shares + (shares === 0 ? 0 : shares * Math.log(shares / wanted));
    return evidence > BIG_DROP_EVIDENCE;
  }

  #wanted(nowS: number, aim: number): number {
    const { shares, exposure } = this.#sums(nowS);
    if (shares < ENOUGH_SHARES) {
      // Exposure at the difficulty in force, in shares that the wanted rate would have brought.
      if (exposure * this.#difficulty * aim < SILENCE_SHARES && shares < 4) return this.#difficulty;
      const learning = (shares + 0.5) / (exposure * aim * LEARNING_BOOST);
      if (shares === 0 && learning < this.#bottom) return this.#atBottom();
      return Math.abs(Math.log(learning / this.#difficulty)) < LEARNING_BAND
        ? this.#difficulty
        : learning;
    }
    const wanted = shares / (exposure * aim);
    this.#bottom = wanted / SILENCE_DEPTH;
    const off = Math.abs(Math.log(wanted / this.#difficulty));
    return off < Math.max(DEAD_BAND, STEP_SIGMAS / Math.sqrt(shares)) ? this.#difficulty : wanted;
  }

  #atBottom(): number {
    if (this.#difficulty <= this.#bottom && ++this.#silentJobs >= SILENT_JOBS) {
      this.#silentJobs = 0;
      this.#bottom /= SILENCE_DEPTH;
    }
    return Math.min(this.#difficulty, this.#bottom);
  }

  #sums(nowS: number): { shares: number; exposure: number } {
    let shares = this.#pastShares + this.#shares;
    let exposure = this.#pastExposure + (nowS - this.#sinceS) / this.#difficulty;
    for (let i = 0; i < this.#recent.length; i += 2) {
      shares += this.#recent[i]!;
      exposure += this.#recent[i + 1]!;
    }
    return { shares, exposure };
  }

  /** Ends the running span and moves the oldest one into the past. */
  #close(nowS: number): void {
    const spanS = nowS - this.#sinceS;
    if (spanS <= 0 && this.#shares === 0) return;
    const fade = Math.exp(-spanS / MEMORY_S);
    this.#pastShares *= fade;
    this.#pastExposure *= fade;
    const recent = this.#recent;
    if (this.#shares === 0 && recent.length > 0 && recent[recent.length - 2] === 0) {
      // Silence is one span however long: a session that does nothing keeps nothing.
      recent[recent.length - 1]! += spanS / this.#difficulty;
    } else {
      recent.push(this.#shares, spanS / this.#difficulty);
    }
    if (this.#recent.length > 2 * RECENT_SPANS) {
      this.#pastShares += this.#recent.shift()!;
      this.#pastExposure += this.#recent.shift()!;
    }
    this.#shares = 0;
    this.#sinceS = nowS;
  }

  /** Looks for the point among the recent spans where the speed has most likely changed. */
  #forgetBeforeChange(): void {
    const recent = this.#recent;
    const all = this.#sums(this.#sinceS);
    let best = 0;
    let from = -1;
    let shares = 0;
    let exposure = 0;
    for (let i = recent.length - 2; i >= 0; i -= 2) {
      shares += recent[i]!;
      exposure += recent[i + 1]!;
      const evidence = likelihoodRatio(
        shares,
        exposure,
        all.shares - shares,
        all.exposure - exposure,
      );
      const speed = shares / exposure;
      const before = (all.shares - shares) / (all.exposure - exposure);
      const needed = speed * BIG_DROP < before ? BIG_DROP_EVIDENCE : CHANGE_EVIDENCE;
      if (evidence > Math.max(best, needed)) {
        best = evidence;
        from = i;
      }
    }
    if (from < 0) return;
    recent.splice(0, from);
    this.#pastShares = 0;
    this.#pastExposure = 0;
  }
}

/** ln of how much better two speeds explain the counts than one. */
function likelihoodRatio(n1: number, e1: number, n2: number, e2: number): number {
  if (e1 <= 0 || e2 <= 0) return 0;
  const both = (n1 + n2) / (e1 + e2);
  return gain(n1, e1, both) + gain(n2, e2, both);
}

function gain(shares: number, exposure: number, speed: number): number {
  return shares <= 0 ? 0 : shares * Math.log(shares / exposure / speed);
}

function clamp(difficulty: number, { min, max }: DifficultyBounds): number {
  return Math.min(Math.max(difficulty, min), Math.max(min, max));
}
