/**
 * State on a Redis (7 or later; one server, or a master that Sentinels know). README.md says what is kept where.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { checkDraw, refused } from "./memory_buckets.ts";
import { checkTally } from "./memory_tally.ts";
import {
  type Bucket,
  type Draw,
  type Lease,
  type Level,
  type State,
  StateUnavailable,
} from "./port.ts";
import { parseRedisUrl } from "./redis/address.ts";
import type { RedisAccess } from "./redis/client_options.ts";
import { RedisLine } from "./redis/line.ts";
import { Quarantine } from "./redis/quarantine.ts";
import { runScript, type ScriptName } from "./redis/scripts.ts";

export type { RedisAccess };

export interface RedisStateOptions extends RedisAccess {
  readonly clock: { monotonic(): number };
  /** Told what is wrong while the server is away or grants no leases, about once a second; null when all is well. */
  readonly onTrouble?: (why: string | null) => void;
}

/**
 * Opens the state on the Redis at `url` (redis/address.ts). Waits for the first try to connect; a server that is
 * away then is told by `onTrouble`, looked for as long as the state is open, and found when it comes.
 *
 * @throws {TypeError} Saying what is wrong with the URL.
 */
export async function openRedisState(url: string, options: RedisStateOptions): Promise<State> {
  const state = new RedisState(url, options);
  await state.tried;
  return state;
}

/**
 * Vouches that no process of this pool is at work, so that leases are granted at once: for the first start on a
 * new server, which cannot be told from one that has lost its data.
 *
 * @throws {StateUnavailable} Also where a lease is held: somebody is at work.
 */
export async function declareNewRedisState(url: string, options: RedisStateOptions): Promise<void> {
  await using state = new RedisState(url, options);
  await state.tried;
  await state.declareNew();
}

/** A script's answer about a lease: fence, end, epoch; or 0 and how long nobody gets it. */
type Answer = [fence: number, endMs: number, epoch: number] | [none: 0, waitMs: number];

class RedisState implements State {
  readonly name: string;
  readonly #line: RedisLine;
  readonly #clock: { monotonic(): number };
  readonly #prefix: string;
  readonly #table: string;
  readonly #quarantine: Quarantine;
  #away: string | null = null;

