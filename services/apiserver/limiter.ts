/**
 * How many requests a client may make: a bucket of tokens in the state, over all instances. Each instance takes a few at a
 * time, so most requests ask nobody. What is dear costs more, which is owed afterwards and taken with the next tokens.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import { type Bucket, type Draw, type State, StateUnavailable } from "@gopool/state";
import { CLIENTS_MAX, COMPUTED_TOKENS, LIMITER_HELD_MS, LIMITER_PACK } from "./limits.ts";

export interface LimiterDeps {
  readonly state: Pick<State, "take">;
  readonly clock: Pick<Clock, "monotonic">;
  readonly pool: string;
  /** Requests a second for long, and at once. */
  readonly rate: number;
  readonly burst: number;
}

/** Whether a request may go on, and what its client is told. */
export interface Allowed {
  readonly isAllowed: boolean;
  /** Whole tokens that are left, as far as this instance knows. */
  readonly left: number;
  /** Until there is one again; 0 where it may go on. */
  readonly waitMs: number;
}

interface Client {
  /** Taken from the bucket and not used; below 0 it is owed. */
  held: number;
  /** In the bucket when it was last asked, and when that was. */
  left: number;
  askedMs: number;
  /** Until then the bucket is known to be empty: it is not asked. */
  emptyUntilMs: number;
  asking: Promise<void> | null;
  requests: number;
  refused: number;
}

/** What one client did since this instance first saw it. */
export interface ClientFigures {
  readonly client: string;
  readonly requests: number;
  readonly refused: number;
}

/** Null in place of it: everybody may ask as much as they like. */
export class Limiter {
  readonly #deps: LimiterDeps;
  readonly #bucket: Bucket;
  readonly #pack: number;
  readonly #computedTokens: number;
  /** The one that was not seen longest comes first. */
  readonly #clients = new Map<string, Client>();
  /** The policy as a header says it. */
  readonly policy: string;
  #refused = 0;
  #isAlone = false;

  constructor(deps: LimiterDeps) {
    const { rate, burst } = deps;
    this.#deps = deps;
    this.#bucket = { capacity: burst, perSecond: rate };
    // A twentieth at most: what one instance holds unused is missing at the others.
    this.#pack = Math.max(1, Math.min(LIMITER_PACK, Math.floor(burst / 20)));
    this.#computedTokens = Math.min(COMPUTED_TOKENS, Math.floor(burst / 20));
    this.policy = `"default";q=${burst};w=${Math.ceil(burst / rate)}`;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Requests that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether the state was away when it was last asked: each instance then counts for itself. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** Takes a token. Answers at once where this instance holds one, or knows that there is none. */
  take(client: string): Allowed | Promise<Allowed> {
    const found = this.#clientOf(client);
    found.requests++;
    return this.#takeHeld(found) ?? this.#afterAsking(client, found);
  }

  /**
   * Notes that the answer to a request which may go on is computed for it. It costs more than what was taken for it; this
   * request goes on all the same, those after it pay.
   */
  computes(client: string): Allowed {
    const found = this.#clientOf(client);
    found.held -= this.#computedTokens;
    return { isAllowed: true, left: leftOf(found), waitMs: 0 };
  }

  /** Those that asked most, of those that are remembered. */
  top(count: number): ClientFigures[] {
    return [...this.#clients].map(([client, { requests, refused }]) => ({
      client,
      requests,
      refused,
    }))
      .sort((a, b) => b.requests - a.requests)
      .slice(0, count);
  }

  #clientOf(client: string): Client {
    const known = this.#clients.get(client);
    if (known !== undefined) {
      this.#clients.delete(client);
      this.#clients.set(client, known);
      return known;
    }
    if (this.#clients.size >= CLIENTS_MAX) {
      this.#clients.delete(this.#clients.keys().next().value!);
    }
    const fresh: Client = {
      held: 0,
      left: this.#bucket.capacity,
      askedMs: this.#deps.clock.monotonic(),
      emptyUntilMs: -Infinity,
      asking: null,
      requests: 0,
      refused: 0,
    };
    this.#clients.set(client, fresh);
    return fresh;
  }

  /** Null: the bucket has to be asked. */
  #takeHeld(client: Client): Allowed | null {
    const nowMs = this.#deps.clock.monotonic();
    // What was taken long ago would have flowed over meanwhile.
    if (client.held > 0 && nowMs - client.askedMs > LIMITER_HELD_MS) client.held = 0;
    if (client.held >= 1) {
      client.held--;
      return { isAllowed: true, left: leftOf(client), waitMs: 0 };
    }
    if (nowMs >= client.emptyUntilMs) return null;
    client.refused++;
    this.#refused++;
    return { isAllowed: false, left: 0, waitMs: client.emptyUntilMs - nowMs };
  }

  async #afterAsking(name: string, client: Client): Promise<Allowed> {
    while (true) {
      // All requests that wait now share one question.
      client.asking ??= this.#ask(name, client).finally(() => client.asking = null);
      await client.asking;
      const allowed = this.#takeHeld(client);
      if (allowed !== null) return allowed;
    }
  }

  async #ask(name: string, client: Client): Promise<void> {
    const { capacity, perSecond } = this.#bucket;
    // No more than a full bucket: who owes more than that asks again.
    const owed = Math.min(capacity - this.#pack, Math.max(0, -client.held));
    const least = Math.min(capacity, owed + 1);
    let draw = await this.#draw(name, client, owed + this.#pack);
    if (!draw.granted && draw.left >= least) draw = await this.#draw(name, client, least);
    client.askedMs = this.#deps.clock.monotonic();
    client.left = draw.left;
    if (!draw.granted) {
      // Not the pack, one token beside what is owed: nobody waits longer than that takes.
      client.emptyUntilMs = client.askedMs +
        Math.max(1, (least - draw.left) / perSecond * 1_000);
    }
  }

  async #draw(name: string, client: Client, cost: number): Promise<Draw> {
    const { state, pool } = this.#deps;
    try {
      const draw = await state.take(`${pool}:api:${name}`, this.#bucket, cost);
      this.#isAlone = false;
      if (draw.granted) client.held += cost;
      return draw;
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      this.#isAlone = true;
      return this.#drawAlone(client, cost);
    }
  }

  /** By what is known here: every instance then gives as much as all should together. */
  #drawAlone(client: Client, cost: number): Draw {
    const { capacity, perSecond } = this.#bucket;
    const passedMs = this.#deps.clock.monotonic() - client.askedMs;
    const left = Math.min(capacity, client.left + passedMs * perSecond / 1_000);
    if (left < cost) return { granted: false, left, waitMs: 0 };
    client.held += cost;
    return { granted: true, left: left - cost, waitMs: 0 };
  }
}

function leftOf({ held, left }: Client): number {
  return Math.max(0, Math.floor(held + left));
}
