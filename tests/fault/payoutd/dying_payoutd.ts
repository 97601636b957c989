/**
 * Starts a payoutd that dies, and tells how it is.
 *
 * @module
 */
import { TextLineStream } from "../../real/lines.ts";
import type { Orders } from "./payoutd_that_dies.ts";

const MAIN = new URL("./payoutd_that_dies.ts", import.meta.url).pathname;
const LINES_KEPT = 400;

export class DyingPayoutd {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<unknown>;
  readonly #atWork = Promise.withResolvers<void>();
  #lines: string[] = [];

  /** It loads its code and waits. */
  constructor(orders: Orders) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", MAIN, JSON.stringify(orders)],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#reading = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
    this.#atWork.promise.catch(() => {});
    this.#reading.then(() => this.#atWork.reject(new Error(`It never worked:\n${this.log()}`)));
  }

  /** It opens what it needs; resolves when its parts run. */
  async go(): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode("go\n"));
    await this.#atWork.promise;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Its end, by itself or within this time; frees what it held. Null: it has not ended. */
  async ended(withinMs: number): Promise<Deno.CommandStatus | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => timer = setTimeout(() => resolve(null), withinMs));
    const status = await Promise.race([this.#child.status, late]);
    clearTimeout(timer);
    if (status === null) return null;
    await this.#reading;
    await this.#stdin.close().catch(() => {});
    return status;
  }

  /** The last lines it wrote, for a failing test. */
  log(): string {
    return this.#lines.slice(-60).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.ended(10_000);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) {
      this.#lines.push(line);
      if (this.#lines.length > LINES_KEPT) this.#lines = this.#lines.slice(-LINES_KEPT / 2);
      if (line === "at work") this.#atWork.resolve();
    }
  }
}
