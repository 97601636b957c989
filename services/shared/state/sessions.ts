/**
 * What a session takes along when it connects again, and what a worker gets at its next visit. A convenience:
 * when the store is away everybody starts afresh and nothing else changes.
 *
 * @module
 */
import { hasMembers, readRecord, toRecord } from "./json.ts";
import { type State, StateUnavailable } from "./port.ts";

export interface SessionRecord {
  /** 4 bytes as 8 hex digits. */
  readonly extranonce1: string;
  readonly difficulty: number;
  /** Version-rolling mask in force; 0 where none was agreed. */
  readonly versionMask: number;
}

/** A worker that was away for a day finds its level anew as fast as it would from a stale one. */
const DIFFICULTY_TTL_MS = 86_400_000;

export class Sessions {
  /**
   * @param jobMaxLifeMs How long a record lives after its last write. Not longer than a value of an
   *   extranonce1 rests: a record must be gone before its value can be another session's. So a session that
   *   goes on is written again (`save`) several times within this span.
   */
  constructor(readonly state: State, readonly jobMaxLifeMs: number) {}

  /** Writes the session down, from now for JOB_MAX_LIFE. False when the store is away. */
  save(id: string, record: SessionRecord): Promise<boolean> {
    return written(this.state.set(`session:${id}`, toRecord(record), this.jobMaxLifeMs));
  }

  /** The session as last saved; null when it is unknown, too old, or the store is away. */
  find(id: string): Promise<SessionRecord | null> {
    return found(readRecord(this.state, `session:${id}`, isSessionRecord));
  }

  /** Remembers the level a worker has found. False when the store is away. */
  rememberDifficulty(account: string, worker: string, difficulty: number): Promise<boolean> {
    const record = toRecord({ difficulty });
    return written(this.state.set(difficultyKey(account, worker), record, DIFFICULTY_TTL_MS));
  }

  /** The level this worker had within the last day; null when unknown or the store is away. */
  async lastDifficulty(account: string, worker: string): Promise<number | null> {
    const key = difficultyKey(account, worker);
    return (await found(readRecord(this.state, key, isDifficulty)))?.difficulty ?? null;
  }
}

function difficultyKey(account: string, worker: string): string {
  return `difficulty:${account}.${worker}`;
}

async function written(write: Promise<void>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof StateUnavailable) return false;
    throw error;
  }
}

async function found<T>(read: Promise<T | null>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof StateUnavailable) return null;
    throw error;
  }
}

function isSessionRecord(value: unknown): value is SessionRecord {
  return hasMembers(value, "extranonce1", "versionMask") && isDifficulty(value) &&
    typeof value.extranonce1 === "string" && /^[0-9a-f]{8}$/.test(value.extranonce1) &&
    Number.isInteger(value.versionMask);
}

function isDifficulty(value: unknown): value is { difficulty: number } {
  return hasMembers(value, "difficulty") && typeof value.difficulty === "number" &&
    value.difficulty > 0 && Number.isFinite(value.difficulty);
}
