/**
 * Writes sessions down for miners that come back, and the levels that workers have found: a bounded number a second and
 * at once, in the order they became due, whatever happens to thousands of them together. Nobody waits for it: a store
 * that is away costs the comfort, nothing else.
 *
 * @module
 */
import type { Clock, Logger } from "@gopool/runtime";
import type { Past } from "./departed.ts";
import type { Grant, SessionMemory, SessionRecord } from "./extranonce.ts";
import type { JobTable } from "./jobs.ts";
import {
  RECALL_REST_MS,
  REMEMBER_DRAIN_MS,
  REMEMBER_EVERY_MS,
  REMEMBER_IN_FLIGHT,
  REMEMBER_PER_SECOND,
  REMEMBER_WAITING_MAX,
} from "./limits.ts";
import type { Session } from "./session.ts";
import { recordOf } from "./session_record.ts";

export interface RememberingDeps {
  readonly memory: SessionMemory;
  readonly jobs: JobTable;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether levels of workers are worth remembering: not where nobody's is ever changed. */
  readonly levels: boolean;
}

/** What the store was last told of a session. */
export interface Remembered {
  readonly difficulty: number;
  readonly versionMask: number;
  readonly grant: Grant;
  readonly hold: number | null;
  /** Monotonic ms. */
  readonly atMs: number;
  /** Level of its worker as last told, and when. */
  readonly level: number;
  readonly levelAtMs: number;
}

/** A session that has ended, as it is to be written. */
interface Ended {
  readonly record: SessionRecord;
  readonly endedMs: number;
  readonly level: Level | null;
}

interface Level {
  readonly account: string;
  readonly worker: string;
  readonly kind: string;
  readonly difficulty: number;
}

export class Remembering {
  /** Sessions whose record is out of date, longest due first. */
  readonly #due = new Set<Session>();
  /** By session id, longest ended first. They go before those that are still here. */
  readonly #ended = new Map<string, Ended>();
  #writing = 0;
  /** Writes left in this second. */
  #budget = REMEMBER_PER_SECOND;
  #restUntilMs = -Infinity;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(private readonly deps: RememberingDeps) {}

  /** Looks whether the session's record is older than it should be, or says something else; then it is written soon. */
  look(session: Session): void {
    const { vardiff, extranonce, remembered, versionMask } = session;
    if (vardiff === null || extranonce === null || this.#due.has(session)) return;
    const isCurrent = remembered !== null && remembered.difficulty === vardiff.difficulty &&
      remembered.versionMask === versionMask && remembered.grant === extranonce &&
      remembered.hold === session.hold &&
      this.deps.clock.monotonic() - remembered.atMs <= REMEMBER_EVERY_MS;
    if (isCurrent) return;
    this.#due.add(session);
    // It is back: what its last connection left is out of date.
    this.#ended.delete(session.sessionId);
  }

  /** The connection has ended: what it was is written at once, because it may be at another gateway in a moment. */
  ended(session: Session, past: Past): void {
    this.#due.delete(session);
    const { difficulty } = past;
    if (difficulty === null) return;
    const record = recordOf({ ...past, difficulty }, this.deps.jobs, true);
    const endedMs = this.deps.clock.monotonic();
    this.#ended.delete(session.sessionId);
    this.#ended.set(session.sessionId, { record, endedMs, level: this.#levelOf(session) });
    if (this.#ended.size > REMEMBER_WAITING_MAX) {
      for (const oldest of this.#ended.keys()) {
        this.#ended.delete(oldest);
        break;
      }
    }
    this.#write();
  }

  /** Once a second. */
  sweep(): void {
    this.#budget = REMEMBER_PER_SECOND;
    this.#write();
  }

  /** At the end: resolves when all is written, or the store is away, or it has taken long enough. */
  async settled(): Promise<void> {
    this.#budget = Infinity;
    this.#write();
    const enough = new AbortController();
    while (this.#writing > 0 && !enough.signal.aborted) {
      this.#idle = Promise.withResolvers();
      await Promise.race([
        this.#idle.promise,
        this.deps.clock.sleep(REMEMBER_DRAIN_MS, enough.signal).then(() => enough.abort()),
      ]);
    }
    enough.abort();
    this.#budget = 0;
  }

  #write(): void {
    while (this.#writing < REMEMBER_IN_FLIGHT && this.#budget > 0 && this.#mayAsk()) {
      const [ended] = this.#ended;
      const [session] = this.#due;
      if (ended !== undefined) {
        const [id, note] = ended;
        this.#ended.delete(id);
        this.#run(() => this.#writeEnded(id, note));
      } else if (session !== undefined) {
        this.#due.delete(session);
        this.#run(() => this.#writeLiving(session));
      } else break;
    }
    if (this.#writing === 0) this.#idle?.resolve();
  }

  #mayAsk(): boolean {
    return this.deps.clock.monotonic() >= this.#restUntilMs;
  }

