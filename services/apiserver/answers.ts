/**
 * Answers kept in the state for all instances: one computation for all who ask the same at once, here and elsewhere.
 * Where the state is away each instance computes for itself.
 *
 * @module
 */
import type { Clock, Logger, Random } from "@gopool/runtime";
import { type State, StateUnavailable } from "@gopool/state";
import {
  CLAIM_LOOK_MS,
  CLAIM_MS,
  DEGRADED_FRESH_MS,
  MAKING_MAX_MS,
  SHARED_ENTRY_MAX_BYTES,
  SHARED_MAX_BYTES,
} from "./limits.ts";
import type { Ttl } from "./ttl.ts";

export interface AnswersDeps {
  readonly state: State;
  readonly clock: Pick<Clock, "now" | "monotonic" | "sleep">;
  readonly random: Random;
  readonly log: Logger;
  /** Keys begin with it: several pools may share a state. */
  readonly pool: string;
}

/** What was computed. */
export interface Made {
  readonly bytes: Uint8Array;
  /** Something is missing in it: it is given to those who wait for it now, and soon asked for again. */
  readonly isDegraded: boolean;
}

export interface Answer {
  readonly bytes: Uint8Array;
  /** For how long it may be shown again; not below 0. */
  readonly freshMs: number;
  /** shared: another call or instance had computed it. */
  readonly from: "made" | "shared";
}

interface Making {
  readonly sinceMs: number;
  readonly answer: Promise<Answer>;
}

/** In the place of a claim: it was given up, and is anybody's. */
const GIVEN_UP = new Uint8Array(1);

/** When it was made (ms since the Unix epoch, a float64), then the answer. */
const HEAD_BYTES = 8;

export class Answers {
  readonly #deps: AnswersDeps;
  readonly #making = new Map<string, Making>();
  /** Of who holds a claim: any that no other has, and no other claim of this instance. */
  readonly #holder: readonly [number, number];
  #claims = 0;
  /** What this instance has put into the state, until it is gone from there: ends rising only roughly. */
  #put: { readonly endsMs: number; readonly bytes: number }[] = [];
  #putBytes = 0;

  constructor(deps: AnswersDeps) {
    this.#deps = deps;
    this.#holder = [deps.random.uint32(), deps.random.uint32()];
  }

  /**
   * The answer of that name: one that is kept, one that somebody is making, or else what `make` gives.
   *
   * @param name Of what is asked; everything that decides the answer is in it.
   * @throws What `make` throws, to all who wait for it; nothing is kept then.
   */
  get(name: string, ttl: Ttl, make: () => Promise<Made>): Promise<Answer> {
    const nowMs = this.#deps.clock.monotonic();
    const making = this.#making.get(name);
    // One that hangs is not waited for by those who come later.
    if (making !== undefined && nowMs - making.sinceMs < MAKING_MAX_MS) return making.answer;
    const mine: Making = { sinceMs: nowMs, answer: this.#found(name, ttl, make) };
    this.#making.set(name, mine);
    const done = () => {
      if (this.#making.get(name) === mine) this.#making.delete(name);
    };
    mine.answer.then(done, done);
    return mine.answer;
  }

  async #found(name: string, ttl: Ttl, make: () => Promise<Made>): Promise<Answer> {
    const { state, clock, pool } = this.#deps;
    const key = `answer:${pool}:${name}`;
    const claim = `${key}:claim`;
    const mine = new Uint8Array(new Uint32Array([...this.#holder, this.#claims++]).buffer);
    const endMs = clock.monotonic() + CLAIM_MS;
    let hasClaim = false;
    try {
      while (true) {
        const kept = this.#read(await state.get(key), ttl);
        if (kept !== null) return kept;
        if (clock.monotonic() >= endMs) break;
        hasClaim = await state.compareAndSet(claim, null, mine, CLAIM_MS) ||
          await state.compareAndSet(claim, GIVEN_UP, mine, CLAIM_MS);
        if (hasClaim) break;
        await clock.sleep(CLAIM_LOOK_MS);
      }
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
    }
    let isKept = false;
    try {
      const made = await make();
      const madeAtMs = clock.now();
      if (made.isDegraded) return { bytes: made.bytes, freshMs: DEGRADED_FRESH_MS, from: "made" };
      isKept = await this.#keep(key, made.bytes, madeAtMs, ttl);
      return { bytes: made.bytes, freshMs: ttl.freshMs, from: "made" };
    } finally {
      // Where there is no answer, those who wait for it look for a claim of their own at once; where there is one, they
      // find it, and the claim ends by itself before it. After its time it may be another's by now: that one stays.
      if (hasClaim && !isKept) {
        await state.compareAndSet(claim, mine, GIVEN_UP, CLAIM_MS).catch(() => {});
      }
    }
  }

  #read(kept: Uint8Array | null, { freshMs }: Ttl): Answer | null {
    if (kept === null || kept.length < HEAD_BYTES) return null;
    const madeAtMs = new DataView(kept.buffer, kept.byteOffset).getFloat64(0);
    // Another instance's clock may be ahead: its answer is not younger than new.
    const left = freshMs - Math.max(0, this.#deps.clock.now() - madeAtMs);
    return left > 0 ? { bytes: kept.subarray(HEAD_BYTES), freshMs: left, from: "shared" } : null;
  }

  /** @returns Whether the others can find it. */
  async #keep(
    key: string,
    bytes: Uint8Array,
    madeAtMs: number,
    { freshMs }: Ttl,
  ): Promise<boolean> {
    const { state, clock, log } = this.#deps;
    const size = HEAD_BYTES + bytes.length;
    if (size > SHARED_ENTRY_MAX_BYTES || !this.#makesRoom(clock.monotonic(), size)) {
      return false;
    }
    const value = new Uint8Array(size);
    new DataView(value.buffer).setFloat64(0, madeAtMs);
    value.set(bytes, HEAD_BYTES);
    this.#put.push({ endsMs: clock.monotonic() + freshMs, bytes: size });
    this.#putBytes += size;
    try {
      await state.set(key, value, freshMs);
      return true;
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      log.debug("an answer is not shared", { error });
      return false;
    }
  }

  /** Whether so much more may lie in the state: leases and sessions need it, too. */
  #makesRoom(nowMs: number, bytes: number): boolean {
    if (this.#putBytes + bytes <= SHARED_MAX_BYTES) return true;
    this.#put = this.#put.filter(({ endsMs }) => endsMs > nowMs);
    this.#putBytes = this.#put.reduce((sum, one) => sum + one.bytes, 0);
    return this.#putBytes + bytes <= SHARED_MAX_BYTES;
  }
}
