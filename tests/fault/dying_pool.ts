/**
 * Starts the pool that dies, and tells how it is.
 *
 * @module
 */
import { freePort } from "@gopool/testing";
import { TextLineStream } from "../real/lines.ts";

export interface DyingPoolOptions {
  readonly dataDir: string;
  readonly ledgerUrl: string;
  readonly nodeUrl: string;
  readonly port: number;
  readonly point: string;
}

/** An address of the regtest network that nobody has the key of. */
const POOL_ADDRESS = "bcrt1qvahhqmm0dsnhxgrnd9kh2mrpw35k7m3q7k0yj4";
const MAIN = new URL("./pool_that_dies.ts", import.meta.url).pathname;

export class DyingPool {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #listening = Promise.withResolvers<void>();
  readonly #log: string[] = [];
  readonly #reading: Promise<unknown>;
  /** Resolves with how the process ended. */
  readonly ended: Promise<Deno.CommandStatus>;

  constructor({ dataDir, ledgerUrl, nodeUrl, port, point }: DyingPoolOptions) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", MAIN, point],
      env: {
        GOPOOL_DATA_DIR: dataDir,
        GOPOOL_LEDGER_URL: ledgerUrl,
        GOPOOL_NODE_URL: nodeUrl,
        GOPOOL_POOL_ADDRESS: POOL_ADDRESS,
        GOPOOL_STRATUM_LISTEN: `127.0.0.1:${port}`,
        GOPOOL_API_LISTEN: `127.0.0.1:${freePort()}`,
        GOPOOL_STRATUM_VARDIFF: "off",
        // 2^-32: every hash is a share.
        GOPOOL_STRATUM_START_DIFFICULTY: String(2 ** -32),
        GOPOOL_LOG_FORMAT: "json",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#reading = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
    this.ended = this.#child.status.then((status) => {
      this.#listening.reject(new Error(`The pool ended before it listened:\n${this.log()}`));
      return status;
    });
    this.#listening.promise.catch(() => {});
  }

  /** Resolves when miners can connect. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  /** From now on it dies when it comes to its point. */
  async arm(): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode("arm\n"));
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The last lines it wrote, for a failing test. */
  log(): string {
    return this.#log.slice(-40).join("\n");
  }

  /** Waits for its end and frees what it held. */
  async finished(): Promise<Deno.CommandStatus> {
    const status = await this.ended;
    await this.#reading;
    await this.#stdin.close().catch(() => {});
    return status;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) {
      this.#log.push(line);
      if (this.#log.length > 400) this.#log.shift();
      if (line.includes("miners can connect")) this.#listening.resolve();
    }
  }
}
