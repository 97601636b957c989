/**
 * Who may come in: connections at once, and new ones a minute, from one network address, over all gateways of the
 * pool. This gateway's own are counted exactly and at once. Those of the others are known from about a second ago
 * (`SharedLevels`), so nobody waits at the door.
 *
 * What one address may have too much of by that: each of N gateways does not tell of less than a TOLD_FROM-th of the
 * limit, and each may let in what comes within TALLY_EVERY_MS before it hears of the others. So past the limit there may
 * be (N - 1) times (a 64th of the limit, and what comes in a second).
 *
 * @module
 */
import type { Level } from "@gopool/state";
import { ADDRESSES_MAX, ARRIVALS_SPAN_MS, REFUSALS_KEPT, TOLD_FROM } from "./limits.ts";

export interface DoorDeps {
  readonly clock: { now(): number; monotonic(): number };
  readonly maxSessions: number;
  readonly maxSessionsPerAddress: number;
  /** New connections in ARRIVALS_SPAN_MS. */
  readonly maxConnectsPerAddress: number;
  /** What the other gateways have of a key of `levels`, as far as is known: 0 where it is not. */
  readonly others: (key: string) => number;
  /** Whether a network address, as the socket gives it, may not come at all. */
  readonly isBanned: (address: string) => boolean;
}

export type Refusal = "gateway-full" | "too-many-sessions" | "too-many-connects" | "banned";

/** A connection that was not let in. */
export interface Refused {
  /** Gateway's clock, ms. */
  readonly atMs: number;
  readonly address: string;
  readonly refusal: Refusal;
}

/** One network address. Arrivals are counted in spans; the past one fades while the present one runs. */
interface Entry {
  sessions: number;
  span: number;
  arrivals: number;
  before: number;
}

export class Door {
  readonly #entries = new Map<string, Entry>();
  readonly refused: Record<Refusal, number> = {
    "gateway-full": 0,
    "too-many-sessions": 0,
    "too-many-connects": 0,
    banned: 0,
  };
  /** The last ones, in a ring. */
  readonly #last: Refused[] = [];
  #sessions = 0;

  /** Network addresses remembered. */
  get addresses(): number {
    return this.#entries.size;
  }

  get refusedInAll(): number {
    return Object.values(this.refused).reduce((sum, count) => sum + count, 0);
  }

  /** The last ones that were not let in, newest first: at most REFUSALS_KEPT. */
  get lastRefused(): Refused[] {
    const next = this.#last.length < REFUSALS_KEPT ? 0 : this.refusedInAll % REFUSALS_KEPT;
    return [...this.#last.slice(next), ...this.#last.slice(0, next)].reverse();
  }

  constructor(private readonly deps: DoorDeps) {}

  /**
   * Lets one in from this network and counts it, or says why not. Who is let in leaves later.
   *
   * @param address As the socket gives it.
   */
  enter(network: string, address: string = network): Refusal | null {
    const entry = this.#entries.get(network) ?? { sessions: 0, span: 0, arrivals: 0, before: 0 };
    const refusal = this.deps.isBanned(address) ? "banned" : this.#refusal(network, entry);
    if (refusal !== null) {
      const atMs = this.deps.clock.now();
      this.#last[this.refusedInAll % REFUSALS_KEPT] = { atMs, address, refusal };
      this.refused[refusal]++;
      return refusal;
    }
    this.#sessions++;
    entry.sessions++;
    entry.arrivals++;
    this.#entries.set(network, entry);
    return null;
  }

  leave(network: string): void {
    this.#sessions--;
    const entry = this.#entries.get(network);
    if (entry === undefined) return;
    entry.sessions--;
    // A flood from ever new addresses must not fill the memory: their arrivals are forgotten first.
    if (entry.sessions === 0 && this.#entries.size > ADDRESSES_MAX) this.#entries.delete(network);
  }

  /** Once a second: forgets addresses that have nobody here and were not heard of for two spans. */
  sweep(): void {
    for (const [network, entry] of this.#entries) {
      if (entry.sessions === 0 && this.#recent(entry) === 0) this.#entries.delete(network);
    }
  }

  /** What the other gateways should know of: what may come to count, which is little of all that is here. */
  *levels(): Iterable<Level> {
    const { maxSessionsPerAddress, maxConnectsPerAddress } = this.deps;
    for (const [network, entry] of this.#entries) {
      if (entry.sessions * TOLD_FROM >= maxSessionsPerAddress) {
        yield { key: sessionsKey(network), level: entry.sessions };
      }
      const recent = Math.ceil(this.#recent(entry));
      if (recent * TOLD_FROM >= maxConnectsPerAddress) {
        yield { key: connectsKey(network), level: recent };
      }
    }
  }

  #refusal(network: string, entry: Entry): Refusal | null {
    const { maxSessions, maxSessionsPerAddress, maxConnectsPerAddress, others } = this.deps;
    if (this.#sessions >= maxSessions) return "gateway-full";
    if (entry.sessions + others(sessionsKey(network)) >= maxSessionsPerAddress) {
      return "too-many-sessions";
    }
    // Without a fraction: the last connection of the limit is not refused for the fading of the past.
    const recent = Math.floor(this.#recent(entry));
    return recent + others(connectsKey(network)) >= maxConnectsPerAddress
      ? "too-many-connects"
      : null;
  }

  /** Arrivals within the last span: those of the present one, and of the one before the part that still reaches in. */
  #recent(entry: Entry): number {
    const now = this.deps.clock.monotonic() / ARRIVALS_SPAN_MS;
    const span = Math.floor(now);
    if (entry.span !== span) {
      entry.before = entry.span === span - 1 ? entry.arrivals : 0;
      entry.arrivals = 0;
      entry.span = span;
    }
    return entry.arrivals + entry.before * (1 - (now - span));
  }
}

function sessionsKey(network: string): string {
  return `sessions-from:${network}`;
}

function connectsKey(network: string): string {
  return `connects-from:${network}`;
}
