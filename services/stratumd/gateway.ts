/**
 * All sessions of one gateway and what happens to them: their beginning, the end of each turn of the event loop, the
 * sweep, their end. Knows sockets only as things to write to; server.ts accepts them.
 *
 * @module
 */
import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import type { Clock, Logger, Random } from "@gopool/runtime";
import { reconnectLine } from "@gopool/stratum";
import { Agents } from "./agents.ts";
import type { BanIndex } from "./ban_index.ts";
import { Broadcast } from "./broadcast.ts";
import type { StratumdConfig } from "./config.ts";
import type { ExtranonceSource, SessionMemory } from "./extranonce.ts";
import type { GatewayJob, JobTable } from "./jobs.ts";
import { closeBanned, escalate } from "./closing.ts";
import { Departed } from "./departed.ts";
import { ROUND_TRIPS_PER_SWEEP, UNAUTHORIZED_MAX_MS } from "./limits.ts";
import { Lines } from "./lines.ts";
import { Methods } from "./methods.ts";
import { moveSessions } from "./moving.ts";
import type { Outbox } from "./outbox.ts";
import { Recall } from "./recall.ts";
import { Remembering } from "./remembering.ts";
import { Session, type SessionHost } from "./session.ts";
import type { SessionNews } from "./session_watch.ts";
import type { Intake } from "./submit.ts";

const utf8 = new TextDecoder();

