/**
 * Who may not come, to no gateway of the pool: one list in the shared state, looked at every BANS_EVERY_MS by each. A
 * gateway goes by the list it last saw while the state is away, and writes it again where the state has lost it.
 *
 * @module
 */
import type { Clock, Logger } from "@gopool/runtime";
import { type State, StateUnavailable } from "@gopool/state";
import { BanIndex } from "./ban_index.ts";
import { BAN_TRIES, BANS_EVERY_MS, BANS_MAX } from "./limits.ts";
import { parseNetwork } from "./networks.ts";

/** Where the list stands. Never deleted: none is a list that was lost, an empty one is not. */
const KEY = "bans";

/** What is banned: a network as networkText writes it, or a canonical payout address. */
export interface BanTarget {
  readonly kind: "network" | "account";
  readonly target: string;
}

export interface Ban extends BanTarget {
  /** In the operator's words. */
  readonly reason: string;
  readonly by: string;
  /** ms since the Unix epoch. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What a ban has done. */
export interface BanDone {
  /** What it replaced. */
  readonly before: Ban | null;
  /** Sessions of this gateway that it closed. */
  readonly closed: number;
}

/** No room for another ban, or everybody writes the list at this moment. */
export class CannotBan extends Error {
  override name = "CannotBan";
}

export interface BansDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * There are bans that were not in the list before: sessions that they fit are to be closed. Gives how many were. Whom
   * the others fit is not here: each is asked about when somebody comes.
   */
  readonly onBans: (fresh: BanIndex) => number | Promise<number>;
}

interface List {
  /** Rises by one with every change: the higher one is right. 0: none was ever seen. */
  readonly version: number;
  readonly bans: readonly Ban[];
}

