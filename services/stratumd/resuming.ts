/**
 * Who a session is: a new one, or one that was here or at another gateway before and goes on where it stood.
 *
 * @module
 */
import type { Random } from "@gopool/runtime";
import type { Past } from "./departed.ts";
import type { ExtranonceSource } from "./extranonce.ts";
import type { JobTable } from "./jobs.ts";
import type { Recall } from "./recall.ts";
import type { Session } from "./session.ts";
import { pastOf } from "./session_record.ts";

export interface ResumingDeps {
  readonly extranonces: ExtranonceSource;
  readonly recall: Recall;
  readonly jobs: JobTable;
  readonly random: Random;
  readonly versionMask: number;
  /** The live session of this id, if this gateway has it. */
  readonly find: (sessionId: string) => Session | undefined;
  /** The session of this id, whose connection has ended here; handed over once. */
  readonly departed: (sessionId: string) => Past | null;
  readonly drop: (session: Session, why: string) => void;
}

export class Resuming {
  constructor(private readonly deps: ResumingDeps) {}

  /**
   * Gives the session its id and extranonce1: those it had, where it may have them again. Null, or the sentence why
   * there are none.
   */
  async identify(session: Session, wanted: string | undefined): Promise<string | null> {
    const { extranonces, random } = this.deps;
    if (wanted !== undefined && /^[0-9a-f]{16}$/.test(wanted)) {
      const past = await this.#past(session, wanted);
      if (past !== null) this.#resume(session, wanted, past);
    }
    if (session.sessionId === "") {
      session.sessionId = random.uint32().toString(16).padStart(8, "0") +
        random.uint32().toString(16).padStart(8, "0");
    }
    if (session.extranonce !== null) return null;
    session.history.forget();
    session.resumedAt = null;
    const taken = await extranonces.take(session.sessionId);
    if ("refused" in taken) return `No new sessions now: ${taken.refused}`;
    if (session.closed) taken.giveBack();
    else session.extranonce = taken;
    return null;
  }

  #resume(session: Session, id: string, past: Past): void {
    // Work already sent under the old connection stays good on the new one.
    session.history.inherit(past.history);
    session.resumedAt = past.lastSequence;
    session.sessionId = id;
    // What this connection has agreed on by itself stands.
    if (session.versionMask === 0) {
      session.versionMask = (past.versionMask & this.deps.versionMask) >>> 0;
    }
    session.pastDifficulty = past.difficulty ?? 0;
    session.hold = past.hold;
    session.extranonce = this.deps.extranonces.reclaim(id, past.extranonce1);
  }

  /** What this gateway knows by itself comes first: it is as fresh as can be, and there when the store is away. */
  async #past(session: Session, id: string): Promise<Past | null> {
    const here = this.#here(id);
    if (here !== null) return here;
    const record = await this.deps.recall.session(id);
    if (session.closed) return null;
    // Another connection may have taken the session up meanwhile.
    return this.#here(id) ?? (record === null ? null : pastOf(record, this.deps.jobs));
  }

  #here(id: string): Past | null {
    const old = this.deps.find(id);
    if (old !== undefined) {
      this.deps.drop(old, "its session was taken up again by a new connection");
    }
    return this.deps.departed(id);
  }
}
