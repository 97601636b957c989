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

/** Shares after which the speed is known well enough (error 18 %) to go straight for the aim. */
const ENOUGH_SHARES = 32;

/** A session of which little is known is given at most this many times the wanted rate. */
const LEARNING_BOOST = 5;

/** How long the job interval is that learning counts on, seconds (the job manager's refresh). */
const LEARNING_SPAN_S = 30;

/** Silence worth this many expected shares is news. Below it, nothing is concluded from silence. */
const SILENCE_SHARES = 1;

/** Smallest change worth a message to the miner: a tenth is not felt. */
const DEAD_BAND = Math.log(1.1);

/** A change must also exceed this many standard errors of the estimate, or it may be noise. */
const STEP_SIGMAS = 2.2;

/** Log-likelihood ratio from which on a change is believed: chance alone gives it about once in weeks. */
const CHANGE_EVIDENCE = 8.5;

/** Spans compared with the past: six jobs, three minutes. A slower change is followed by forgetting. */
const RECENT_SPANS = 6;

/** The past fades with this time constant, seconds: at the default aim 900 shares remain, an error of 3 %. */
const MEMORY_S = 3600;

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

  /**
   * @param difficulty In force from now on.
   * @param nowS A clock that never goes back, seconds.
   */
  constructor(difficulty: number, nowS: number) {
    this.#difficulty = difficulty;
    this.#sinceS = nowS;
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
      return clamp(suggested, bounds);
    }
    this.#forgetBeforeChange();
    return clamp(this.#wanted(nowS, aim), bounds);
  }

  /** Whether what is known already says that the difficulty is off by more than `factor`, so that waiting hurts. */
  isFarOff(nowS: number, aim: number, factor: number): boolean {
    if (this.#suggested !== null) return true;
    const { shares, exposure } = this.#sums(nowS);
    if (shares === 0) return exposure * this.#difficulty * aim > Math.log(factor);
    if (shares < ENOUGH_SHARES) return false;
    return Math.abs(Math.log(shares / exposure / aim / this.#difficulty)) > Math.log(factor);
  }

  #wanted(nowS: number, aim: number): number {
    const { shares, exposure } = this.#sums(nowS);
    if (shares < ENOUGH_SHARES) {
      // Exposure at the difficulty in force, in shares that the wanted rate would have brought.
      if (exposure * this.#difficulty * aim < SILENCE_SHARES && shares < 4) return this.#difficulty;
      const missing = (ENOUGH_SHARES - shares) / (aim * LEARNING_SPAN_S);
      const boost = Math.min(LEARNING_BOOST, Math.max(1, missing));
      const learning = (shares + 0.5) / (exposure * aim * boost);
      return Math.abs(Math.log(learning / this.#difficulty)) < Math.log(1.5)
        ? this.#difficulty
        : learning;
    }
    const wanted = shares / (exposure * aim);
    const off = Math.abs(Math.log(wanted / this.#difficulty));
    return off < Math.max(DEAD_BAND, STEP_SIGMAS / Math.sqrt(shares)) ? this.#difficulty : wanted;
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
    this.#recent.push(this.#shares, spanS / this.#difficulty);
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
    let best = CHANGE_EVIDENCE;
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
      if (evidence > best) {
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
