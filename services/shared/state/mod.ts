/** Leases, sessions, caches and counters that the services share. @module */
export * from "./port.ts";
export {
  Extranonces,
  type ExtranoncesDeps,
  type Grant,
  PREFIX_RENEW_MS,
  PREFIX_TTL_MS,
  type Taken,
} from "./prefix.ts";
export { LEADER_TTL_MS, type LeaderDeps, type Leadership, runLeader } from "./leader.ts";
export { type SentRung, type SessionRecord, Sessions } from "./sessions.ts";
export { type Cached, JobCache } from "./job_cache.ts";
export { SharedLevels, type SharedLevelsDeps, TALLY_EVERY_MS, TALLY_TTL_MS } from "./quota.ts";
export type { StateClock } from "./memory.ts";
import type { State } from "./port.ts";
import { placesOf } from "./redis/address.ts";
import type { RedisAccess, RedisStateOptions } from "./redis.ts";

export { type Place, placesOf } from "./redis/address.ts";
export type { RedisAccess };
export { stateOptionsOf, type StateSettings } from "./from_settings.ts";

/** What every state is opened with; what belongs to a Redis is nothing to the others. */
export type StateOptions = RedisStateOptions;

/**
 * Opens the state a URL names, and loads only that adapter: `memory:`, `redis://host:port/db`, `rediss://`,
 * `redis+sentinel://host:port,host:port/master/db` (redis/address.ts says what else may stand there). Give the URL as
 * text: several hosts are no URL to the platform.
 *
 * @throws {TypeError} Saying in a sentence what is wrong with the URL, without its password.
 */
export async function openState(url: URL | string, options: StateOptions): Promise<State> {
  const text = String(url);
  placesOf(text); // refuses what is no state's URL
  if (text.startsWith("memory:")) {
    const { MemoryState } = await import("./memory.ts");
    return new MemoryState(options.clock);
  }
  const { openRedisState } = await import("./redis.ts");
  return await openRedisState(text, options);
}

/**
 * Vouches that no process of this pool is at work with the state at `url`: see declareNewRedisState. Does nothing for
 * a state that needs no such word.
 *
 * @throws {StateUnavailable} The state is away, or somebody holds a lease.
 */
export async function declareNewState(url: URL | string, options: StateOptions): Promise<void> {
  if (placesOf(String(url)).length === 0) return;
  const { declareNewRedisState } = await import("./redis.ts");
  await declareNewRedisState(String(url), options);
}
