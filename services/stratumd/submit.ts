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
import type { Clock, Logger } from "@gopool/runtime";
import { checkTerms, isStale, ShareChecker } from "@gopool/shares";
import type { SubmitLine } from "@gopool/stratum";
import type { Candidates } from "./candidates.ts";
import type { JobTable } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";
import { type Promised, settlePromised, type ShareCounts } from "./promised.ts";
import { heldBack, listRefused } from "./refusals.ts";
import type { Session, Worker } from "./session.ts";
import { countRefused, REASONS } from "./tally.ts";
import { encodeTaken, encodeUnhashed, NO_TARGET, refusal, Taken, type Unhashed } from "./taken.ts";

export interface IntakeDeps {
  readonly checker: ShareChecker;
  readonly jobs: JobTable;
  readonly outbox: Outbox;
  readonly candidates: Candidates;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: string;
  readonly gateway: string;
  readonly variant: string;
}

export class Intake {
  readonly counts: ShareCounts = {
    accepted: 0,
    rejected: 0,
    stale: 0,
    notStored: 0,
    outcomeUnknown: 0,
  };
  /** Refused shares by reason, since the start. */
  readonly refusals: Float64Array = new Float64Array(REASONS);
  readonly #taken: Taken[] = [];
  #size = 0;
  /** Records of refused shares that no header could be built from. */
  #unhashed: OutRecord[] = [];

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
      if (rawId !== "null") session.reply(refusal(rawId, reason));
      const variant = job?.recipe(this.deps.variant).id ?? 0;
      const share = { session, line, job: job ?? null, variant, receivedAtMs: nowMs, startedMs };
      this.#refuseNow(share, worker, reason);
      return;
    }
    if (this.#size === ShareChecker.BATCH_MAX) this.flush();
    const taken = this.#taken[this.#size] ??= new Taken();
    const rung = session.history.rung(job!.sequence);
    const header = job!.job;
    const mask = (session.versionMask & header.versionMask) >>> 0;
    taken.session = session;
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
    // From here on nothing can go wrong: the share has its place in the batch, and its answer one in the row.
    this.#size++;
    taken.answer = rawId === "null" ? null : session.later(rawId);
  }

  /** A submission whose params could not be read, and which has been answered: it is counted and listed. */
  malformed(session: Session, worker: Worker | null, startedMs: number): void {
    const receivedAtMs = this.deps.clock.now();
    const share = { session, line: null, job: null, variant: 0, receivedAtMs, startedMs };
    this.#refuseNow(share, worker, Reason.MALFORMED);
  }

  /** Judges what this turn has brought and sends it on its way. */
  flush(): void {
    const size = this.#size;
    if (size === 0 && this.#unhashed.length === 0) return;
    const { checker, clock } = this.deps;
    const records = this.#unhashed;
    this.#unhashed = [];
    const promised: Promised[] = [];
    checker.run();
    const nowMs = clock.monotonic();
    for (let i = 0; i < size; i++) {
      try {
        this.#judge(i, nowMs, records, promised);
      } catch (error) {
        this.#fault(this.#taken[i]!, error as Error);
      }
    }
    checker.clear();
    this.#size = 0;
    if (records.length === 0) return;
    this.deps.outbox.put({
      records,
      settle: (outcome) => settlePromised(promised, outcome, this.counts),
    });
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
    session.lastShareMs = nowMs;
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

  /** A fault of the pool's own in one share must cost no other its answer. */
  #fault({ session, answer }: Taken, error: Error): void {
    this.deps.log.error("a share could not be judged", { session: session.publicId, error });
    countRefused(session, Reason.UNSPECIFIED);
    this.counts.rejected++;
    this.refusals[Reason.UNSPECIFIED]!++;
    if (answer === null) return;
    answer.line = refusal(answer.rawId, Reason.UNSPECIFIED);
    session.advance();
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
    listRefused(
      session,
      nowMs,
      records,
      (unlisted) => encodeTaken(this.deps, taken, { hash, verdict, reason, nowMs, unlisted }),
    );
  }

  /** A refusal without a header: told at once, and listed where somebody authorised sent it. */
  #refuseNow(share: Omit<Unhashed, "worker">, worker: Worker | null, reason: Reason): void {
    const { session } = share;
    const nowMs = this.deps.clock.monotonic();
    this.#count(session, reason, nowMs);
    if (worker === null) return;
    listRefused(
      session,
      nowMs,
      this.#unhashed,
      (unlisted) => encodeUnhashed(this.deps, { ...share, worker }, { reason, nowMs, unlisted }),
    );
  }

  #count(session: Session, reason: Reason, nowMs: number): void {
    countRefused(session, reason);
    this.refusals[reason]!++;
    if (isStale(reason)) this.counts.stale++;
    else this.counts.rejected++;
    // Late and repeated shares are the network's doing; a job of before a restart is not the miner's fault either.
    if (isStale(reason) || reason === Reason.DUPLICATE || reason === Reason.UNKNOWN_JOB) return;
    session.conduct.invalid(nowMs);
  }

  /** Once a second, and at a session's end: what a flood of refused shares has left to be told. */
  listHeld(session: Session): void {
    const record = heldBack(session, this.deps.clock.monotonic());
    if (record !== null) this.#unhashed.push(record);
  }
}
