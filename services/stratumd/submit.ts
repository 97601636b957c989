/**
 * The hot path: a submitted share is taken apart, checked together with all others of this turn of the event loop,
 * and answered once the log has it.
 *
 * Of every share the raw hash is held against the network target first: no rule that could refuse the share is
 * looked at before.
 *
 * @module
 */
import type { OutRecord } from "@gopool/bus";
import { EXTRANONCE2_BYTES } from "@gopool/chain";
import { Reason, Verdict } from "@gopool/proto";
import type { Clock } from "@gopool/runtime";
import { checkTerms, decodeSubmission, isStale, ShareChecker } from "@gopool/shares";
import type { SubmitLine } from "@gopool/stratum";
import type { Answer } from "./answers.ts";
import { withUnlisted } from "./bytes.ts";
import type { Candidates } from "./candidates.ts";
import type { GatewayJob, JobTable } from "./jobs.ts";
import type { Outbox, Outcome } from "./outbox.ts";
import type { Session } from "./session.ts";
import { encodeTaken, NO_TARGET, refusal, Taken } from "./taken.ts";

/** A share answered true as soon as its record is durable. */
interface Promised {
  readonly session: Session;
  readonly answer: Answer | null;
  readonly job: GatewayJob;
  readonly record: Uint8Array;
}

export interface IntakeDeps {
  readonly checker: ShareChecker;
  readonly jobs: JobTable;
  readonly outbox: Outbox;
  readonly candidates: Candidates;
  readonly clock: Clock;
  readonly pool: string;
  readonly gateway: string;
  readonly variant: string;
}

/** Shares by what became of them, since the start. */
export interface ShareCounts {
  accepted: number;
  rejected: number;
  stale: number;
  notStored: number;
  outcomeUnknown: number;
}

export class Intake {
  readonly counts: ShareCounts = {
    accepted: 0,
    rejected: 0,
    stale: 0,
    notStored: 0,
    outcomeUnknown: 0,
  };
  readonly #taken: Taken[] = [];
  #size = 0;

  constructor(private readonly deps: IntakeDeps) {}

  /**
   * Takes one submission of a subscribed session.
   *
   * @param rawId The question's id as JSON text; "null" for one that wants no answer.
   * @param startedMs When the line arrived, monotonic ms.
   */
  take(session: Session, line: SubmitLine, rawId: string, startedMs: number): void {
    const { jobs, checker, clock } = this.deps;
    const worker = session.worker(line.worker);
    const nowMs = clock.now();
    const job = jobs.get(line.jobId) ?? jobs.get(line.jobId.toLowerCase());
    // Without the job, or with another length of extranonce2, there is no header to hash.
    const hashable = job !== undefined && line.extranonce2Length === EXTRANONCE2_BYTES;
    const form = hashable
      ? job.formFor(this.deps.variant, session.firstWorker, session.agent.coinbaseBytesMax)
      : null;
    if (form === null) {
      const reason = worker === null
        ? Reason.UNAUTHORIZED
        : job === undefined
        ? Reason.UNKNOWN_JOB
        : Reason.BAD_EXTRANONCE2;
      this.#refuseNow(session, rawId, reason);
      return;
    }
    if (this.#size === ShareChecker.BATCH_MAX) this.flush();
    const taken = this.#taken[this.#size] ??= new Taken();
    this.#size++;
    const rung = session.history.rung(job!.sequence);
    const header = job!.job;
    const mask = (session.versionMask & header.versionMask) >>> 0;
    taken.session = session;
    taken.answer = rawId === "null" ? null : session.later(rawId);
    taken.job = job!;
    taken.form = form;
    taken.worker = worker;
    taken.extranonce2.set(line.extranonce2);
    // Bits outside the mask stay in: that is what the miner hashed, and it may be a block for all that.
    taken.version = line.versionBits < 0
      ? header.version
      : ((header.version & ~mask) | line.versionBits) >>> 0;
    taken.mask = mask;
    taken.ntime = line.ntime;
    taken.nonce = line.nonce;
    taken.target = rung === null ? null : rung.target;
    taken.difficulty = rung === null ? 0 : rung.difficulty;
    taken.receivedAtMs = nowMs;
    taken.startedMs = startedMs;
    checker.add(
      form.work(checker),
      session.extranonce!.extranonce1,
      taken.extranonce2,
      taken.version,
      taken.ntime,
      taken.nonce,
      taken.target ?? NO_TARGET,
    );
  }

  /** Judges what this turn has brought and sends it on its way. */
  flush(): void {
    const size = this.#size;
    if (size === 0) return;
    const { checker, clock } = this.deps;
    checker.run();
    const nowMs = clock.monotonic();
    const records: OutRecord[] = [];
    const promised: Promised[] = [];
    for (let i = 0; i < size; i++) this.#judge(i, nowMs, records, promised);
    checker.clear();
    this.#size = 0;
    if (records.length === 0) return;
    this.deps.outbox.put({ records, settle: (outcome) => this.#settle(promised, outcome) });
  }

  #judge(i: number, nowMs: number, records: OutRecord[], promised: Promised[]): void {
    const { checker, jobs } = this.deps;
    const taken = this.#taken[i]!;
    const { session, job, worker } = taken;
    const hash = checker.hash(i);
    if (checker.meetsNetwork(i)) this.#hit(taken, hash, checker.header(i));
    let reason = worker === null ? Reason.UNAUTHORIZED : Reason.UNSPECIFIED;
    if (reason === Reason.UNSPECIFIED && taken.target === null) reason = Reason.UNKNOWN_JOB;
    if (reason === Reason.UNSPECIFIED) reason = jobs.staleness(job, taken.receivedAtMs);
    if (reason === Reason.UNSPECIFIED) {
      reason = checkTerms({
        version: taken.version,
        jobVersion: job.job.version,
        mask: taken.mask,
        ntime: taken.ntime,
        minNtime: job.prepared.minNtime,
        nowSeconds: Math.floor(taken.receivedAtMs / 1000),
        en2Length: EXTRANONCE2_BYTES,
      });
    }
    if (reason === Reason.UNSPECIFIED && !checker.meetsTarget(i)) reason = Reason.LOW_DIFFICULTY;
    if (reason === Reason.UNSPECIFIED && !job.seen.put(hash, 1)) reason = Reason.DUPLICATE;
    if (reason !== Reason.UNSPECIFIED) {
      this.#refuse(taken, hash, reason, nowMs, records);
      return;
    }
    session.conduct.good();
    session.accepted++;
    // Shares for work of another difficulty say nothing about the rate at this one.
    if (taken.difficulty === session.vardiff?.difficulty) session.vardiff.note();
    const record = encodeTaken(this.deps, taken, {
      hash,
      verdict: Verdict.ACCEPTED,
      reason,
      nowMs,
      unlisted: 0,
    });
    records.push({ key: session.extranonce!.extranonce1, value: record });
    promised.push({ session, answer: taken.answer, job, record });
  }

  #hit(taken: Taken, hash: Uint8Array, header: Uint8Array): void {
    const { session } = taken;
    const finder = taken.worker ?? session.firstWorker;
    this.deps.candidates.take({
      form: taken.form,
      account: finder?.account ?? "",
      worker: finder?.worker ?? "",
      session: session.sessionId,
      extranonce1: session.extranonce!.extranonce1,
      extranonce2: taken.extranonce2.slice(),
      header: header.slice(),
      hash: hash.slice(),
      receivedAtMs: taken.receivedAtMs,
    });
  }

  /** The log, or its absence, has decided: now the miners are told. */
  #settle(promised: readonly Promised[], outcome: Outcome): void {
    if (outcome === "written") {
      this.counts.accepted += promised.length;
      for (const { session, answer } of promised) {
        if (answer === null) continue;
        answer.line = `{"id":${answer.rawId},"result":true,"error":null}\n`;
        session.advance();
      }
      return;
    }
    const reason = outcome === "unknown" ? Reason.OUTCOME_UNKNOWN : Reason.NOT_STORED;
    if (outcome === "unknown") this.counts.outcomeUnknown += promised.length;
    else this.counts.notStored += promised.length;
    for (const { session, answer, job, record } of promised) {
      // Sent again it must be published again, not be called a duplicate (guarantee 1).
      job.seen.remove(decodeSubmission(record).headerHash);
      session.accepted--;
      session.refused++;
      if (answer === null) continue;
      answer.line = refusal(answer.rawId, reason);
      session.advance();
    }
  }

