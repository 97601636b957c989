/**
 * Jobs to miners. A notify is written once for all sessions that share it; a new difficulty goes out immediately
 * before the notify it begins with, never without one.
 *
 * @module
 */
import type { Clock, Logger } from "@gopool/runtime";
import { setDifficultyLine, setVersionMaskLine } from "@gopool/stratum";
import { type Change, Changes } from "./changes.ts";
import type { Rung } from "./difficulty.ts";
import type { GatewayJob, JobForm, JobTable } from "./jobs.ts";
import { EARLY_JOB_MAX_AGE_MS, EARLY_NOTIFY_MIN_MS } from "./limits.ts";
import { boundsOf, HOLD_FACTOR, type PacingSettings, rungWithin, startOf } from "./pacing.ts";
import { RoundTrip } from "./round_trip.ts";
import type { Session } from "./session.ts";
import type { SessionNews } from "./session_watch.ts";
import { type DifficultyBounds, Vardiff } from "./vardiff.ts";

const utf8 = new TextDecoder();

/** Shares that come this much too fast are not borne until the next job, if there is one the session has not seen. */
const EARLY_FACTOR = 3;

export interface BroadcastDeps {
  readonly jobs: JobTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly variant: string;
  readonly pacing: PacingSettings;
  readonly news: SessionNews;
}

export class Broadcast {
  /** Difficulties given in the place of another, since the start. */
  readonly retargets = { up: 0, down: 0 };

  constructor(private readonly deps: BroadcastDeps) {}

  /** The first job of a session, or of one that came back. False while there is none to give. */
  welcome(session: Session): boolean {
    const { jobs, clock, pacing } = this.deps;
    const job = jobs.current;
    if (job === null || !jobs.isCurrentAlive(clock.now())) return false;
    const form = this.#form(session, job);
    if (form === null) return false;
    const bounds = boundsOf(session, pacing, job.job.nbits);
    const nowMs = clock.monotonic();
    const start = rungWithin(startOf(session, pacing), bounds);
    const rung = session.hold === null ? start : rungWithin(session.hold, bounds);
    session.base = start.difficulty;
    session.history.begin(job.sequence, rung, jobs.oldestSequence);
    session.vardiff = new Vardiff(rung.difficulty, nowMs / 1000);
    session.welcomedAtMs = clock.now();
    session.notifiedMs = nowMs;
    if (session.versionMask !== 0) {
      session.send(utf8.decode(setVersionMaskLine(session.versionMask)));
    }
    session.send(difficultyText(rung));
    session.sendShared(form.notify(this.#startsAfresh(session)));
    this.#began(session, rung);
    return true;
  }

  /** Its first job; or its first one under another extranonce1, which is no beginning. */
  #began(session: Session, { difficulty }: Rung): void {
    const cause = session.hold === null ? "start" : "fixed";
    const change: Change = { atMs: session.welcomedAtMs, difficulty, cause };
    if (session.changes !== null) return session.changes.add(change);
    session.changes = new Changes(change);
    if (session.agent.answersVersion) session.roundTrip = new RoundTrip(session.notifiedMs);
    this.deps.news.began(session);
  }

  /**
   * Whether all that the miner worked on before, here or elsewhere, is void. Not so where it comes back with its
   * extranonce1 on the same block: it may have searched part of this very job, and a cgminer goes on counting its
   * extranonce2 as long as clean is false, but begins at 0 again when it is true: every share would be a repeat.
   */
  #startsAfresh(session: Session): boolean {
    return session.resumedAt === null || session.resumedAt < this.deps.jobs.tipSequence;
  }

  /** A new job to a session that has had one before. */
  next(session: Session, job: GatewayJob): void {
    const { jobs, clock } = this.deps;
    const form = this.#form(session, job);
    if (form === null) return;
    const nowMs = clock.monotonic();
    const rung = this.#retarget(session, job, nowMs);
    if (rung !== null) {
      session.history.begin(job.sequence, rung, jobs.oldestSequence);
      session.send(difficultyText(rung));
    }
    session.notifiedMs = nowMs;
    session.sendShared(form.notify(job.isClean));
  }

  /**
   * For a session that floods: gives it, with a new one, a recent job that it has not seen. Jobs come
   * every 30 s, and the same job is never sent twice.
   */
  early(session: Session): void {
    const { clock, pacing } = this.deps;
    const nowMs = clock.monotonic();
    const { vardiff } = session;
    if (pacing.vardiff === "off" || vardiff === null) return;
    vardiff.tick(nowMs / 1000);
    if (nowMs - session.notifiedMs < EARLY_NOTIFY_MIN_MS) return;
    if (!vardiff.isFlooding(nowMs / 1000, aimOf(pacing), EARLY_FACTOR)) return;
    this.#giveUnseen(session, nowMs);
  }

