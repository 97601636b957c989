/**
 * What miners send, cut into lines and handed to whoever answers: shares to the hot path, the rest to the methods.
 *
 * @module
 */
import type { Clock, Logger } from "@gopool/runtime";
import { errorLine, parseMessage, scanSubmit, SubmitLine } from "@gopool/stratum";
import { idText } from "./bytes.ts";
import { LINES_HELD_MAX } from "./limits.ts";
import type { Methods } from "./methods.ts";
import type { Session } from "./session.ts";
import type { Intake } from "./submit.ts";

const utf8 = new TextDecoder();

export interface LinesDeps {
  readonly intake: Intake;
  readonly methods: Methods;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something was taken that is to be finished at the end of this turn. */
  readonly endTurn: () => void;
  readonly drop: (session: Session, why: string) => void;
}

export class Lines {
  readonly #line = new SubmitLine();
  /** Sessions that wait for a store in the middle of their lines. */
  readonly #holding = new Set<Promise<void>>();
  /** The session and arrival of the chunk that is being cut into lines: one shared callback for all sessions. */
  #reading: Session | null = null;
  #readingMs = 0;
  #stopped = false;
  readonly #onLine = (buf: Uint8Array, start: number, end: number) => {
    if (!this.#reading!.closed) this.#take(this.#reading!, buf, start, end);
  };

  constructor(private readonly deps: LinesDeps) {}

  /** Bytes from a miner. The chunk is the caller's again afterwards. */
  read(session: Session, chunk: Uint8Array): void {
    // After its last line nothing a peer sends is looked at.
    if (session.closed || session.ending || this.#stopped) return;
    this.#reading = session;
    this.#readingMs = this.deps.clock.monotonic();
    let cut;
    try {
      cut = session.splitter.push(chunk, this.#onLine);
    } catch (error) {
      this.#fault(session, error as Error);
    }
    this.#reading = null;
    if (cut === "too-long" && !session.closed) {
      session.reply(utf8.decode(errorLine("null", 20, "Line too long")));
      session.end();
    }
  }

  /** Nothing is read any more: a session that was held up may be let go on by its answers. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when no session waits for a store any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#holding);
  }

  #take(session: Session, buf: Uint8Array, start: number, end: number): void {
    if (session.heldLines !== null) {
      if (session.heldLines.length >= LINES_HELD_MAX) {
        this.deps.drop(session, "sends more than a handshake before its session is found");
      } else {
        // A copy by constructor: slice() of a node Buffer would be a window on memory that is read into again.
        session.heldLines.push(new Uint8Array(buf.subarray(start, end)));
      }
      return;
    }
    const line = this.#line;
    if (session.isSubscribed && scanSubmit(buf, start, end, line)) {
      session.conduct.goodLine();
      this.deps.intake.take(session, line, idText(buf, line.idStart, line.idEnd), this.#readingMs);
      this.deps.endTurn();
      return;
    }
    const message = parseMessage(buf, start, end);
    switch (message.kind) {
      case "malformed":
        session.reply(utf8.decode(errorLine(message.rawId, 20, message.problem)));
        if (session.conduct.badLine()) this.deps.drop(session, "sends lines that are no messages");
        return;
      case "response":
        session.roundTrip?.answered(message.rawId, this.#readingMs);
        return;
      default: {
        session.conduct.goodLine();
        const waits = this.deps.methods.handle(session, message, this.#readingMs);
        this.deps.endTurn();
        if (waits !== undefined) this.#hold(session, waits);
      }
    }
  }

  /** Keeps further lines of the session until what it waits for is there. */
  #hold(session: Session, until: Promise<void>): void {
    session.heldLines = [];
    const task = until.then(() => {
      const held = session.heldLines ?? [];
      session.heldLines = null;
      for (const bytes of held) {
        if (!session.closed) this.#take(session, bytes, 0, bytes.length);
      }
      // The peer may have closed its side meanwhile: now its answers are there.
      if (session.ending) session.end();
    }).catch((error) => this.#fault(session, error as Error))
      .finally(() => this.#holding.delete(task));
    this.#holding.add(task);
  }

  /** A fault of the pool's own over one session's line ends that session and nothing else. */
  #fault(session: Session, error: Error): void {
    this.deps.log.error("a request failed", { session: session.publicId, error });
    this.deps.drop(session, "internal fault");
  }
}
