/**
 * The pool's tasks as processes of their own, started as a person starts them. Imported by tests only.
 *
 * @module
 */
import { freePort, waitFor } from "@gopool/testing";

const ROOT = new URL("../../", import.meta.url).pathname;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables of a pool of its own: a folder, and ports that nobody uses. */
export function ownPool(dataDir: string): Record<string, string> {
  return {
    GOPOOL_DATA_DIR: dataDir,
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_SIMULATED_NODE_PORT: String(freePort()),
    GOPOOL_LEDGER_PORT: String(freePort()),
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_API_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_LOG_FORMAT: "text",
  };
}

/** Every role, for tests that call the control address. */
export const CONTROL_TOKEN = "a-token-of-the-tests";

/** Variables of a control address that nobody else has. */
export function ownControl(): Record<string, string> {
  return {
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_CONTROL_TOKENS: `tests:read+operate+money+settings:${CONTROL_TOKEN}`,
  };
}

function command(task: string, args: readonly string[], env: Record<string, string>) {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", task, ...args],
    cwd: ROOT,
    env: { ...ownControl(), ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a task to its end. */
export async function runTask(
  task: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Ended> {
  const { code, stdout, stderr } = await command(task, args, env).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** A task that is running, and what it has written so far. */
export class RunningTask implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  #written = "";
  #ended = false;

  constructor(task: string, env: Record<string, string>, args: readonly string[] = []) {
    this.#child = command(task, args, env).spawn();
    this.#reading = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
    this.#child.status.then(() => this.#ended = true);
  }

  get written(): string {
    return this.#written;
  }

  get lines(): string[] {
    return this.#written.split("\n");
  }

  /** Waits for words in what it writes. @returns The first line that has them. */
  async says(words: string | RegExp, deadlineMs = 20_000): Promise<string> {
    const has = (line: string) =>
      typeof words === "string" ? line.includes(words) : words.test(line);
    try {
      return await waitFor(
        () => {
          const line = this.lines.slice(0, -1).find(has);
          if (line === undefined && this.#ended) throw new Error("The task ended");
          return line;
        },
        `the words ${words}`,
        { deadlineMs },
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}. It wrote:\n${this.#written}`);
    }
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill("SIGTERM");
    await this.ended();
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#written += text;
  }
}
