/**
 * All miners of a run, and what they count together.
 *
 * @module
 */
import { Client } from "./client.ts";
import { Histogram } from "./histogram.ts";
import { ADDRESS } from "./settings.ts";
import type { LineJob } from "./submit_lines.ts";

/** Logins under way at once: below any listener's backlog, enough to keep both ends busy. */
const LOGINS_AT_ONCE = 200;
/** Problems told; the rest is a number. */
const PROBLEMS_KEPT = 5;
/** Of a notify: `{"id":null,"method":"mining.notify","params":["` stands before the job's id. */
const JOB_ID_AT = 48;
const JOB_ID_LENGTH = 16;

const utf8 = new TextDecoder();

export class Fleet implements AsyncDisposable {
  readonly clients: Client[] = [];
  readonly latency: Histogram = new Histogram();
  accepted = 0;
  /** Refusals by their text. */
  readonly refusals: Map<string, number> = new Map();
  readonly problems: string[] = [];
  problemCount = 0;
  /** Told after each chunk with answers. */
  onAnswers: (client: Client, count: number) => void = () => {};
  #job: LineJob | null = null;
  /** Jobs are counted in rounds: a client counts once in each. */
  #round = 0;
  #informed = 0;
  #firstMs = 0;
  #lastMs = 0;

  /** Connects `count` miners, each with room for `places` shares under way; resolves when all have a job. */
  static async login(port: number, count: number, places: number): Promise<Fleet> {
    const fleet = new Fleet();
    let next = 0;
    const some = async () => {
      while (next < count) {
        const username = `${ADDRESS}.w${String(next++).padStart(5, "0")}`;
        const client = new Client(fleet, username, places);
        fleet.clients.push(client);
        await client.login(port);
      }
    };
    try {
      await Promise.all(Array.from({ length: LOGINS_AT_ONCE }, some));
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
    return fleet;
  }

  /** Shares under way. */
  get waiting(): number {
    let sum = 0;
    for (const client of this.clients) sum += client.waiting;
    return sum;
  }

  get refused(): (line: string) => void {
    return this.#refused;
  }

  get refusedCount(): number {
    let sum = 0;
    for (const count of this.refusals.values()) sum += count;
    return sum;
  }

  problem(what: string): void {
    this.problemCount++;
    if (this.problems.length < PROBLEMS_KEPT) this.problems.push(what);
  }

  readonly #refused = (line: string): void => {
    const { error } = JSON.parse(line);
    const text = String(Array.isArray(error) ? error[1] : error);
    this.refusals.set(text, (this.refusals.get(text) ?? 0) + 1);
  };

  /** The job of a notify: one object for all who get it. */
  jobOf(bytes: Uint8Array, at: number, end: number): LineJob {
    const known = this.#job;
    if (known !== null) {
      let same = true;
      for (let i = 0; same && i < JOB_ID_LENGTH; i++) {
        same = bytes[at + JOB_ID_AT + i] === known.id.charCodeAt(i);
      }
      if (same) return known;
    }
    const { params } = JSON.parse(utf8.decode(bytes.subarray(at, end)));
    return this.#job = { id: params[0], ntime: params[7] };
  }

  onJob(client: Client): void {
    if (client.round === this.#round) return;
    client.round = this.#round;
    this.#lastMs = Date.now();
    if (this.#informed++ === 0) this.#firstMs = this.#lastMs;
  }

  /** From here on a job counts as news to each client, once. */
  beginRound(): void {
    this.#round++;
    this.#informed = 0;
  }

  /** Who has had a job in this round, and when the first and the last of them had: wall clock, ms. */
  get informed(): { count: number; firstMs: number; lastMs: number } {
    return { count: this.#informed, firstMs: this.#firstMs, lastMs: this.#lastMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }
}