export interface GatewayDeps {
  readonly config: StratumdConfig;
  readonly jobs: JobTable;
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly extranonces: ExtranonceSource;
  readonly memory: SessionMemory;
  readonly bans: Pick<BanIndex, "ofAccount">;
  /** Told of sessions that begin, end or get another difficulty. */
  readonly news: SessionNews;
  /** Whether the store that has the memory is known to be away. */
  readonly isStoreAway: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export class Gateway implements SessionHost {
  /** In the order in which they connected. */
  readonly sessions = new Set<Session>();
  readonly mark: string;
  readonly agents = new Agents();
  readonly #byId = new Map<string, Session>();
  readonly #broadcast: Broadcast;
  /** Sessions with something to write, or to close, at the end of this turn. */
  #touched: Session[] = [];
  #welcome: Session[] = [];
  #turnEnds = false;
  readonly #memory: Remembering;
  readonly #departed = new Departed();
  readonly #lines: Lines;
  readonly #methods: Methods;
  #connected = 0;

  constructor(private readonly deps: GatewayDeps) {
    const { config } = deps;
    // Ids of an earlier run must not name sessions of this one.
    this.mark = deps.random.uint32().toString(16).padStart(8, "0").slice(0, 6);
    this.#broadcast = new Broadcast({ ...deps, variant: config.variant, pacing: config });
    const levels = config.vardiff === "on";
    this.#memory = new Remembering({ ...deps, levels });
    const methods = this.#methods = new Methods({
      ...deps,
      agents: this.agents,
      levels,
      recall: new Recall(deps.memory, deps.clock, deps.isStoreAway),
      variant: config.variant,
      versionMask: config.versionMask,
      find: (id) => this.#byId.get(id),
      departed: (id) => this.#departed.take(id),
      subscribed: (session) => this.#subscribed(session),
      ready: (session) => this.#ready(session),
      drop: (session, why) => this.drop(session, why),
    });
    this.#lines = new Lines({
      ...deps,
      methods,
      endTurn: () => this.#endTurn(),
      drop: (session, why) => this.drop(session, why),
    });
  }

  /** Sessions that have been given work. */
  get working(): number {
    let count = 0;
    for (const session of this.sessions) if (session.vardiff !== null) count++;
    return count;
  }

  /** Usernames refused because their address is banned, since the start. */
  get bannedUsernames(): number {
    return this.#methods.bannedUsernames;
  }

  get retargets(): Readonly<Broadcast["retargets"]> {
    return this.#broadcast.retargets;
  }

  find(sessionId: string): Session | undefined {
    return this.#byId.get(sessionId);
  }

  add(socket: Socket, address: string): Session {
    const nowMs = this.deps.clock.monotonic();
    const session = new Session(socket, address, nowMs, this, ++this.#connected);
    this.sessions.add(session);
    return session;
  }

  /** Bytes from a miner. The chunk is the caller's again afterwards. */
  read(session: Session, chunk: Uint8Array): void {
    this.#lines.read(session, chunk);
  }

  /** The miner will send nothing more: it still gets its answers. */
  end(session: Session): void {
    session.end();
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
      session: session.publicId,
      address: session.address,
      why,
    });
    this.gone(session, why);
    session.socket.destroySoon();
  }

  /** The connection is no more. */
  gone(session: Session, why = "the connection was closed by the miner, or broke"): void {
    if (session.closed) return;
    this.deps.news.ended(session, why);
    session.closed = true;
    this.agents.left(session);
    this.sessions.delete(session);
    if (this.#byId.get(session.sessionId) === session) this.#byId.delete(session.sessionId);
    this.deps.intake.listHeld(session);
    const { extranonce, history, versionMask } = session;
    if (extranonce !== null) {
      const past = {
        extranonce1: extranonce.extranonce1,
        difficulty: history.current?.difficulty ?? null,
        versionMask,
        history,
        hold: session.hold,
        lastSequence: this.deps.jobs.current?.sequence ?? Infinity,
      };
      this.#departed.add(session.sessionId, past, this.deps.clock.monotonic());
      this.#memory.ended(session, past);
      extranonce.giveBack();
    }
    this.#endTurn();
  }

  /** Holds a session at a difficulty, or gives it back to vardiff (null): see Broadcast.hold. */
  hold(session: Session, difficulty: number | null): boolean {
    return this.#broadcast.hold(session, difficulty);
  }

  /** Closes those that these bans mean. Gives how many. */
  closeBanned(bans: BanIndex): Promise<number> {
    return closeBanned(this.sessions, bans, { ...this.deps, drop: this.drop.bind(this) });
  }

  /** Once a second: whatever is due by time. */
  sweep(): void {
    const { outbox, clock, jobs } = this.deps;
    outbox.sweep();
    jobs.prune(clock.now());
    const nowMs = clock.monotonic();
    let questions = ROUND_TRIPS_PER_SWEEP;
    const ends = {
      remind: (session: Session) => this.#broadcast.remind(session),
      drop: (session: Session, why: string) => this.drop(session, why),
    };
    this.#departed.sweep(nowMs);
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
      escalate(session, nowMs, ends);
      this.deps.intake.listHeld(session);
      this.#memory.look(session);
      if (questions > 0 && session.roundTrip?.isDue(nowMs)) {
        questions--;
        session.roundTrip.ask(session, nowMs);
      }
    }
    this.#memory.sweep();
    this.#endTurn();
  }

  /** Sessions whose prefix another gateway has now: given new values, or closed. */
  move(prefix: number, why: string): Promise<void> {
    const { extranonces, intake, clock } = this.deps;
    const welcome = (session: Session) => this.#broadcast.welcome(session);
    const drop = (session: Session) => this.drop(session, why);
    return moveSessions([...this.sessions], prefix, { extranonces, intake, clock, welcome, drop });
  }

  /** At the end: no more lines; answers in hand go out, then miners are told to come again, then all is closed. */
  async drain(answered: () => Promise<unknown>): Promise<void> {
    this.#lines.stop();
    for (const session of this.sessions) session.socket.pause();
    this.#finishTurn();
    // Asked only now: what this turn has brought is on its way.
    await answered();
    for (const session of [...this.sessions]) {
      if (session.agent.obeysReconnect) session.send(utf8.decode(reconnectLine()));
      this.drop(session, "the gateway stops");
    }
    this.#finishTurn();
    await this.#lines.settled();
  }

  /** After `drain`: resolves when what sessions take along is written, or not to be written in time. */
  remembered(): Promise<void> {
    return this.#memory.settled();
  }

  /** A session has one connection: of two that looked up its past at one moment, the last one has its extranonce1. */
  #subscribed(session: Session): void {
    const other = this.#byId.get(session.sessionId);
    if (other !== undefined && other !== session) {
      this.drop(other, "its session was taken up by another connection at the same moment");
    }
    this.#byId.set(session.sessionId, session);
  }

  /** Work goes out at the end of the turn: what was pipelined with authorize (suggest, `d=`) is known by then. */
  #ready(session: Session): void {
    if (!session.isSubscribed || session.firstWorker === null || session.vardiff !== null) return;
    if (session.recalling) return;
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
      if (session.isAnswered && session.ending) this.drop(session, "ended by the miner");
    }
  }
}
