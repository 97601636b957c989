/**
 * All sessions of one gateway and what happens to them: their lines, the end of each turn of the event loop, the
 * sweep, their end. Knows sockets only as things to write to; server.ts accepts them.
 *
 * @module
 */
import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import type { Clock, Logger, Random } from "@gopool/runtime";
import { errorLine, parseMessage, reconnectLine, scanSubmit, SubmitLine } from "@gopool/stratum";
import { Broadcast } from "./broadcast.ts";
import { idText } from "./bytes.ts";
import type { StratumdConfig } from "./config.ts";
import type { ExtranonceSource, SessionMemory } from "./extranonce.ts";
import type { GatewayJob, JobTable } from "./jobs.ts";
import { LINES_HELD_MAX, REMEMBER_PER_SWEEP, UNAUTHORIZED_MAX_MS } from "./limits.ts";
import { Methods } from "./methods.ts";
import { moveSessions } from "./moving.ts";
import type { Outbox } from "./outbox.ts";
import { Remembering } from "./remembering.ts";
import { Session, type SessionHost } from "./session.ts";
import type { Intake } from "./submit.ts";

const utf8 = new TextDecoder();

export interface GatewayDeps {
  readonly config: StratumdConfig;
  readonly jobs: JobTable;
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly extranonces: ExtranonceSource;
  readonly memory: SessionMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export class Gateway implements SessionHost {
  readonly sessions = new Set<Session>();
  readonly #byId = new Map<string, Session>();
  readonly #methods: Methods;
  readonly #broadcast: Broadcast;
  readonly #line = new SubmitLine();
  /** Sessions with something to write, or to close, at the end of this turn. */
  #touched: Session[] = [];
  #welcome: Session[] = [];
  #turnEnds = false;
  readonly #memory: Remembering;
  /** The session and arrival of the chunk that is being cut into lines: one shared callback for all sessions. */
  #reading: Session | null = null;
  #readingMs = 0;
  readonly #onLine = (buf: Uint8Array, start: number, end: number) => {
    if (!this.#reading!.closed) this.#take(this.#reading!, buf, start, end);
  };

  constructor(private readonly deps: GatewayDeps) {
    const { config } = deps;
    this.#broadcast = new Broadcast({ ...deps, variant: config.variant, pacing: config });
    this.#memory = new Remembering(deps);
    this.#methods = new Methods({
      ...deps,
      variant: config.variant,
      versionMask: config.versionMask,
      find: (id) => this.#byId.get(id),
      subscribed: (session) => this.#byId.set(session.sessionId, session),
      ready: (session) => this.#ready(session),
      drop: (session, why) => this.drop(session, why),
    });
  }

  /** Sessions that have been given work. */
  get working(): number {
    let count = 0;
    for (const session of this.sessions) if (session.vardiff !== null) count++;
    return count;
  }

  find(sessionId: string): Session | undefined {
    return this.#byId.get(sessionId);
  }

  add(socket: Socket, address: string): Session {
    const session = new Session(socket, address, this.deps.clock.monotonic(), this);
    this.sessions.add(session);
    return session;
  }

  /** Bytes from a miner. The chunk is the caller's again afterwards. */
  read(session: Session, chunk: Uint8Array): void {
    if (session.closed) return;
    this.#reading = session;
    this.#readingMs = this.deps.clock.monotonic();
    const cut = session.splitter.push(chunk, this.#onLine);
    this.#reading = null;
    if (cut === "too-long" && !session.closed) {
      session.reply(utf8.decode(errorLine("null", 20, "Line too long")));
      session.ending = true;
      this.touch(session);
    }
  }

  /** The miner will send nothing more: it still gets its answers. */
  end(session: Session): void {
    session.ending = true;
    this.touch(session);
  }

  /** A new job to all who work. */
  send(job: GatewayJob): void {
    for (const session of this.sessions) {
      if (session.vardiff !== null) this.#broadcast.next(session, job);
      else this.#ready(session);
    }
  }

  touch(session: Session): void {
    if (!session.isTouched) {
      session.isTouched = true;
      this.#touched.push(session);
    }
    this.#endTurn();
  }

  drop(session: Session, why: string): void {
    if (session.closed) return;
    session.flush();
    this.deps.log.debug("session dropped", {
      session: session.sessionId,
      address: session.address,
      why,
    });
    this.gone(session);
    session.socket.destroySoon();
  }

  /** The connection is no more. */
  gone(session: Session): void {
    if (session.closed) return;
    session.closed = true;
    this.sessions.delete(session);
    if (this.#byId.get(session.sessionId) === session) this.#byId.delete(session.sessionId);
    this.#memory.save(session);
    session.extranonce?.giveBack();
  }

  /** Once a second: whatever is due by time. */
  sweep(): void {
    const { outbox, clock, jobs } = this.deps;
    outbox.sweep();
    jobs.prune(clock.now());
    const nowMs = clock.monotonic();
    let remembered = 0;
    for (const session of this.sessions) {
      if (session.firstWorker === null || !session.isSubscribed) {
        if (nowMs - session.connectedMs > UNAUTHORIZED_MAX_MS) {
          this.drop(session, "did not authorize");
        }
        continue;
      }
      if (session.vardiff === null) {
        this.#ready(session);
        continue;
      }
      this.#broadcast.early(session);
      this.#escalate(session, nowMs);
      this.deps.intake.listHeld(session);
      if (this.#memory.isDue(session) && remembered++ < REMEMBER_PER_SWEEP) {
        this.#memory.save(session);
      }
    }
    this.#endTurn();
  }

  /** Sessions whose prefix another gateway has now: given new values, or closed. */
  move(prefix: number, why: string): Promise<void> {
    const { extranonces, intake } = this.deps;
    const welcome = (session: Session) => this.#broadcast.welcome(session);
    const drop = (session: Session) => this.drop(session, why);
    return moveSessions([...this.sessions], prefix, { extranonces, intake, welcome, drop });
  }

  /** At the end: no more lines; answers in hand go out, then miners are told to come again, then all is closed. */
  async drain(answered: Promise<void>): Promise<void> {
    for (const session of this.sessions) session.socket.pause();
    this.#finishTurn();
    await answered;
    for (const session of [...this.sessions]) {
      if (session.vardiff !== null) session.send(utf8.decode(reconnectLine()));
      session.flush();
      this.drop(session, "the gateway stops");
    }
    await this.#memory.settled();
  }

  #take(session: Session, buf: Uint8Array, start: number, end: number): void {
    if (session.heldLines !== null) {
      if (session.heldLines.length >= LINES_HELD_MAX) {
        this.drop(session, "sends more than a handshake before its session is found");
      } else {
        session.heldLines.push(buf.slice(start, end));
      }
      return;
    }
    const line = this.#line;
    if (session.isSubscribed && scanSubmit(buf, start, end, line)) {
      session.conduct.goodLine();
      this.deps.intake.take(session, line, idText(buf, line.idStart, line.idEnd), this.#readingMs);
      this.#endTurn();
      return;
    }
    const message = parseMessage(buf, start, end);
    switch (message.kind) {
      case "malformed":
        session.reply(utf8.decode(errorLine(message.rawId, 20, message.problem)));
        if (session.conduct.badLine()) this.drop(session, "sends lines that are no messages");
        return;
      case "response":
        return;
      default: {
        session.conduct.goodLine();
        const waits = this.#methods.handle(session, message, this.#readingMs);
        this.#endTurn();
        if (waits !== undefined) this.#hold(session, waits);
      }
    }
  }

  /** Keeps further lines of the session until what it waits for is there. */
  #hold(session: Session, until: Promise<void>): void {
    session.heldLines = [];
    void until.catch((error) => {
      this.deps.log.error("a request failed", {
        session: session.sessionId,
        error: error as Error,
      });
      this.drop(session, "internal fault");
    }).then(() => {
      const held = session.heldLines ?? [];
      session.heldLines = null;
      for (const bytes of held) {
        if (!session.closed) this.#take(session, bytes, 0, bytes.length);
      }
    });
  }

  /** Work goes out at the end of the turn: what was pipelined with authorize (suggest, `d=`) is known by then. */
  #ready(session: Session): void {
    if (!session.isSubscribed || session.firstWorker === null || session.vardiff !== null) return;
    this.#welcome.push(session);
    this.#endTurn();
  }

  #endTurn(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    setImmediate(() => this.#finishTurn());
  }

  #finishTurn(): void {
    this.#turnEnds = false;
    this.deps.intake.flush();
    if (this.#welcome.length > 0) {
      const welcome = this.#welcome;
      this.#welcome = [];
      for (const session of welcome) {
        if (!session.closed && session.vardiff === null) this.#broadcast.welcome(session);
      }
    }
    const touched = this.#touched;
    this.#touched = [];
    for (const session of touched) {
      session.isTouched = false;
      session.flush();
      if (session.ending && session.answers.length === 0) this.drop(session, "ended by the miner");
    }
  }

  #escalate(session: Session, nowMs: number): void {
    switch (session.conduct.escalation(nowMs)) {
      case "resend":
        this.#broadcast.remind(session);
        break;
      case "reconnect":
        session.send(utf8.decode(reconnectLine()));
        break;
      case "close":
        this.drop(session, "sends nothing but invalid shares");
    }
  }
}