  /**
   * Holds the session at a difficulty, or gives it back to vardiff (null). True where that is in force now; else it is
   * from the next job on.
   */
  hold(session: Session, difficulty: number | null): boolean {
    const { jobs, clock, pacing } = this.deps;
    const job = jobs.current;
    const bounds = job === null ? null : boundsOf(session, pacing, job.job.nbits);
    session.hold = difficulty === null || bounds === null
      ? difficulty
      : rungWithin(difficulty, bounds).difficulty;
    if (session.vardiff === null) return false;
    if (session.hold === session.history.current!.difficulty) return true;
    const nowMs = clock.monotonic();
    if (nowMs - session.notifiedMs < EARLY_NOTIFY_MIN_MS) return false;
    return this.#giveUnseen(session, nowMs);
  }

  /** Sends a recent job that the session has not seen, with its new difficulty; false where either is missing. */
  #giveUnseen(session: Session, nowMs: number): boolean {
    const { jobs } = this.deps;
    const job = this.#unseen(session);
    if (job === null) return false;
    const form = this.#form(session, job);
    const rung = form === null ? null : this.#retarget(session, job, nowMs);
    if (form === null || rung === null) return false;
    const nextSequence = jobs.current!.sequence + 1;
    session.history.beginOutOfRow(job.sequence, rung, nextSequence, jobs.oldestSequence);
    session.notifiedMs = nowMs;
    session.send(difficultyText(rung));
    session.sendShared(form.notify(false));
    return true;
  }

  /** A difficulty an operator or the escalation wants told again; the job stays. */
  remind(session: Session): void {
    const rung = session.history.current;
    if (rung === null) return;
    if (session.versionMask !== 0) {
      session.send(utf8.decode(setVersionMaskLine(session.versionMask)));
    }
    session.send(difficultyText(rung));
  }

  #form(session: Session, job: GatewayJob): JobForm | null {
    try {
      return job.formFor(this.deps.variant, session.firstWorker, session.agent.coinbaseBytesMax);
    } catch (error) {
      this.deps.log.error("job cannot be given to a session", {
        jobId: job.id,
        session: session.publicId,
        error: error as Error,
      });
      return null;
    }
  }

  /** The rung to begin with this job; null where the one in force stays. */
  #retarget(session: Session, job: GatewayJob, nowMs: number): Rung | null {
    const { pacing } = this.deps;
    const vardiff = session.vardiff!;
    const bounds = boundsOf(session, pacing, job.job.nbits);
    const nowS = nowMs / 1000;
    const wanted = this.#wanted(session, nowS, bounds);
    const rung = rungWithin(wanted, bounds);
    const before = session.history.current!.difficulty;
    const { difficulty } = rung;
    if (difficulty === before) return null;
    if (difficulty > before) this.retargets.up++;
    else this.retargets.down++;
    vardiff.set(difficulty, nowS);
    const cause = session.hold === null ? "vardiff" : "fixed";
    const change: Change = { atMs: this.deps.clock.now(), difficulty, cause };
    session.changes?.add(change);
    this.deps.news.retargeted(session, before, change);
    return rung;
  }

  #wanted(session: Session, nowS: number, bounds: DifficultyBounds): number {
    const { pacing } = this.deps;
    const vardiff = session.vardiff!;
    if (session.hold !== null) return session.hold;
    if (pacing.vardiff === "off") return session.base;
    const aim = aimOf(pacing);
    const held = session.wishes?.held;
    if (held !== undefined && !vardiff.isFarFrom(held, nowS, aim, HOLD_FACTOR)) return held;
    return vardiff.decide(nowS, aim, bounds);
  }

  #unseen(session: Session): GatewayJob | null {
    const { jobs, clock } = this.deps;
    const current = jobs.current!;
    const nowMs = clock.now();
    for (const job of jobs.recent()) {
      if (job.supersededAtMs < nowMs - EARLY_JOB_MAX_AGE_MS) return null;
      if (job === current || session.history.has(job.sequence)) continue;
      if (job.job.nbits !== current.job.nbits || job.isEmptyBlock !== current.isEmptyBlock) {
        continue;
      }
      if (jobs.staleness(job, nowMs) === 0) return job;
    }
    return null;
  }
}

/** Wanted shares a second. */
function aimOf(pacing: PacingSettings): number {
  return pacing.sharesPerMinute / 60;
}

function difficultyText(rung: Rung): string {
  return utf8.decode(setDifficultyLine(rung.difficulty));
}
