/**
 * A miner that only notes when a job comes.
 *
 * @module
 */
import { TextLineStream } from "../../real/lines.ts";
import { ADDRESS } from "../settings.ts";

export class Probe implements AsyncDisposable {
  readonly #waiting = new Map<string, PromiseWithResolvers<number>>();
  readonly #reading: Promise<void>;

  private constructor(readonly connection: Deno.TcpConn, first: () => void) {
    this.#reading = this.#read(first).catch(() => {});
  }

  /** Resolves with its first job. */
  static async login(port: number): Promise<Probe> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    const { promise, resolve } = Promise.withResolvers<void>();
    const probe = new Probe(connection, resolve);
    await connection.write(new TextEncoder().encode(
      `{"id":1,"method":"mining.subscribe","params":["probe/1.0"]}\n` +
        `{"id":2,"method":"mining.authorize","params":["${ADDRESS}.probe","x"]}\n`,
    ));
    await promise;
    return probe;
  }

  /** When the job comes, monotonic ms. Ask before it does. */
  job(id: string): Promise<number> {
    const told = Promise.withResolvers<number>();
    this.#waiting.set(id, told);
    return told.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
    await this.#reading;
  }

  async #read(first: () => void): Promise<void> {
    const lines = this.connection.readable.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) {
      const atMs = performance.now();
      const { method, params } = JSON.parse(line);
      if (method !== "mining.notify") continue;
      first();
      this.#waiting.get(params[0])?.resolve(atMs);
      this.#waiting.delete(params[0]);
    }
  }
}
