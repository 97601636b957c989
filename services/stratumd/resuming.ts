/**
 * Who a session is: a new one, or one that was here before and goes on where it stood.
 *
 * @module
 */
import { fromHex } from "@gopool/chain";
import type { Clock, Random } from "@gopool/runtime";
import type { Past } from "./departed.ts";
import type { ExtranonceSource, SessionMemory } from "./extranonce.ts";
import { RESUME_WAIT_MS } from "./limits.ts";
import type { Session } from "./session.ts";

export interface ResumingDeps {
  readonly extranonces: ExtranonceSource;
  readonly memory: SessionMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly versionMask: number;
  /** The live session of this id, if this gateway has it. */
  readonly find: (sessionId: string) => Session | undefined;
  /** What the session of this id, whose connection has ended, was sent; handed over once. */
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
    const { extranonces, find, random } = this.deps;
    if (wanted !== undefined && /^[0-9a-f]{16}$/.test(wanted)) {
      const past = await this.#past(wanted);
      if (past !== null && !session.closed) {
        const old = find(wanted);
        if (old !== undefined) {
          this.deps.drop(old, "its session was taken up again by a new connection");
        }
        // Work already sent under the old connection stays good on the new one.
        const sent = this.deps.departed(wanted);
        if (sent !== null) session.history.inherit(sent.history);
        session.resumedAt = sent?.lastSequence ?? Infinity;
        session.sessionId = wanted;
        // What this connection has agreed on by itself stands.
        if (session.versionMask === 0) {
          session.versionMask = (past.versionMask & this.deps.versionMask) >>> 0;
        }
        (session.wishes ??= {}).suggested = past.difficulty;
        session.extranonce = extranonces.reclaim(wanted, past.extranonce1);
      }
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

  async #past(sessionId: string) {
    const live = this.deps.find(sessionId);
    if (live !== undefined && live.extranonce !== null) {
      return {
        extranonce1: live.extranonce.extranonce1,
        difficulty: live.history.current?.difficulty,
        versionMask: live.versionMask,
      };
    }
    const waited = new AbortController();
    const record = await Promise.race([
      this.deps.memory.find(sessionId),
      this.deps.clock.sleep(RESUME_WAIT_MS, waited.signal).then(() => null),
    ]);
    waited.abort();
    return record === null ? null : { ...record, extranonce1: fromHex(record.extranonce1) };
  }
}