  #refuse(
    taken: Taken,
    hash: Uint8Array,
    reason: Reason,
    nowMs: number,
    records: OutRecord[],
  ): void {
    const { session, answer, worker } = taken;
    this.#count(session, reason, nowMs);
    if (answer !== null) {
      answer.line = refusal(answer.rawId, reason);
      session.advance();
    }
    if (worker === null) return;
    const verdict = isStale(reason) ? Verdict.STALE : Verdict.REJECTED;
    const { conduct } = session;
    const listed = conduct.mayList(nowMs);
    const record = encodeTaken(this.deps, taken, {
      hash,
      verdict,
      reason,
      nowMs,
      unlisted: listed ? conduct.unlisted : 0,
    });
    if (listed) {
      conduct.unlisted = 0;
      conduct.held = null;
      records.push({ key: session.extranonce!.extranonce1, value: record });
    } else {
      // This one stands for itself when it is sent in the end; the one held before becomes a count.
      if (conduct.held !== null) conduct.unlisted++;
      conduct.held = record;
    }
  }

  /** A refusal without a header: nothing that a judge could look at. */
  #refuseNow(session: Session, rawId: string, reason: Reason): void {
    this.#count(session, reason, this.deps.clock.monotonic());
    if (rawId !== "null") session.reply(refusal(rawId, reason));
  }

  #count(session: Session, reason: Reason, nowMs: number): void {
    session.refused++;
    if (isStale(reason)) this.counts.stale++;
    else this.counts.rejected++;
    // Late and repeated shares are the network's doing; a job of before a restart is not the miner's fault either.
    if (isStale(reason) || reason === Reason.DUPLICATE || reason === Reason.UNKNOWN_JOB) return;
    session.conduct.invalid(nowMs);
  }

  /** A flood of refused shares is over: the last of them carries the count of those not listed. */
  listHeld(session: Session): void {
    const { conduct } = session;
    if (conduct.held === null || !conduct.mayList(this.deps.clock.monotonic())) return;
    const value = withUnlisted(conduct.held, conduct.unlisted);
    conduct.held = null;
    conduct.unlisted = 0;
    const key = session.extranonce!.extranonce1;
    this.deps.outbox.put({ records: [{ key, value }], settle: () => {} });
  }
}
