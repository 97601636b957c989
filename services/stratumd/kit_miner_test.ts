/**
 * A miner on a real socket, as the gateway's tests want it: it keeps every line it is told.
 *
 * @module
 */
import { meetsTarget, sha256d, targetFromDifficulty } from "@gopool/chain";
import {
  headerFor,
  type NotifyParams,
  type PoolMessage,
  readPoolMessage,
  readSubscribed,
  rolledVersion,
} from "@gopool/stratum";
import { assert } from "@std/assert";

/** BIP 173's example key, as a regtest address. */
export const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

/** Ends early when the condition holds: no test depends on a quick machine. */
const WAIT_MS = 30_000;

export interface Share {
  readonly extranonce2: Uint8Array;
  readonly ntime: number;
  readonly nonce: number;
}

const utf8 = new TextEncoder();

/** A line-wise client that keeps everything it is told. */
export class Miner {
  /** Every line, in order. */
  readonly lines: string[] = [];
  readonly messages: PoolMessage[] = [];
  extranonce1: Uint8Array = new Uint8Array();
  sessionId = "";
  closed = false;
  #id = 0;
  #nonce = 0;
  #news = Promise.withResolvers<void>();
  readonly #reading: Promise<void>;

  private constructor(readonly conn: Deno.Conn) {
    this.#reading = this.#read();
  }

  static async connect(port: number): Promise<Miner> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    // Or lines would wait for the acknowledgement of those before, and arrive in other turns than a test means.
    conn.setNoDelay(true);
    return new Miner(conn);
  }

  get notify(): NotifyParams {
    return this.messages.findLast((m) => m.kind === "notify")!.notify;
  }

  get difficulty(): number {
    return this.messages.findLast((m) => m.kind === "set_difficulty")!.difficulty;
  }

  async raw(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === "string" ? utf8.encode(bytes) : bytes;
    for (let at = 0; at < data.length;) at += await this.conn.write(data.subarray(at));
  }

  /** Sends a request and gives its id. */
  async send(method: string, params: unknown, id: unknown = ++this.#id): Promise<unknown> {
    await this.raw(JSON.stringify({ id, method, params }) + "\n");
    return id;
  }

  /** Sends a request and waits for its answer. */
  async ask(method: string, params: unknown): Promise<{ result: unknown; error: unknown }> {
    const id = await this.send(method, params);
    return await this.answer(id);
  }

  answer(id: unknown): Promise<{ result: unknown; error: unknown }> {
    const rawId = JSON.stringify(id);
    return this.wait(() => {
      const found = this.messages.find((m) => m.kind === "response" && m.rawId === rawId);
      return found?.kind === "response" ? found : undefined;
    }, `an answer to ${rawId}`);
  }

  async wait<T>(condition: () => T | undefined | false, what: string): Promise<T> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const found = condition();
      if (found !== undefined && found !== false) return found;
      const left = deadline - performance.now();
      if (left <= 0 || this.closed) {
        throw new Error(
          `Waited for ${what}${this.closed ? ", connection closed" : ""}: ${this.lines}`,
        );
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        this.#news.promise,
        new Promise<void>((resolve) => timer = setTimeout(resolve, left)),
      ]);
      clearTimeout(timer);
    }
  }

  /** subscribe, authorize, and the first job. */
  async login(
    options: { username?: string; password?: string; agent?: string; session?: string } = {},
  ) {
    const { username = `${ADDRESS}.rig`, password = "x", agent = "test/1", session } = options;
    await this.subscribe(agent, session);
    const { result, error } = await this.ask("mining.authorize", [username, password]);
    assert(result === true, JSON.stringify(error));
    await this.wait(() => this.messages.some((m) => m.kind === "notify"), "a notify");
  }

  async subscribe(agent = "test/1", session?: string) {
    const params = session === undefined ? [agent] : [agent, session];
    const { result } = await this.ask("mining.subscribe", params);
    const read = readSubscribed(result);
    assert(read.ok);
    this.extranonce1 = read.value.extranonce1;
    this.sessionId = read.value.sessionId ?? "";
  }

  /** Finds a share of a job that meets `difficulty`; with `above`, one that does not meet that. */
  mine(options: {
    difficulty?: number;
    above?: number;
    job?: NotifyParams;
    versionBits?: number;
    ntime?: number;
  } = {}): Share {
    const job = options.job ?? this.notify;
    const { difficulty = this.difficulty, versionBits = 0, ntime = job.ntime } = options;
    const target = targetFromDifficulty(difficulty);
    const above = options.above === undefined ? null : targetFromDifficulty(options.above);
    const extranonce2 = new Uint8Array(8);
    new DataView(extranonce2.buffer).setUint32(4, this.#nonce);
    for (;;) {
      const nonce = this.#nonce++;
      const header = headerFor(job, {
        extranonce1: this.extranonce1,
        extranonce2,
        version: rolledVersion(job.version, 0xffff_ffff, job.version | versionBits),
        ntime,
        nonce,
      });
      const hash = sha256d(header);
      if (meetsTarget(hash, target) && (above === null || !meetsTarget(hash, above))) {
        return { extranonce2, ntime, nonce };
      }
    }
  }

  /** The params of mining.submit for a share. */
  params(
    share: Share,
    options: { job?: string; worker?: string; versionBits?: string } = {},
  ): string[] {
    const { job = this.notify.jobId, worker = `${ADDRESS}.rig`, versionBits } = options;
    const hex = (n: number) => n.toString(16).padStart(8, "0");
    const list = [worker, job, share.extranonce2.toHex(), hex(share.ntime), hex(share.nonce)];
    return versionBits === undefined ? list : [...list, versionBits];
  }

  submit(share: Share, options: { job?: string; worker?: string; versionBits?: string } = {}) {
    return this.ask("mining.submit", this.params(share, options));
  }

  async untilClosed(): Promise<void> {
    await this.#reading;
  }

  async close(): Promise<void> {
    try {
      this.conn.close();
    } catch {
      // Closed by the other side already.
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(16_384);
    try {
      for (;;) {
        const n = await this.conn.read(buffer);
        if (n === null) break;
        rest += decoder.decode(buffer.subarray(0, n), { stream: true });
        const lines = rest.split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          this.lines.push(line);
          this.messages.push(readPoolMessage(line));
        }
        this.#tell();
      }
    } catch {
      // The connection broke: the same to a miner as its end.
    }
    this.closed = true;
    this.#tell();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** The error of an answer: code and text. */
export function errorOf(answer: { error: unknown }): [number, string] {
  const [code, text] = answer.error as [number, string];
  return [code, text];
}
