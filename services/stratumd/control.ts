/**
 * What operators ask of one run of the gateway, and what they do to its sessions. rpc.ts gives it its shape on the wire.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import { Reason } from "@gopool/proto";
import type { Clock } from "@gopool/runtime";
import type { Bans, BanTarget } from "./bans.ts";
import type { Door } from "./door.ts";
import type { Gateway } from "./gateway.ts";
import type { JobTable } from "./jobs.ts";
import { HASHRATE_KEPT_MS } from "./limits.ts";
import { networkText, parseNetwork } from "./networks.ts";
import { boundsOf, type PacingSettings } from "./pacing.ts";
import { Payees } from "./payees.ts";
import type { Session } from "./session.ts";
import { sessionFilter, type SessionWish } from "./session_filter.ts";
import type { SessionNewsShown } from "./session_news.ts";
import type { SessionViews } from "./session_view.ts";
import type { SessionWatch } from "./session_watch.ts";
import type { Intake } from "./submit.ts";
import { addTally, REASONS, type Tally } from "./tally.ts";

/** No session here has this id now. */
export class NoSuchSession extends Error {
  override name = "NoSuchSession";
}

/** What is wanted cannot be given, in a sentence. */
export class OutOfBounds extends Error {
  override name = "OutOfBounds";
}

/** Nobody knows yet for which network addresses are read: that stands in the first job. */
export class NoJobYet extends Error {
  override name = "NoJobYet";
}

export interface ControlDeps {
  readonly gateway: Gateway;
  readonly door: Door;
  readonly intake: Intake;
  readonly jobs: JobTable;
  readonly bans: Bans;
  readonly watch: SessionWatch<SessionNewsShown>;
  readonly views: SessionViews;
  readonly pacing: PacingSettings;
  readonly clock: Clock;
}

export class GatewayControl {
  readonly #payees = new Payees();
  #hashrate = { atMs: -Infinity, sum: 0 };

  constructor(readonly deps: ControlDeps) {}

  /** @throws {NoSuchSession} */
  find(id: string): Session {
    const { gateway } = this.deps;
    const [mark, number] = id.split("-");
    if (mark === gateway.mark) {
      const wanted = Number(number);
      for (const session of gateway.sessions) if (session.number === wanted) return session;
    }
    throw new NoSuchSession(
      mark === gateway.mark
        ? `Session ${id} has ended`
        : `No session ${id} here: it is another gateway's, or of before a restart`,
    );
  }

  /** Which sessions are wanted. @throws {NetworkError} @throws {AddressError} @throws {NoJobYet} */
  filter(wish: SessionWish): (session: Session) => boolean {
    return sessionFilter(wish, {
      accountOf: (address) => this.accountOf(address),
      stateOf: (session) => this.deps.views.state(session),
    });
  }

  /** At most `size` wanted sessions that connected after the one of that number; `more` where there may be others. */
  page(
    wants: (session: Session) => boolean,
    after: number,
    size: number,
  ): { sessions: Session[]; more: boolean } {
    const sessions: Session[] = [];
    for (const session of this.deps.gateway.sessions) {
      if (session.number <= after || !wants(session)) continue;
      if (sessions.length === size) return { sessions, more: true };
      sessions.push(session);
    }
    return { sessions, more: false };
  }

  /** Every share since the start of this run. */
  shares(): Tally {
    const { counts, refusals } = this.deps.intake;
    const tally: Tally = { accepted: counts.accepted, refusals: new Float64Array(REASONS) };
    addTally(tally, { accepted: 0, refusals });
    tally.refusals![Reason.NOT_STORED] = counts.notStored;
    tally.refusals![Reason.OUTCOME_UNKNOWN] = counts.outcomeUnknown;
    return tally;
  }

  /** Hashes a second of all sessions, of the last second: many may ask, and there are thousands of sessions. */
  hashrate(): number {
    const { gateway, views, clock } = this.deps;
    const nowMs = clock.monotonic();
    if (nowMs - this.#hashrate.atMs < HASHRATE_KEPT_MS) return this.#hashrate.sum;
    let sum = 0;
    for (const session of gateway.sessions) sum += views.hashrate(session);
    this.#hashrate = { atMs: nowMs, sum };
    return sum;
  }

  disconnect(session: Session, by: string): void {
    this.deps.gateway.drop(session, `disconnected by an operator (${by})`);
  }

  /**
   * Holds a session at a difficulty, or gives it back to vardiff (null). True where that is in force now, else it is
   * from the next job on.
   *
   * @throws {OutOfBounds} @throws {NoJobYet}
   */
  hold(session: Session, difficulty: number | null): boolean {
    const { gateway, jobs, pacing } = this.deps;
    if (difficulty !== null) {
      if (jobs.current === null) throw new NoJobYet("There is no job yet: its network bounds it");
      const { min, max } = boundsOf(session, pacing, jobs.current.job.nbits);
      if (difficulty < min && min <= max) {
        throw new OutOfBounds(
          `Difficulty ${difficulty} is below ${min}, the least that this session may be given`,
        );
      }
      if (difficulty > max) {
        throw new OutOfBounds(
          `Difficulty ${difficulty} is above ${max}, the most that this session may be given: ` +
            "no share need be harder than a block",
        );
      }
    }
    return gateway.hold(session, difficulty);
  }

  /** A target in canonical form. @throws {NetworkError} @throws {AddressError} @throws {NoJobYet} */
  targetOf(kind: BanTarget["kind"], text: string): BanTarget {
    return kind === "network"
      ? { kind, target: networkText(parseNetwork(text)) }
      : { kind, target: this.accountOf(text) };
  }

  /** A payout address as accounts are named. @throws {AddressError} @throws {NoJobYet} */
  accountOf(address: string): string {
    const { current } = this.deps.jobs;
    if (current === null) {
      throw new NoJobYet("There is no job yet, which says for what network addresses are read");
    }
    return this.#payees.find(address, current.job.network as Network).account;
  }
}