  constructor(url: string, { clock, onTrouble, ...access }: RedisStateOptions) {
    const address = parseRedisUrl(url);
    this.#prefix = address.prefix;
    this.#table = `${address.prefix}leases`;
    this.#clock = clock;
    let said: string | null = null;
    const say = () => {
      const why = this.#away ?? this.#quarantine.why ?? this.#line.warning;
      // What is wrong is told at each failed try: who opens the state may only now be listening.
      if (why !== null || said !== null) onTrouble?.(why);
      said = why;
    };
    this.#quarantine = new Quarantine(clock, say);
    this.#line = new RedisLine(address, access, (why) => {
      this.#away = why;
      say();
    });
    this.name = this.#line.name;
  }

  get tried(): Promise<void> {
    return this.#line.tried;
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    const ttl = wholeMs(ttlMs);
    const askedMs = this.#clock.monotonic();
    const answer = await this.#script<Answer>(
      "leaseAcquire",
      [this.#table],
      (run) => [run, name, holder, ttl],
    );
    const waitMs = answer[0] === 0 ? answer[1] : 0;
    if (waitMs > 0) this.#quarantine.heard(this.name, waitMs, ttl);
    return leaseOf(answer, name, holder, askedMs + ttlMs);
  }

  async renew(lease: Lease, ttlMs: number): Promise<Lease | null> {
    const { name, holder, fence } = lease;
    const ttl = wholeMs(ttlMs);
    const askedMs = this.#clock.monotonic();
    // A holder whose time is over by its own clock has no claim, whatever the server's clock says.
    const [epoch = "", ends = ""] = lease.validUntilMs > askedMs ? lease.proof.split(" ") : [];
    const answer = await this.#script<Answer>(
      "leaseRenew",
      [this.#table],
      (run) => [run, name, holder, ttl, fence, epoch, ends],
    );
    return leaseOf(answer, name, holder, askedMs + ttlMs);
  }

  async release({ name, holder, fence }: Lease): Promise<void> {
    await this.#script<number>("leaseRelease", [this.#table], () => [name, holder, fence]);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const value = await this.#line.call((client) => client.getBuffer(this.#prefix + key));
    // A copy: what the parser gives may be a piece of a larger chunk.
    return value === null ? null : new Uint8Array(value);
  }

  async set(key: string, value: Uint8Array, ttlMs?: number): Promise<void> {
    const ttl = ttlMs === undefined ? undefined : wholeMs(ttlMs);
    const bytes = Buffer.from(value);
    await this.#line.call((client) =>
      ttl === undefined
        ? client.set(this.#prefix + key, bytes)
        : client.set(this.#prefix + key, bytes, "PX", ttl)
    );
  }

  async delete(key: string): Promise<void> {
    await this.#line.call((client) => client.del(this.#prefix + key));
  }

  async compareAndSet(
    key: string,
    expected: Uint8Array | null,
    value: Uint8Array,
    ttlMs?: number,
  ): Promise<boolean> {
    const ttl = ttlMs === undefined ? "" : wholeMs(ttlMs);
    const args = [expected === null ? 0 : 1, Buffer.from(expected ?? []), Buffer.from(value), ttl];
    return await this.#script<number>("valueCompareAndSet", [this.#prefix + key], () => args) === 1;
  }

  async increment(key: string, by: number, ttlMs?: number): Promise<number> {
    if (!Number.isSafeInteger(by)) throw new RangeError(`Cannot add ${by}: not a whole number`);
    const ttl = ttlMs === undefined ? "" : wholeMs(ttlMs);
    return await this.#script<number>("counterIncrement", [this.#prefix + key], () => [by, ttl]);
  }

  async tally(member: string, levels: readonly Level[], ttlMs: number): Promise<readonly number[]> {
    checkTally(levels, ttlMs);
    const keys = levels.map(({ key }) => `${this.#prefix}tally:${key}`);
    const args = [member, wholeMs(ttlMs), ...levels.map(({ level }) => level)];
    return await this.#script<number[]>("tallyLevels", keys, () => args);
  }

  async take(key: string, bucket: Bucket, cost: number): Promise<Draw> {
    checkDraw(bucket, cost);
    const keys = [`${this.#prefix}bucket:${key}`];
    const args = [bucket.capacity, bucket.perSecond, cost];
    const [granted, text] = await this.#script<[0 | 1, string]>("bucketTake", keys, () => args);
    const left = Number(text);
    return granted === 1 ? { granted: true, left, waitMs: 0 } : refused(left, bucket, cost);
  }

  async declareNew(): Promise<void> {
    const held = await this.#script<number>("leasesDeclareNew", [this.#table], (run) => [run]);
    if (held > 0) throw new StateUnavailable(`${this.name} is in use: ${held} leases are held`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#quarantine.end();
    await this.#line.close();
  }

  async #script<T>(
    script: ScriptName,
    keys: readonly string[],
    args: (runId: string) => readonly (string | number | Buffer)[],
  ): Promise<T> {
    return await this.#line.call((client, runId) =>
      runScript(client, script, keys, args(runId)) as Promise<T>
    );
  }
}

/** Whole, and not less than asked: the store's time ends after the holder's. */
function wholeMs(ttlMs: number): number {
  if (!(ttlMs > 0)) throw new RangeError(`Cannot keep anything for ${ttlMs} ms`);
  return Math.ceil(ttlMs);
}

function leaseOf(
  [fence, endMs, epoch]: Answer,
  name: string,
  holder: string,
  validUntilMs: number,
): Lease | null {
  if (fence === 0) return null;
  return { name, holder, fence, validUntilMs, proof: `${epoch} ${endMs}` };
}
