/**
 * What the gateway needs of those who number its sessions and remember them: parts of @gopool/state's Extranonces
 * and Sessions, named here so that tests can give fakes.
 *
 * @module
 */
import type { Grant, SessionRecord, Taken } from "@gopool/state";

export type { Grant, SessionRecord };

export interface ExtranonceSource {
  /** A value that no other session has had within a job's life, or the sentence why there is none now. */
  take(sessionId: string): Promise<Taken>;
  /** The value that this session had before; null where this gateway does not hold it, or another may have it. */
  reclaim(sessionId: string, extranonce1: Uint8Array): Grant | null;
}

/** Never needed: without it a miner that comes back starts anew. Both calls answer even when the store is away. */
export interface SessionMemory {
  find(sessionId: string): Promise<SessionRecord | null>;
  save(sessionId: string, record: SessionRecord): Promise<boolean>;
}
