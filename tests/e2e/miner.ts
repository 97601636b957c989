/**
 * A miner for tests from end to end: hashes what the pool sends and submits what is good enough, all over TCP.
 *
 * @module
 */
import {
  type Difficulty,
  displayHash,
  type Hash,
  hashFromDisplay,
  headerHash,
  targetFromDifficulty,
  targetToBytes,
} from "@gopool/chain";
import { MinerConnection, type MinerOptions, type PoolAnswer } from "@gopool/poold/miner";
import { createNonceScanner } from "@gopool/shares";
import { headerFor, type NotifyParams, prevHashToWire } from "@gopool/stratum";
import { waitFor } from "@gopool/testing";

/** A share that was submitted, and what the pool said. */
export interface Share {
  readonly notify: NotifyParams;
  /** The header's hash, display form. */
  readonly hash: string;
  readonly header: Uint8Array;
  /** Of the difficulty in force when its work was received. */
  readonly difficulty: number;
  readonly answer: PoolAnswer;
}

/** Nonces at a time: some milliseconds, so that the connection is read in between. */
const CHUNK = 1 << 15;
const NONCES = 2 ** 32;

export class TestMiner implements AsyncDisposable {
  readonly #scanner = createNonceScanner();
  #extranonce2 = 0;
  #dueMs = performance.now();

  /** How many headers were hashed by now. */
  hashes = 0;

  private constructor(
    readonly connection: MinerConnection,
    private readonly worker: string,
    /** Every difficulty that was set, in order. */
    readonly difficulties: readonly number[],
    /** Every work that was sent, in order. */
    readonly works: readonly NotifyParams[],
  ) {}

  static async connect(
    port: number,
    options: Omit<MinerOptions, "host" | "port">,
  ): Promise<TestMiner> {
    const difficulties: number[] = [];
    const works: NotifyParams[] = [];
    const connection = await MinerConnection.login(
      { host: "127.0.0.1", port, ...options },
      (message) => {
        if (message.kind === "set_difficulty") difficulties.push(message.difficulty);
        if (message.kind === "notify") works.push(message.notify);
      },
    );
    const miner = new TestMiner(connection, options.username, difficulties, works);
    await waitFor(() => connection.notify, "the first job");
    return miner;
  }

  /** Waits until the newest work is on this block (display form). Gives the first that was. */
  async workOn(previous: string, deadlineMs = 10_000): Promise<NotifyParams> {
    const wire = prevHashToWire(hashFromDisplay(previous));
    await waitFor(
      () => this.connection.notify?.prevHashWire === wire,
      `work on ${previous}`,
      { deadlineMs },
    );
    return this.works.find(({ prevHashWire }) => prevHashWire === wire)!;
  }

  /**
   * Hashes until a share is found on the work that is newest then, and submits it. Null where `signal` aborts first.
   *
   * @param options `hashesPerSecond`: no faster than that, for a miner that is the same on every machine.
   */
  async share(
    { signal, hashesPerSecond = Infinity }: {
      readonly signal?: AbortSignal;
      readonly hashesPerSecond?: number;
    } = {},
  ): Promise<Share | null> {
    const { connection } = this;
    while (true) {
      const notify = connection.notify!, difficulty = connection.difficulty;
      const { extranonce1, extranonce2Size } = connection.subscribed!;
      const extranonce2 = new Uint8Array(extranonce2Size);
      new DataView(extranonce2.buffer).setUint32(extranonce2Size - 4, this.#extranonce2++);
      const { version, ntime, jobId } = notify;
      const header = headerFor(notify, { extranonce1, extranonce2, version, ntime, nonce: 0 });
      const target = targetToBytes(targetFromDifficulty(difficulty as Difficulty));
      for (let from = 0; from < NONCES && connection.notify === notify; from += CHUNK) {
        const [nonce] = this.#scanner.scan(header, target, from, CHUNK);
        if (nonce !== undefined) {
          this.hashes += nonce - from;
          await this.#pause((nonce - from) / hashesPerSecond * 1000);
          new DataView(header.buffer).setUint32(76, nonce, true);
          const hash = displayHash(headerHash(header) as Hash);
          const answer = await connection.submit({
            worker: this.worker,
            jobId,
            extranonce2,
            ntime,
            nonce,
          });
          return { notify, hash, header, difficulty, answer };
        }
        this.hashes += CHUNK;
        await this.#pause(CHUNK / hashesPerSecond * 1000);
        if (signal?.aborted) return null;
      }
    }
  }

  /** Lets the sockets be read, and keeps the pace: what a busy machine lost is made up for by up to a second. */
  async #pause(ms: number): Promise<void> {
    const now = performance.now();
    this.#dueMs = Math.max(this.#dueMs + ms, now - 1000);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.#dueMs - now)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.connection[Symbol.asyncDispose]();
  }
}
