/**
 * What a session takes along when it connects again, to whichever gateway, and what a worker gets at its next
 * visit. A convenience: when the store is away everybody starts afresh and nothing else changes.
 *
 * @module
 */
import { hasMembers, readRecord, toRecord } from "./json.ts";
import { type State, StateUnavailable } from "./port.ts";

/** A job's id, and the difficulty that was in force from it on. */
export type SentRung = readonly [jobId: string, difficulty: number];

export interface SessionRecord {
  /** 4 bytes as 8 hex digits. */
  readonly extranonce1: string;
  readonly difficulty: number;
  /** Version-rolling mask in force; 0 where none was agreed. */
  readonly versionMask: number;
  /** Newest job when this was written; the session was sent it, or begins with the next. "" where there was none. */
  readonly lastJob: string;
  /** The connection has ended: no job after `lastJob` was ever sent to it. Otherwise more may have followed. */
  readonly ended: boolean;
  /**
   * Difficulties of the work it was sent under this extranonce1, oldest first: a share is credited with that of
   * its job, whoever is asked. An empty id stands for the job after `lastJob`.
   */
  readonly rungs: readonly SentRung[];
  /** Jobs that were sent out of their row, each with its difficulty. */
  readonly extras: readonly SentRung[];
  /** Difficulty that an operator holds it at; absent where none does. */
  readonly hold?: number;
}

/** A worker that was away for a day finds its level anew as fast as it would from a stale one. */
const DIFFICULTY_TTL_MS = 86_400_000;

/**
 * A record is written after the value of its extranonce1 was given up, late by what a call to the store takes at
 * most (a second), and must be gone before that value can be another session's.
 */
const RECORD_SPARE_MS = 10_000;

/** Difficulties of one record that are believed: more than there are jobs within a job's life. */
const RUNGS_MAX = 256;

export class Sessions {
  #trouble: string | null = null;

  /**
   * @param restMs How long a value of an extranonce1 rests (the life of a job). A record lives a little less after
   *   its last write, so a session that goes on is written again (`save`) several times within this span.
   */
  constructor(readonly state: State, readonly restMs: number) {}

  /** Why the last call found no store; null when it found it. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /**
   * Writes the session down. False when the store is away.
   *
   * @param agedMs How long ago the record was true: the session had ended, and the value of its extranonce1 rests
   *   since then. Too old a record is not written.
   */
  save(id: string, record: SessionRecord, agedMs = 0): Promise<boolean> {
    const ttlMs = Math.floor(this.restMs - RECORD_SPARE_MS - agedMs);
    if (ttlMs <= 0) return Promise.resolve(true);
    return this.#wrote(() => this.state.set(`session:${id}`, toRecord(record), ttlMs));
  }

  /** The session as last saved; null when it is unknown, too old, or the store is away. */
  find(id: string): Promise<SessionRecord | null> {
    return this.#found(() => readRecord(this.state, `session:${id}`, isSessionRecord));
  }

  /**
   * Remembers the level a worker has found. False when the store is away.
   *
   * @param kind What kind of machine it is: several may go by one name.
   */
  rememberDifficulty(
    account: string,
    worker: string,
    kind: string,
    difficulty: number,
  ): Promise<boolean> {
    const record = toRecord({ difficulty, kind });
    return this.#wrote(() =>
      this.state.set(difficultyKey(account, worker), record, DIFFICULTY_TTL_MS)
    );
  }

  /**
   * The level this worker had within the last day; null when unknown, when it was another kind of machine, or when
   * the store is away.
   */
  async lastDifficulty(account: string, worker: string, kind: string): Promise<number | null> {
    const key = difficultyKey(account, worker);
    const record = await this.#found(() => readRecord(this.state, key, isWorkerRecord));
    return record?.kind === kind ? record.difficulty : null;
  }

  async #wrote(write: () => Promise<void>): Promise<boolean> {
    return await this.#found(async () => (await write(), true)) ?? false;
  }

  async #found<T>(ask: () => Promise<T | null>): Promise<T | null> {
    try {
      const answer = await ask();
      this.#trouble = null;
      return answer;
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      this.#trouble = error.message;
      return null;
    }
  }
}

function difficultyKey(account: string, worker: string): string {
  return `difficulty:${account}.${worker}`;
}

function isSessionRecord(value: unknown): value is SessionRecord {
  return hasMembers(value, "extranonce1", "versionMask", "lastJob", "ended", "rungs", "extras") &&
    hasDifficulty(value) &&
    typeof value.extranonce1 === "string" && /^[0-9a-f]{8}$/.test(value.extranonce1) &&
    Number.isInteger(value.versionMask) && typeof value.lastJob === "string" &&
    typeof value.ended === "boolean" && isRungs(value.rungs) && isRungs(value.extras) &&
    (!hasMembers(value, "hold") || isDifficulty(value.hold));
}

function isRungs(value: unknown): value is SentRung[] {
  return Array.isArray(value) && value.length <= RUNGS_MAX &&
    value.every((rung) =>
      Array.isArray(rung) && rung.length === 2 && typeof rung[0] === "string" &&
      isDifficulty(rung[1])
    );
}

function isWorkerRecord(value: unknown): value is { difficulty: number; kind: string } {
  return hasMembers(value, "kind") && typeof value.kind === "string" && hasDifficulty(value);
}

function hasDifficulty(value: unknown): value is { difficulty: number } {
  return hasMembers(value, "difficulty") && isDifficulty(value.difficulty);
}

function isDifficulty(value: unknown): value is number {
  return typeof value === "number" && value > 0 && Number.isFinite(value);
}
