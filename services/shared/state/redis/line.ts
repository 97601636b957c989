/**
 * The connection to a Redis. ioredis speaks the protocol; when to connect, what a dead connection is and what
 * becomes of a call are settled here: its own ways keep calls for later, send them again, and wait.
 *
 * A call is sent at once or refused at once, and settles within STATE_ANSWER_MS. The first that is not answered
 * in time ends the connection, so that no calls pile up before a server that hangs. A new connection counts as
 * open when the server has said that it is a master with its data loaded.
 *
 * @module
 */
import { Redis, type RedisOptions } from "ioredis";
import { STATE_ANSWER_MS, StateUnavailable } from "../port.ts";
import { describe, type RedisAddress } from "./address.ts";
import { clientOptions, type RedisAccess } from "./client_options.ts";
import {
  endsConnection,
  isAnswer,
  isRefusal,
  sentinelWords,
  translated,
  wordsOf,
} from "./errors.ts";

/** After this a call is given up, but for one look at what the socket brought meanwhile. */
const ANSWER_MS = STATE_ANSWER_MS - 100;
/** That look: where this process itself was held up, the answer may lie there unread. */
const LOOK_MS = 50;
/** Between tries to connect: at first, and at most. */
const RETRY_FIRST_MS = 50;
const RETRY_LAST_MS = 1_000;
/** A socket that the server does not close is cut after this. */
const CUT_MS = 100;
/** Calls under way at once: a server that is slow must not fill the memory within one answer time. */
const CALLS_MAX = 20_000;

/** What a server says of itself when a connection opens. */
interface Greeting {
  /** Differs after every start; "" where the user may not ask. */
  readonly runId: string;
  /** What in its settings can harm a pool, as a sentence; null where nothing is seen. */
  readonly warning: string | null;
}

/** Of a server whose user may not ask: a restart that loses the last writes goes unnoticed. */
const UNKNOWN: Greeting = {
  runId: "",
  warning: "the user may not ask INFO: a restarted server would not be noticed. Allow it +info",
};

export class RedisLine {
  /** For people and logs. */
  readonly name: string;
  readonly #client: Redis;
  readonly #say: (why: string | null) => void;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  readonly #firstTry = Promise.withResolvers<void>();
  readonly #underWay = new Set<Promise<unknown>>();
  #greeting: Greeting | null = null;
  /** Why there is no connection now, or what was wrong last. */
  #why = "not connected yet";
  /** What the last Sentinel said where it could not name the master. */
  #sentinelWhy = "";

  /** @param say Told why the server is away, and null when it is there. */
  constructor(address: RedisAddress, access: RedisAccess, say: (why: string | null) => void) {
    this.name = describe(address);
    this.#say = say;
    this.#client = new Redis(clientOptions(address, access, CUT_MS) satisfies RedisOptions);
    this.#client.on("error", (error: unknown) => this.#why = wordsOf(error));
    this.#client.on("sentinelError", (error: unknown) => this.#sentinelWhy = sentinelWords(error));
    this.#running = this.#run();
  }

  /** Resolves when the first try to connect has ended, well or not. */
  get tried(): Promise<void> {
    return this.#firstTry.promise;
  }

  /** The run id of the connected server; "" where it is not told. */
  get runId(): string {
    return this.#greeting?.runId ?? "";
  }

  /** What in the connected server's settings can harm a pool; null where nothing is seen. */
  get warning(): string | null {
    return this.#greeting?.warning ?? null;
  }

  /**
   * @throws {StateUnavailable}
   * @throws {TypeError | RangeError} What the server says of a value that cannot be counted.
   */
  async call<T>(send: (client: Redis, runId: string) => Promise<T>): Promise<T> {
    if (this.#closed.signal.aborted) throw new StateUnavailable("State is closed");
    if (this.#greeting === null) throw this.#away();
    if (this.#underWay.size >= CALLS_MAX) {
      throw new StateUnavailable(`${this.name} is slow: ${CALLS_MAX} calls wait for it`);
    }
    return await this.#answered(send(this.#client, this.#greeting.runId));
  }

  /** Lets what is under way settle, then closes. Takes a little more than STATE_ANSWER_MS at most. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled([...this.#underWay]);
    this.#client.disconnect();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pauseMs = RETRY_FIRST_MS;
    while (!this.#closed.signal.aborted) {
      const ended = new Promise<void>((resolve) => this.#client.once("end", resolve));
      this.#why = this.#sentinelWhy = "";
      try {
        await this.#client.connect();
        this.#sentinelWhy = ""; // the next Sentinel knew more
        this.#greeting = await this.#greet();
        pauseMs = RETRY_FIRST_MS;
        this.#say(null);
        this.#firstTry.resolve();
        await ended;
        this.#why ||= "the connection broke";
      } catch (error) {
        // What the socket said is the reason; that the connection is closed is what follows from it.
        this.#why = this.#sentinelWhy || this.#why || wordsOf(error);
        if (this.#client.status !== "end") this.#client.disconnect();
        if (this.#client.status !== "end") await ended;
      }
      this.#greeting = null;
      this.#firstTry.resolve();
      if (this.#closed.signal.aborted) return;
      this.#say(this.#away().message);
      await pause(pauseMs, this.#closed.signal);
      pauseMs = Math.min(2 * pauseMs, RETRY_LAST_MS);
    }
  }

  /** What the server says of itself. Throws where it cannot serve a pool now. */
  async #greet(): Promise<Greeting> {
    let text: string;
    try {
      text = await this.#answered(this.#client.info());
    } catch (error) {
      if (error instanceof Error && isRefusal(error, "NOPERM")) return UNKNOWN;
      throw error;
    }
    const told = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(text)?.[1];
    if (this.#why !== "") throw new StateUnavailable(this.#why); // such as: no database of that number
    if (told("loading") === "1") throw new StateUnavailable("it is loading its data");
    if (told("role") === "slave") throw new StateUnavailable("it is a replica");
    const policy = told("maxmemory_policy") ?? "noeviction";
    const evicts = (told("maxmemory") ?? "0") !== "0" && policy !== "noeviction";
    return {
      runId: told("run_id") ?? "",
      warning: evicts
        ? `${this.name} throws keys away when it is full (maxmemory-policy ${policy}): a prefix could ` +
          `be given twice. Set it to noeviction`
        : null,
    };
  }

  /** The answer, in time; or its error in the port's words. */
  #answered<T>(answer: Promise<T>): Promise<T> {
    const settled = new Promise<T>((resolve, reject) => {
      const late = () => {
        const seconds = STATE_ANSWER_MS / 1000;
        this.#why = `it has not answered within ${seconds} s`;
        reject(this.#away());
        this.#cut();
      };
      let timer = setTimeout(() => timer = setTimeout(late, LOOK_MS), ANSWER_MS);
      answer.then(resolve, (error: unknown) => {
        if (!isAnswer(error)) {
          // Not the server's words but the client's, who has lost it.
          this.#why ||= "the connection broke";
          return reject(this.#away());
        }
        if (endsConnection(error)) {
          this.#why = wordsOf(error);
          this.#cut();
        }
        reject(translated(error, this.name));
      }).finally(() => clearTimeout(timer));
    });
    this.#underWay.add(settled);
    const done = () => void this.#underWay.delete(settled);
    settled.then(done, done);
    return settled;
  }

  /** Ends this connection; another follows. */
  #cut(): void {
    this.#greeting = null;
    const { status } = this.#client;
    if (status === "ready" || status === "connect") this.#client.disconnect(true);
  }

  #away(): StateUnavailable {
    return new StateUnavailable(`${this.name} is away: ${this.#why || "not connected yet"}`);
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
