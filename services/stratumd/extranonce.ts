/**
 * What the gateway needs of those who number its sessions and remember them: parts of @gopool/state's Extranonces
 * and Sessions, named here so that tests can give fakes.
 *
 * @module
 */
import type { Grant, SentRung, SessionRecord, Taken } from "@gopool/state";

export type { Grant, SentRung, SessionRecord };

export interface ExtranonceSource {
  /** A value that no other session has had within a job's life, or the sentence why there is none now. */
  take(sessionId: string): Promise<Taken>;
  /** The value that this session had before; null where this gateway does not hold it, or another may have it. */
  reclaim(sessionId: string, extranonce1: Uint8Array): Grant | null;
}

/** Never needed: without it a miner that comes back starts anew. Every call answers even when the store is away. */
export interface SessionMemory {
  /** Why the last call found no store; null when it found it. */
  readonly trouble: string | null;
  find(sessionId: string): Promise<SessionRecord | null>;
  /** @param agedMs How long ago the record was true: it is kept the shorter. */
  save(sessionId: string, record: SessionRecord, agedMs: number): Promise<boolean>;
  lastDifficulty(account: string, worker: string, kind: string): Promise<number | null>;
  rememberDifficulty(
    account: string,
    worker: string,
    kind: string,
    difficulty: number,
  ): Promise<boolean>;
}
