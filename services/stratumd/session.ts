/**
 * One miner's connection: who it is, what it was sent, what it still has to be told. It decides nothing; methods.ts
 * and submit.ts do.
 *
 * @module
 */
import type { Socket } from "node:net";
import {
  LineSplitter,
  MAX_REQUEST_LINE_BYTES,
  UNKNOWN_AGENT,
  type UserAgentTerms,
} from "@gopool/stratum";
import type { Agent } from "./agents.ts";
import { type Answer, AnswerQueue } from "./answers.ts";
import type { Changes } from "./changes.ts";
import { Conduct } from "./conduct.ts";
import { DifficultyHistory } from "./difficulty.ts";
import type { Grant } from "./extranonce.ts";
import type { Payee } from "./jobs.ts";
import { ANSWERS_WAITING_MAX, SLOW_READER_BYTES } from "./limits.ts";
import { addressBytes } from "./networks.ts";
import type { Remembered } from "./remembering.ts";
import type { RoundTrip } from "./round_trip.ts";
import type { Vardiff } from "./vardiff.ts";

/** A username that the session may submit for. */
export interface Worker extends Payee {
  /** What follows the address; may be empty. */
  readonly worker: string;
}

/** What a miner asked for about its difficulty. */
export interface Wishes {
  /** `d=`: start here, and stay while it is bearable. */
  held?: number;
  /** suggest_difficulty, suggest_target: start here. */
  suggested?: number;
  /** `md=` or the minimum-difficulty extension. */
  minimum?: number;
}

/** What one session needs of the gateway. */
export interface SessionHost {
  /** Of this run of the gateway: begins the public ids of its sessions. */
  readonly mark: string;
  /** The session has something to write at the end of this turn. */
  touch(session: Session): void;
  /** The session ends now. */
  drop(session: Session, why: string): void;
}

export class Session {
  readonly splitter: LineSplitter = new LineSplitter(MAX_REQUEST_LINE_BYTES);
  readonly answers: AnswerQueue = new AnswerQueue();
  readonly history: DifficultyHistory;
  readonly conduct: Conduct = new Conduct();
  /** Unguessable: whoever has it may take the session over. "" before subscribe. */
  sessionId = "";
  extranonce: Grant | null = null;
  agent: UserAgentTerms = UNKNOWN_AGENT;
  wishes: Wishes | null = null;
  versionMask = 0;
  wantsExtranonce = false;
  /** Sequence of the last job it was sent under this extranonce1 by an earlier connection; null for a new session. */
  resumedAt: number | null = null;
  vardiff: Vardiff | null = null;
  /** Level it had in an earlier connection, or its worker's last one; 0 where none is known. */
  pastDifficulty = 0;
  /** That level is being looked up: the first job waits for it, a moment. */
  recalling = false;
  /** Monotonic ms of the last notify; 0 before the first. */
  notifiedMs = 0;
  /** Gateway's clock, ms, when the first job was sent. */
  welcomedAtMs = 0;
  /** Monotonic ms of the last share that counts; -1 before the first. */
  lastShareMs = -1;
  accepted = 0;
  refusals: Float64Array | null = null;
  /** What it calls itself, as counted; null before it has said so. */
  named: Agent | null = null;
  /** Difficulty that an operator holds it at, rounded as it is sent; null where none does. */
  hold: number | null = null;
  /** Where it began, without an operator's word: it stays there where vardiff is off. */
  base = 0;
  /** Last changes of difficulty, oldest first; null before the first job. */
  changes: Changes | null = null;
  /** Null where it is a kind of miner that cannot be asked. */
  roundTrip: RoundTrip | null = null;
  /** Lines that came while the past of the session was looked up; null while nothing is. */
  heldLines: Uint8Array[] | null = null;
  /** The peer has sent its last byte: close after the last answer. */
  ending = false;
  closed = false;
  isTouched = false;
  /** What the store was last told of it; null where it knows nothing, or is not known to. */
  remembered: Remembered | null = null;
  #out = "";
  #only: Worker | null = null;
  #onlyKey = "";
  #workers: Map<string, Worker> | null = null;
  /** The last name looked up: miners send the same one on every line. */
  #lastName = "";
  #lastWorker: Worker | null = null;
  #paused = false;
  #addressBytes: Uint8Array | null | undefined;