export class Bans {
  #list: List = { version: 0, bans: [] };
  #index: BanIndex;
  /** When the latest of all bans began that were ever in it. */
  #newestMs = -Infinity;
  #trouble: string | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: BansDeps) {
    this.#index = new BanIndex([], deps.clock);
  }

  /** Those in force, soonest over first. */
  get all(): readonly Ban[] {
    const nowMs = this.deps.clock.now();
    return this.#list.bans.filter((ban) => ban.untilMs > nowMs)
      .sort((a, b) => a.untilMs - b.untilMs || (a.target < b.target ? -1 : 1));
  }

  /** Why the list may be out of date, as a sentence; null when it is not. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** The ban of a payout address, canonical; null where there is none. */
  ofAccount(account: string): Ban | null {
    return this.#index.ofAccount(account);
  }

  /** A ban that a network address lies in; null where there is none. */
  ofAddress(address: string): Ban | null {
    return this.#index.ofAddress(address);
  }

  /**
   * Puts a ban into the list of the pool; one of the same target is replaced. Sessions of this gateway are closed when
   * it resolves, those of the others within BANS_EVERY_MS and two calls to the state.
   *
   * @throws {StateUnavailable} Whether it was written nobody knows; saying it again is safe. @throws {CannotBan}
   */
  ban(ban: Ban): Promise<BanDone> {
    return this.#alone(() =>
      this.#change(ban, (bans) => {
        if (bans.length >= BANS_MAX) {
          throw new CannotBan(`There are ${BANS_MAX} bans already: end one, or ban a wider prefix`);
        }
        return [...bans, ban];
      })
    );
  }

  /** Takes a ban out of the list and gives it; null where there is none. Throws as `ban`. */
  async unban(target: BanTarget): Promise<Ban | null> {
    const edit = (bans: Ban[], found: Ban | null) => found === null ? null : bans;
    return (await this.#alone(() => this.#change(target, edit))).before;
  }

  /** Looks at the list of the pool until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#alone(() => this.#look());
        this.#trouble = null;
      } catch (error) {
        if (!(error instanceof StateUnavailable)) throw error;
        this.#trouble = error.message;
      }
      await this.deps.clock.sleep(BANS_EVERY_MS, signal);
    }
  }

  /**
   * One at a time, calls and looks: a list that a call has written is taken up by that call, so that it knows whom its
   * ban closed.
   */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  /** @param edit From the bans in force without those of the target; null leaves all as it is. */
  async #change(
    { kind, target }: BanTarget,
    edit: (others: Ban[], found: Ban | null) => Ban[] | null,
  ): Promise<BanDone> {
    const { state } = this.deps;
    for (let i = 0; i < BAN_TRIES; i++) {
      const bytes = await this.#meet();
      const bans = this.all;
      const isIt = (ban: Ban) => ban.kind === kind && ban.target === target;
      const found = bans.find(isIt) ?? null;
      const next = edit(bans.filter((ban) => !isIt(ban)), found);
      if (next === null) return { before: found, closed: 0 };
      const list = { version: this.#list.version + 1, bans: next };
      if (await state.compareAndSet(KEY, bytes, encode(list))) {
        return { before: found, closed: await this.#adopt(list) };
      }
    }
    throw new CannotBan("Other gateways change the bans at this very moment: try again");
  }

  async #look(): Promise<void> {
    await this.#meet();
    const nowMs = this.deps.clock.now();
    if (this.#list.bans.some((ban) => ban.untilMs <= nowMs)) this.#renew();
  }

  /** Brings this gateway and the state to one list, and gives what then stands in the state. */
  async #meet(): Promise<Uint8Array | null> {
    const { state } = this.deps;
    const bytes = await state.get(KEY);
    const stored = this.#read(bytes);
    if (stored.version >= this.#list.version) {
      await this.#adopt(stored);
      return bytes;
    }
    // A store that lost it, or came back with an older copy. Where another was first, the next look tells.
    const list = this.#withLater(stored);
    const written = encode(list);
    if (!await state.compareAndSet(KEY, bytes, written)) return bytes;
    await this.#adopt(list);
    return written;
  }

  /**
   * Our list, and bans that a gateway which did not have it has put into an older copy: they began after all that we
   * ever saw. What we saw and have no more was ended.
   */
  #withLater(older: List): List {
    const nowMs = this.deps.clock.now();
    const later = older.bans.filter(({ sinceMs, untilMs }) =>
      sinceMs > this.#newestMs && untilMs > nowMs
    );
    if (later.length === 0) return this.#list;
    const named = new Set(later.map(nameOf));
    const ours = this.#list.bans.filter((ban) => !named.has(nameOf(ban)));
    return { version: this.#list.version + 1, bans: [...later, ...ours].slice(0, BANS_MAX) };
  }

  /** Resolves when those are closed whom its new bans mean, with how many there were. */
  async #adopt(list: List): Promise<number> {
    if (list.version <= this.#list.version) return 0;
    const known = new Set(this.all.map(nameOf));
    this.#list = list;
    for (const { sinceMs } of list.bans) this.#newestMs = Math.max(this.#newestMs, sinceMs);
    this.#renew();
    const fresh = this.all.filter((ban) => !known.has(nameOf(ban)));
    return fresh.length === 0 ? 0 : await this.deps.onBans(new BanIndex(fresh, this.deps.clock));
  }

  /** What is over is left out; it goes from the store with the next change. */
  #renew(): void {
    this.#list = { version: this.#list.version, bans: this.all };
    this.#index = new BanIndex(this.#list.bans, this.deps.clock);
  }

  #read(bytes: Uint8Array | null): List {
    const none = { version: 0, bans: [] };
    if (bytes === null) return none;
    const list = decode(bytes);
    if (list === null) this.deps.log.warn("the list of bans in the state cannot be read");
    return list ?? none;
  }
}

function nameOf({ kind, target }: BanTarget): string {
  return `${kind} ${target}`;
}

function encode(list: List): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(list));
}

/** The list that stands in the store; null where that is none. A ban that cannot be one is left out. */
function decode(bytes: Uint8Array): List | null {
  try {
    const { version, bans } = JSON.parse(new TextDecoder().decode(bytes));
    if (!Number.isSafeInteger(version) || version < 1 || !Array.isArray(bans)) return null;
    return { version, bans: bans.filter(isBan).slice(0, BANS_MAX) };
  } catch {
    return null;
  }
}

function isBan(value: unknown): value is Ban {
  if (typeof value !== "object" || value === null) return false;
  const { kind, target, reason, by, sinceMs, untilMs } = value as Record<string, unknown>;
  const shaped = [target, reason, by].every((text) => typeof text === "string") &&
    [sinceMs, untilMs].every(Number.isSafeInteger);
  if (!shaped || (kind !== "network" && kind !== "account")) return false;
  if (kind === "account") return true;
  try {
    parseNetwork(target as string);
    return true;
  } catch {
    return false;
  }
}
