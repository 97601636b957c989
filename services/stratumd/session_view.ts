/**
 * Sessions as operators are shown them. Nothing of it lets anybody take a session up: its secret id stays here.
 *
 * @module
 */
import { toHex } from "@gopool/chain";
import { Reason } from "@gopool/proto";
import {
  DifficultyCause,
  type GetSessionResponseSchema,
  type MessageInitShape,
  type SentJobSchema,
  SessionState,
  type SessionSummarySchema,
} from "@gopool/proto/control";
import type { Clock } from "@gopool/runtime";
import type { Cause } from "./changes.ts";
import type { JobTable } from "./jobs.ts";
import { JOBS_SHOWN, SILENT_MS, WORKERS_SHOWN } from "./limits.ts";
import { boundsOf, type PacingSettings } from "./pacing.ts";
import type { Session } from "./session.ts";
import { totalsOf } from "./tally.ts";

export type SessionShown = MessageInitShape<typeof SessionSummarySchema>;

/** Hashes that a share of difficulty 1 takes on average. */
const HASHES_OF_ONE = 2 ** 32;

export const CAUSES: Readonly<Record<Cause, DifficultyCause>> = {
  start: DifficultyCause.START,
  vardiff: DifficultyCause.VARDIFF,
  fixed: DifficultyCause.FIXED,
};

export interface SessionViewsDeps {
  readonly clock: Clock;
  readonly jobs: JobTable;
  readonly pacing: PacingSettings;
}

export class SessionViews {
  constructor(private readonly deps: SessionViewsDeps) {}

  state(session: Session): SessionState {
    if (session.firstWorker === null || !session.isSubscribed) return SessionState.HANDSHAKE;
    if (session.vardiff === null) return SessionState.WAITING;
    const { clock } = this.deps;
    const isNew = clock.now() - session.welcomedAtMs <= SILENT_MS;
    const isHeard = session.lastShareMs >= 0 &&
      clock.monotonic() - session.lastShareMs <= SILENT_MS;
    return isNew || isHeard ? SessionState.WORKING : SessionState.SILENT;
  }

  /** Hashes a second, as its shares show; 0 before the first. */
  hashrate({ vardiff }: Session): number {
    const speed = vardiff?.speed(this.deps.clock.monotonic() / 1000) ?? 0;
    return Number.isFinite(speed) ? speed * HASHES_OF_ONE : 0;
  }

  summary(session: Session): SessionShown {
    const { firstWorker, agent, roundTrip, accepted } = session;
    const { rejected, stale } = totalsOf(session);
    return {
      id: session.publicId,
      state: this.state(session),
      address: session.address,
      account: firstWorker?.account ?? "",
      worker: firstWorker?.worker ?? "",
      workers: session.workerCount,
      userAgent: session.named?.name ?? "",
      agentFamily: agent.name,
      agentClass: agent.class,
      difficulty: session.vardiff?.difficulty ?? 0,
      fixed: session.hold !== null,
      hashrate: this.hashrate(session),
      connectedAtMs: this.#wallMs(session.connectedMs),
      lastShareAtMs: session.lastShareMs < 0 ? 0n : this.#wallMs(session.lastShareMs),
      accepted: BigInt(accepted),
      refused: rejected + stale,
      ...(roundTrip?.lastMs == null ? {} : { roundTripMs: roundTrip.lastMs }),
    };
  }

  detail(session: Session): MessageInitShape<typeof GetSessionResponseSchema> {
    const { jobs, pacing } = this.deps;
    const { wishes, roundTrip, extranonce } = session;
    const bounds = jobs.current === null ? null : boundsOf(session, pacing, jobs.current.job.nbits);
    return {
      session: this.summary(session),
      shares: totalsOf(session),
      difficulties: (session.changes?.newestFirst ?? []).map(({ atMs, difficulty, cause }) => ({
        atMs: BigInt(atMs),
        difficulty,
        cause: CAUSES[cause],
      })),
      difficultyMin: bounds?.min ?? 0,
      difficultyMax: bounds?.max ?? 0,
      fixedDifficulty: session.hold ?? 0,
      askedHeld: wishes?.held ?? 0,
      askedSuggested: wishes?.suggested ?? 0,
      askedMinimum: wishes?.minimum ?? 0,
      jobs: this.#jobs(session),
      workers: [...session.workers].slice(0, WORKERS_SHOWN)
        .map(({ account, worker }) => ({ account, worker })),
      versionMask: session.versionMask.toString(16).padStart(8, "0"),
      extranonce1: extranonce === null ? "" : toHex(extranonce.extranonce1),
      resumed: session.resumedAt !== null,
      answersWaiting: session.answers.length,
      ...(roundTrip?.leastMs == null ? {} : {
        leastRoundTripMs: roundTrip.leastMs,
        roundTripAtMs: this.#wallMs(roundTrip.answeredAtMs),
      }),
    };
  }

  /** What it was sent, by what shares for it would be held against: of each job once. */
  #jobs(session: Session): MessageInitShape<typeof SentJobSchema>[] {
    const { jobs, clock } = this.deps;
    const shown = [];
    for (const job of jobs.recent()) {
      if (shown.length === JOBS_SHOWN) break;
      const rung = session.history.has(job.sequence) ? session.history.rung(job.sequence) : null;
      if (rung === null) continue;
      // What was over when this connection began was sent by the one before it.
      const since = job.supersededAtMs < session.welcomedAtMs ? 0 : session.welcomedAtMs;
      shown.push({
        id: job.id,
        height: job.prepared.height,
        clean: job.isClean,
        sentAtMs: BigInt(Math.max(job.sentAtMs, since)),
        difficulty: rung.difficulty,
        live: jobs.staleness(job, clock.now()) === Reason.UNSPECIFIED,
      });
    }
    return shown;
  }

  /** A moment of the monotonic clock on the wall's. */
  #wallMs(monotonicMs: number): bigint {
    const { clock } = this.deps;
    return BigInt(Math.max(0, Math.round(clock.now() - (clock.monotonic() - monotonicMs))));
  }
}