  constructor(
    readonly socket: Socket,
    readonly address: string,
    readonly connectedMs: number,
    private readonly host: SessionHost,
    /** Counted from 1 in this run of the gateway. */
    readonly number: number,
  ) {
    this.history = new DifficultyHistory();
  }

  /** Names the connection to people and in logs: nobody can take anything up with it. */
  get publicId(): string {
    return `${this.host.mark}-${this.number}`;
  }

  /** Of its network address; null where that is none. Read once, when somebody first asks. */
  get addressBytes(): Uint8Array | null {
    return this.#addressBytes === undefined
      ? this.#addressBytes = addressBytes(this.address)
      : this.#addressBytes;
  }

  /** Whether it has been told all that it asked so far. */
  get isAnswered(): boolean {
    return this.answers.length === 0 && this.heldLines === null;
  }

  get isSubscribed(): boolean {
    return this.extranonce !== null;
  }

  /** The worker whose account the coinbase and the candidates of this session name; null before authorize. */
  get firstWorker(): Worker | null {
    return this.#only;
  }

  get workerCount(): number {
    return this.#workers?.size ?? (this.#only === null ? 0 : 1);
  }

  /** Usernames it may submit for, the first one first. */
  get workers(): Iterable<Worker> {
    return this.#workers?.values() ?? (this.#only === null ? [] : [this.#only]);
  }

  addWorker(username: string, worker: Worker): void {
    const key = workerKey(username);
    this.#lastName = "";
    this.#lastWorker = null;
    if (this.#only === null || (this.#workers === null && key === this.#onlyKey)) {
      this.#only ??= worker;
      this.#onlyKey = key;
      return;
    }
    (this.#workers ??= new Map([[this.#onlyKey, this.#only]])).set(key, worker);
  }

  /** The authorised worker of this name, in whatever case and encoding of the dot; null where there is none. */
  worker(name: string): Worker | null {
    if (name === this.#lastName && this.#lastWorker !== null) return this.#lastWorker;
    const key = workerKey(name);
    const found = this.#workers === null
      ? (key === this.#onlyKey ? this.#only : null)
      : this.#workers.get(key) ?? null;
    if (found !== null) {
      this.#lastName = name;
      this.#lastWorker = found;
    }
    return found;
  }

  /** An answer that is known now; goes out behind those that are not. */
  reply(line: string): void {
    if (this.answers.enqueue(line)) this.#pauseIfFull();
    else this.send(line);
  }

  /** Keeps the place of an answer that is not known yet. */
  later(rawId: string): Answer {
    const answer = this.answers.open(rawId);
    this.#pauseIfFull();
    return answer;
  }

  #pauseIfFull(): void {
    if (this.#paused || this.answers.length <= ANSWERS_WAITING_MAX) return;
    this.#paused = true;
    this.socket.pause();
  }

  /** Answers have become known: those that may go, go. */
  advance(): void {
    const lines = this.answers.take();
    if (lines !== "") this.send(lines);
    if (this.#paused && this.answers.length <= ANSWERS_WAITING_MAX / 2) {
      this.#paused = false;
      this.socket.resume();
    }
    if (this.ending && this.answers.length === 0) this.host.touch(this);
  }

  /** The peer's last line has come: it still gets its answers, and is closed after them. */
  end(): void {
    this.ending = true;
    this.host.touch(this);
  }

  /** Text to go out with this turn. */
  send(text: string): void {
    if (this.closed) return;
    this.#out += text;
    this.host.touch(this);
  }

  /** Bytes that many sessions share: never copied, never changed. Behind whatever waits to go. */
  sendShared(bytes: Uint8Array): void {
    if (this.closed) return;
    this.flush();
    this.#write(bytes);
  }

  /** Writes what this turn has brought, in one piece. */
  flush(): void {
    if (this.#out === "" || this.closed) return;
    const text = this.#out;
    this.#out = "";
    this.#write(text);
  }

  #write(data: string | Uint8Array): void {
    if (!this.socket.writable) return;
    this.socket.write(data);
    if (this.socket.writableLength > SLOW_READER_BYTES) {
      this.host.drop(this, "does not read what it is sent");
      this.socket.destroy();
    }
  }
}

/** Names are matched whatever their case and however the dot is written. */
function workerKey(username: string): string {
  return username.trim().replaceAll(/%2e/gi, ".").toLowerCase();
}
