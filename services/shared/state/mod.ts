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
export type { StateClock } from "./memory.ts";
import type { StateClock } from "./memory.ts";
import type { State } from "./port.ts";

/**
 * Opens the state a URL names, and loads only that adapter: `memory:`.
 *
 * @throws {TypeError} Saying in a sentence what is wrong with the URL, without its password.
 */
export async function openState(
  url: URL | string,
  deps: { readonly clock: StateClock },
): Promise<State> {
  const text = String(url);
  const scheme = text.slice(0, text.indexOf(":") + 1);
  switch (scheme) {
    case "memory:": {
      const { MemoryState } = await import("./memory.ts");
      return new MemoryState(deps.clock);
    }
    default:
      throw new TypeError(`Cannot open state at "${scheme}": only memory: is known`);
  }
}