  /** One write, in the background: it ends in a pause where the store is away, and is followed by the next. */
  #run(write: () => Promise<boolean>): void {
    this.#writing++;
    write().catch((error) => {
      this.deps.log.warn("a session could not be remembered", { error: error as Error });
      return false;
    }).then((written) => {
      this.#writing--;
      if (!written) this.#restUntilMs = this.deps.clock.monotonic() + RECALL_REST_MS;
      this.#write();
    });
  }

  async #writeEnded(id: string, note: Ended): Promise<boolean> {
    const { record, endedMs, level } = note;
    // Counted from its end: a record must not outlive the rest of its extranonce1, however long it waited here.
    const agedMs = this.deps.clock.monotonic() - endedMs;
    const written = await this.#save(id, record, level, agedMs);
    if (!written && !this.#ended.has(id)) this.#ended.set(id, note);
    return written;
  }

  async #writeLiving(session: Session): Promise<boolean> {
    const { vardiff, extranonce, history, versionMask, remembered, hold } = session;
    if (vardiff === null || extranonce === null || session.closed) return true;
    const { difficulty } = vardiff;
    const nowMs = this.deps.clock.monotonic();
    const told = remembered?.level ?? 0;
    const found = this.#levelOf(session);
    const level = found === null || found.difficulty === told ||
        nowMs - (remembered?.levelAtMs ?? -Infinity) < REMEMBER_EVERY_MS
      ? null
      : found;
    const now: Remembered = {
      difficulty,
      versionMask,
      grant: extranonce,
      hold,
      atMs: nowMs,
      level: level?.difficulty ?? told,
      levelAtMs: level === null ? remembered?.levelAtMs ?? -Infinity : nowMs,
    };
    session.remembered = now;
    const { extranonce1 } = extranonce;
    const record = recordOf(
      { extranonce1, difficulty, versionMask, history, hold },
      this.deps.jobs,
      false,
    );
    const written = await this.#save(session.sessionId, record, level, 0);
    // Due again at the next look.
    if (!written && session.remembered === now) session.remembered = null;
    return written;
  }

  async #save(
    id: string,
    record: SessionRecord,
    level: Level | null,
    agedMs: number,
  ): Promise<boolean> {
    const { memory } = this.deps;
    this.#budget -= level === null ? 1 : 2;
    const [session, worker] = await Promise.all([
      memory.save(id, record, agedMs),
      level === null ||
      memory.rememberDifficulty(level.account, level.worker, level.kind, level.difficulty),
    ]);
    return session && worker;
  }

  /** A level at which a share was found, of the worker that the connection began with; none that an operator chose. */
  #levelOf({ vardiff, firstWorker, accepted, agent, hold }: Session): Level | null {
    if (!this.deps.levels || vardiff === null || firstWorker === null || accepted === 0) {
      return null;
    }
    if (hold !== null) return null;
    const { account, worker } = firstWorker;
    return { account, worker, kind: agent.name, difficulty: vardiff.difficulty };
  }
}
