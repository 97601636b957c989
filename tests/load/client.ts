/**
 * One miner of the fleet: a raw socket, lines made beforehand, answers counted by their line ends and matched in
 * order.
 *
 * @module
 */
import { Socket } from "node:net";
import type { Fleet } from "./fleet.ts";
import { type LineJob, RESULT_AT, SubmitLines } from "./submit_lines.ts";

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
/** `{"id":` and then a digit for an answer, `null` for what the pool says by itself. */
const ID_AT = 6;
/** Where a notification's method has its own letter: `{"id":null,"method":"mining.` stands before it. */
const METHOD_AT = 28;

const utf8 = new TextDecoder();

export class Client {
  readonly #socket = new Socket();
  readonly #lines: SubmitLines;
  /** When the share in each place was sent, or was due. Monotonic ms. */
  readonly #sentMs: Float64Array;
  /** The place of the oldest share that is not answered, and how many are not. */
  #head = 0;
  #waiting = 0;
  #rest: Uint8Array | null = null;
  #job: LineJob | null = null;
  #ready: PromiseWithResolvers<void> | null = Promise.withResolvers();
  #closing = false;
  /** The fleet's round in which it last got a job. */
  round = -1;

  constructor(private readonly fleet: Fleet, private readonly username: string, places: number) {
    this.#lines = new SubmitLines(username, places);
    this.#sentMs = new Float64Array(places);
  }

  /** Connects and says who it is; resolves with its first job. */
  login(port: number): Promise<void> {
    const socket = this.#socket;
    const ready = this.#ready!;
    socket.on("data", (chunk: Uint8Array) => this.#read(chunk));
    socket.on("error", (error: Error) => this.#ended(error.message));
    socket.on("close", () => this.#ended("the connection was closed"));
    socket.connect({ port, host: "127.0.0.1" }, () => {
      socket.setNoDelay(true);
      socket.write(
        `{"id":1,"method":"mining.subscribe","params":["cpuminer-load/1.0"]}\n` +
          `{"id":2,"method":"mining.authorize","params":["${this.username}","x"]}\n`,
      );
    });
    return ready.promise;
  }

  /** Shares under way. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Sends up to `count` shares, as far as there are places. @returns How many. */
  submit(count: number, dueMs: number): number {
    const { places } = this.#lines;
    let sent = 0;
    while (sent < count && this.#waiting < places) {
      const place = (this.#head + this.#waiting) % places;
      const run = Math.min(count - sent, places - this.#waiting, places - place);
      for (let i = place; i < place + run; i++) {
        this.#lines.renew(i, this.#job!);
        this.#sentMs[i] = dueMs;
      }
      this.#waiting += run;
      sent += run;
      this.#socket.write(this.#lines.bytes(place, run));
    }
    return sent;
  }

  close(): Promise<void> {
    this.#closing = true;
    const closed = Promise.withResolvers<void>();
    if (this.#socket.closed) return Promise.resolve();
    this.#socket.once("close", () => closed.resolve());
    this.#socket.destroy();
    return closed.promise;
  }

  #read(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#rest !== null) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
      this.#rest = null;
    }
    let at = 0;
    let answered = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0) break;
      if (bytes[at + ID_AT] === LETTER_N) this.#take(bytes, at, end);
      else if (bytes[at + ID_AT + 1] === COMMA) this.#greeted(bytes, at, end);
      else {
        this.#answered(bytes, at, end);
        answered++;
      }
      at = end + 1;
    }
    // A copy: the socket's memory is soon another chunk's.
    if (at < bytes.length) this.#rest = new Uint8Array(bytes.subarray(at));
    if (answered > 0) this.fleet.onAnswers(this, answered);
  }

  #answered(bytes: Uint8Array, at: number, end: number): void {
    const { fleet } = this;
    const place = this.#head;
    if (this.#waiting === 0 || !this.#lines.answers(place, bytes, at)) {
      fleet.problem(`an answer out of its row: ${utf8.decode(bytes.subarray(at, end))}`);
      return;
    }
    this.#head = place + 1 === this.#lines.places ? 0 : place + 1;
    this.#waiting--;
    fleet.latency.add(performance.now() - this.#sentMs[place]!);
    if (bytes[at + RESULT_AT] === LETTER_T) fleet.accepted++;
    else fleet.refused(utf8.decode(bytes.subarray(at, end)));
  }

  /** What the pool says by itself: of interest is a job. */
  #take(bytes: Uint8Array, at: number, end: number): void {
    if (bytes[at + METHOD_AT] !== LETTER_N) return;
    this.#job = this.fleet.jobOf(bytes, at, end);
    this.fleet.onJob(this);
    this.#ready?.resolve();
    this.#ready = null;
  }

  #greeted(bytes: Uint8Array, at: number, end: number): void {
    const { result } = JSON.parse(utf8.decode(bytes.subarray(at, end)));
    if (result === null || result === false) {
      this.#ended(`not let in: ${utf8.decode(bytes.subarray(at, end))}`);
    }
  }

  #ended(why: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.fleet.problem(why);
    this.#ready?.reject(new Error(`A miner could not log in: ${why}`));
    this.#ready = null;
  }
}
