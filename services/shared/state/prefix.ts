/**
 * Where a gateway's sessions get their extranonce1: two bytes of a prefix that is leased to the gateway, two
 * bytes of a counter. No value is given to two sessions within the life of a job, through restarts of the
 * gateway, outages of the store and prefixes that change hands.
 *
 * @module
 */
import { type Gateway, HeldPrefix, PREFIX_TTL_MS, prefixText } from "./held_prefix.ts";
import { ownPrefixes, PREFIX_COUNT, rememberPrefixes } from "./own_prefixes.ts";
import { StateUnavailable } from "./port.ts";
import { BLOCK } from "./value_space.ts";

export { PREFIX_TTL_MS };

/** Renewed three times within its life: two failures in a row cost nothing. */
export const PREFIX_RENEW_MS = PREFIX_TTL_MS / 3;

/** Without a prefix no session is served: asked again soon. */
const PREFIX_RETRY_MS = 1_000;

/** Prefixes tried at random in one go. One in 65,536 is taken per gateway, so the first nearly always fits. */
const OBTAIN_TRIES = 16;

/** A million sessions: past what one process serves. */
export const PREFIXES_MAX = 16;

/** A write whose answer was lost is found at the next: more than two in a row are an outage. */
const GROW_TRIES = 3;

const NOT_RENEWED = "the store has not renewed the prefix";
const ALL_USED = "all extranonces are in use or at rest";

export interface ExtranoncesDeps extends Omit<Gateway, "incarnation"> {
  readonly clock: {
    monotonic(): number;
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
  };
  /** Pins the prefix (a setting): no other is ever taken. 0 to 65535. */
  readonly pinned?: number;
  /**
   * Sessions on this prefix (first two bytes of their extranonce1) must be moved or closed, now: another
   * gives values of it. The sentence says who.
   */
  readonly onLost: (prefix: number, why: string) => void;
  /** Told when the store cannot be reached, or gives no prefix, and when all is well again (null). */
  readonly onTrouble?: (why: string | null) => void;
}

/** A session's right to its extranonce1. */
export interface Grant {
  /** 4 bytes: prefix and counter, both big-endian. */
  readonly extranonce1: Uint8Array;
  /** The session has ended. The value rests for the life of a job. Calling it again does nothing. */
  giveBack(): void;
}

/** A grant, or the sentence that says why there is none now. */
export type Taken = Grant | { readonly refused: string };

export class Extranonces {
  readonly #deps: ExtranoncesDeps;
  readonly #gateway: Gateway;
  readonly #held: HeldPrefix[] = [];
  readonly #ready = Promise.withResolvers<void>();
  /** Work on the records goes one after another: each builds on what the last one wrote. */
  #last: Promise<unknown> = Promise.resolve();
  #growing: Promise<boolean> | null = null;
  #trouble: string | null = "no prefix has been leased yet";
  /** Another process runs under this gateway's id: its prefixes are not ours to take back. */
  #doubled = false;

  constructor(deps: ExtranoncesDeps) {
    this.#deps = deps;
    const { random } = deps;
    this.#gateway = { ...deps, incarnation: `${random.uint32()}-${random.uint32()}` };
  }

  /** Resolves when the first prefix is held, or when `run` has ended without one. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Prefixes held now, whether or not they may serve new sessions. */
  get prefixes(): readonly number[] {
    return this.#held.map((held) => held.prefix);
  }

  /**
   * Whether a new session is served now: not before a prefix is held, nor long after its last renewal, nor when every
   * value has been given.
   */
  get isServing(): boolean {
    return this.#hindrance === null;
  }

  /** What is wrong, as a sentence; null when all is well. Sessions are served while a lease is still young. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Leases and renews until `signal` aborts. What is held stays this gateway's through a restart. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      await this.#attempt(async () => {
        await this.#renewAll();
        if (this.#held.length === 0) await this.#takeBack();
        if (this.#held.length === 0) await this.#takeAny();
        await this.#growAhead();
      });
      if (this.#held.length > 0) this.#ready.resolve();
      const young = clock.monotonic() + PREFIX_TTL_MS - PREFIX_RENEW_MS;
      const calm = this.#trouble === null && this.#held.every((h) => h.validUntilMs > young);
      await clock.sleep(calm ? PREFIX_RENEW_MS : PREFIX_RETRY_MS, signal);
    }
    await this.#last;
    this.#ready.resolve();
  }

  /** An extranonce1 for a new session. Waits for the store only when a block of values has been used up. */
  async take(session: string): Promise<Taken> {
    while (true) {
      const given = this.#give(session);
      if (given !== null) return given;
      // Ten thousand that come at once need ten blocks: each turn serves a thousand, so this ends.
      if (this.#valid().length === 0 || !await this.#growTogether()) break;
    }
    return { refused: this.#trouble ?? this.#hindrance ?? ALL_USED };
  }

  /**
   * Gives a session that comes back the extranonce1 it had, if it is still its own: this gateway holds the
   * prefix and nobody else has used the value since. Otherwise null: take a new one.
   */
  reclaim(session: string, extranonce1: Uint8Array): Grant | null {
    const [a = 0, b = 0, c = 0, d = 0] = extranonce1;
    const held = this.#valid().find(({ prefix }) => prefix === (a << 8 | b));
    const holding = held?.space.reclaim(session, c << 8 | d, this.#deps.clock.monotonic());
    return holding ? this.#grant(held!, holding) : null;
  }

  #give(session: string): Grant | null {
    const nowMs = this.#deps.clock.monotonic();
    for (const held of this.#valid()) {
      const holding = held.space.give(session, nowMs);
      if (holding !== null) return this.#grant(held, holding);
    }
    return null;
  }

  #grant(
    { prefix }: HeldPrefix,
    { value, giveBack }: { value: number; giveBack: (nowMs: number) => void },
  ): Grant {
    return {
      extranonce1: new Uint8Array([prefix >> 8, prefix & 0xff, value >> 8, value & 0xff]),
      giveBack: () => giveBack(this.#deps.clock.monotonic()),
    };
  }

  /** Prefixes whose lease has been renewed in time: only they serve new sessions. */
  #valid(): HeldPrefix[] {
    const nowMs = this.#deps.clock.monotonic();
    return this.#held.filter((held) => held.validUntilMs > nowMs);
  }

  /** Why a new session cannot be served whatever the store does; null when it can. */
  get #hindrance(): string | null {
    const valid = this.#valid();
    if (valid.length === 0) return NOT_RENEWED;
    const mayTakeMore = this.#deps.pinned === undefined && this.#held.length < PREFIXES_MAX;
    const nowMs = this.#deps.clock.monotonic();
    return mayTakeMore || valid.some(({ space }) => space.hasMore(nowMs)) ? null : ALL_USED;
  }

