/**
 * Miners that send shares at a steady pace and keep every answer, through whatever happens to the pool: who loses a
 * connection makes another. Every hash is a share to them; a block is looked for when one is due.
 *
 * @module
 */
import { type Target, targetToBytes } from "@gopool/chain";
import { MinerConnection } from "@gopool/poold/miner";
import { createNonceScanner } from "@gopool/shares";
import { authorizeRequest, headerFor, readSubscribed, subscribeRequest } from "@gopool/stratum";
import { Answers } from "../fault/ledger_of_answers.ts";

export interface SteadyOptions {
  readonly port: number;
  readonly networkTarget: Target;
  /** Goes on with these books; default new ones. */
  readonly answers?: Answers;
  /** Default 20. */
  readonly connections?: number;
  /** Over all connections; default 500. */
  readonly sharesPerSecond?: number;
  /** Between two candidates of all connections together; default 2 s. */
  readonly blockEveryMs?: number;
  readonly username?: string;
}

const WORKER = "bcrt1qvahhqmm0dsnhxgrnd9kh2mrpw35k7m3q7k0yj4.steady";
const AGENT = "cpuminer-steady/1.0";
const LOGIN_WITHIN_MS = 5_000;
/** Between two tries to connect. */
const AGAIN_MS = 100;
/** Of one connection: a pool that answers nothing is not sent more. */
const UNANSWERED_MAX = 400;
/** Shares that a connection is behind its pace are sent at once, up to these: a machine under load catches up. */
const CATCH_UP_MS = 1_000;
/** Where the search for a block's nonce begins; shares count from 0 on and do not come so far. */
const BLOCK_NONCES_FROM = 2 ** 30;
const BLOCK_CHUNK = 20_000;

export class SteadyMiners implements AsyncDisposable {
  readonly answers: Answers;
  readonly #options: Required<Omit<SteadyOptions, "answers">>;
  readonly #scanner = createNonceScanner();
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  #nextBlockMs = 0;
  #blockFrom = BLOCK_NONCES_FROM;
  #open = 0;
  #logins = 0;

  constructor(options: SteadyOptions) {
    this.#options = {
      connections: 20,
      sharesPerSecond: 500,
      blockEveryMs: 2_000,
      username: WORKER,
      ...options,
    };
    this.answers = options.answers ?? new Answers(options.networkTarget);
    this.#nextBlockMs = performance.now() + this.#options.blockEveryMs;
    const miners = Array.from({ length: this.#options.connections }, (_, at) => this.#mine(at));
    this.#running = Promise.all(miners);
  }

  /** Connections that are open at this moment. */
  get connected(): number {
    return this.#open;
  }

  /** Connections made since the beginning. */
  get logins(): number {
    return this.#logins;
  }

  /** Shares that were answered `true` so far. */
  get accepted(): number {
    return this.answers.count("true");
  }

  /** Sends no more, waits `withinMs` for the answers that are due, and hangs up. */
  async stop(withinMs = 40_000): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => this.#hangUp.abort(), withinMs);
    await this.#running;
    clearTimeout(timer);
  }

  readonly #hangUp = new AbortController();

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hangUp.abort();
    await this.stop(0);
  }

  /** One miner: a connection after the other. */
  async #mine(at: number): Promise<void> {
    const state = { extranonce2: at, nonce: 0 };
    while (!this.#stop.signal.aborted) {
      let connection: MinerConnection;
      try {
        connection = await this.#login();
      } catch {
        // The pool is away, or lets nobody in at the moment: that is what the test makes happen.
        await pause(AGAIN_MS, this.#stop.signal);
        continue;
      }
      this.#open++;
      this.#logins++;
      try {
        await this.#send(connection, state);
      } finally {
        this.#open--;
        await connection[Symbol.asyncDispose]();
      }
    }
  }

  /** A pool that takes the connection and says nothing is hung up on. */
  async #login(): Promise<MinerConnection> {
    const { port, username } = this.#options;
    const connection = await MinerConnection.open({ host: "127.0.0.1", port });
    const late = setTimeout(() => connection[Symbol.asyncDispose](), LOGIN_WITHIN_MS);
    try {
      const { result } = await connection.ask((id) => subscribeRequest(id, AGENT));
      const subscribed = readSubscribed(result);
      if (!subscribed.ok) throw new Error(subscribed.problem);
      connection.subscribed = subscribed.value;
      const { accepted } = await connection.ask((id) => authorizeRequest(id, username));
      if (!accepted) throw new Error("not authorised");
      return connection;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** Sends at its pace until the connection ends or the miner is told to stop; then waits for the answers. */
  async #send(connection: MinerConnection, state: { extranonce2: number; nonce: number }) {
    const { connections, sharesPerSecond, username } = this.#options;
    const everyMs = 1000 * connections / sharesPerSecond;
    const stop = this.#stop.signal;
    let over = false;
    const closed = connection.closed.then(() => over = true);
    const waiting = new Set<Promise<void>>();
    const extranonce2 = new Uint8Array(8);
    new DataView(extranonce2.buffer).setUint32(0, state.extranonce2);
    let dueMs = performance.now();
    while (!over && !stop.aborted) {
      const now = performance.now();
      dueMs = Math.max(dueMs, now - CATCH_UP_MS);
      const { notify } = connection;
      connection.together(() => {
        for (; dueMs <= now; dueMs += everyMs) {
          if (notify === undefined || waiting.size >= UNANSWERED_MAX) continue;
          const nonce = this.#blockNonce(connection, extranonce2) ?? state.nonce++;
          const sent = this.answers.submit(connection, username, notify, extranonce2, nonce);
          waiting.add(sent);
          sent.then(() => waiting.delete(sent));
        }
      });
      await pause(dueMs - performance.now(), stop);
    }
    if (over) return void await Promise.all(waiting);
    const hangUp = new Promise<void>((resolve) => {
      this.#hangUp.signal.addEventListener("abort", () => resolve(), { once: true });
      if (this.#hangUp.signal.aborted) resolve();
    });
    await Promise.race([Promise.all(waiting), closed, hangUp]);
    await connection[Symbol.asyncDispose]();
    await Promise.all(waiting);
  }

  /** A nonce that makes the connection's header a block, where one is due; null where none is. */
  #blockNonce(connection: MinerConnection, extranonce2: Uint8Array): number | null {
    const now = performance.now();
    if (now < this.#nextBlockMs) return null;
    this.#nextBlockMs = now + this.#options.blockEveryMs;
    const { extranonce1 } = connection.subscribed!;
    const { version, ntime } = connection.notify!;
    const header = headerFor(connection.notify!, {
      extranonce1,
      extranonce2,
      version,
      ntime,
      nonce: 0,
    });
    const target = targetToBytes(this.#options.networkTarget);
    for (let from = this.#blockFrom;; from += BLOCK_CHUNK) {
      const [nonce] = this.#scanner.scan(header, target, from, BLOCK_CHUNK);
      if (nonce === undefined) continue;
      this.#blockFrom = from + BLOCK_CHUNK;
      return nonce;
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, ms));
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