  /** All who wait for values wait for the same write. False when there are none to be had. */
  #growTogether(): Promise<boolean> {
    return this.#growing ??= this.#attempt(() => this.#grow())
      .then((grown) => grown ?? false)
      .finally(() => this.#growing = null);
  }

  /** Takes the next block of a prefix, or a further prefix when all are full. */
  async #grow(): Promise<boolean> {
    for (const held of this.#valid()) if (await this.#growOne(held)) return true;
    if (this.#deps.pinned !== undefined || this.#held.length >= PREFIXES_MAX) return false;
    await this.#takeAny();
    return await this.#growOne(this.#held.at(-1)!);
  }

  /** Values in reserve: a store that goes away now leaves some to give while the lease is young. */
  async #growAhead(): Promise<void> {
    const [held] = this.#valid();
    if (held !== undefined && held.space.ahead < BLOCK / 2) await this.#growOne(held);
  }

  async #growOne(held: HeldPrefix): Promise<boolean> {
    for (let tries = 0; tries < GROW_TRIES; tries++) {
      const grown = await held.grow();
      if (grown.kind === "held") return true;
      if (grown.kind === "lost") this.#lose(held, grown.to, grown.sameGateway);
      if (grown.kind !== "later") return false;
    }
    return false;
  }

  async #renewAll(): Promise<void> {
    for (const held of [...this.#held]) {
      const renewal = await held.renew();
      if (renewal.kind === "lost") this.#lose(held, renewal.to, renewal.sameGateway);
    }
    if (this.#held.length > 0) await rememberPrefixes(this.#gateway, this.prefixes);
  }

  #lose(held: HeldPrefix, to: string, sameGateway: boolean): void {
    this.#held.splice(this.#held.indexOf(held), 1);
    this.#doubled ||= sameGateway;
    const name = prefixText(held.prefix);
    this.#deps.onLost(
      held.prefix,
      sameGateway
        ? `Another process runs as gateway "${to}" and has taken prefix ${name}`
        : `Prefix ${name} now belongs to gateway "${to}"`,
    );
  }

  /** After a restart: the prefixes this gateway had, so that its miners keep their work. */
  async #takeBack(): Promise<void> {
    if (this.#deps.pinned !== undefined || this.#doubled) return;
    const own = await ownPrefixes(this.#gateway);
    for (const prefix of own.slice(0, PREFIXES_MAX)) await this.#obtain(prefix);
  }

  async #takeAny(): Promise<void> {
    const { pinned, random } = this.#deps;
    if (pinned !== undefined) {
      // Taken back, it would be lost again in a moment, with all sessions: the two would go on so for ever.
      if (this.#doubled && await HeldPrefix.isKept(this.#gateway, pinned)) {
        const { id } = this.#gateway;
        throw new NoPrefix(
          `another process runs as gateway "${id}" and has the pinned prefix ${prefixText(pinned)}`,
        );
      }
      if (await this.#obtain(pinned)) return;
      throw new NoPrefix(`prefix ${prefixText(pinned)} is pinned here, and another gateway has it`);
    }
    for (let tries = 0; tries < OBTAIN_TRIES; tries++) {
      const prefix = random.uint32() % PREFIX_COUNT;
      if (this.prefixes.includes(prefix)) continue;
      if (await this.#obtain(prefix)) return;
    }
    throw new NoPrefix("the store grants no prefix now");
  }

  async #obtain(prefix: number): Promise<boolean> {
    const held = await HeldPrefix.obtain(this.#gateway, prefix);
    if (held === null) return false;
    this.#held.push(held);
    await rememberPrefixes(this.#gateway, this.prefixes);
    return true;
  }

  /** Runs work on the records after what runs already. Turns an outage into a sentence, and null. */
  #attempt<T>(work: () => Promise<T>): Promise<T | null> {
    const turn = this.#last.then(async () => {
      try {
        const done = await work();
        this.#say(this.#hindrance);
        return done;
      } catch (error) {
        if (!(error instanceof StateUnavailable || error instanceof NoPrefix)) throw error;
        this.#say(error.message);
        return null;
      }
    });
    this.#last = turn.catch(() => null);
    return turn;
  }

  #say(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#deps.onTrouble?.(trouble);
  }
}

/** No prefix can be had now: asked again soon. */
class NoPrefix extends Error {
  override name = "NoPrefix";
}
