/**
 * One process of a pool: a service under exactly the permissions that its launcher gives it. It is started as the
 * launcher starts it, but without the launcher in between, so that a signal reaches the service itself.
 *
 * @module
 */
import { runArgumentsOf } from "@gopool/poold/permissions";
import { end, type Running, spawnWatched } from "@gopool/testing/servers";
import { waitFor } from "@gopool/testing";

export type ServiceName =
  | "stratumd"
  | "jobmanager"
  | "shareproc"
  | "blocksubmit"
  | "statsd"
  | "payoutd"
  | "apiserver";

export type Variables = Readonly<Record<string, string>>;

/** What /readyz answers. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly troubles: readonly string[];
}

/** Of the test's own variables, what Deno and its cache need. */
const MACHINE = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"];
/** Kept of what a process writes, for a failing test. */
const LOG_LINES = 200;
/** Opening the bus waits for a broker; a machine under load takes its time. */
const READY_WITHIN_MS = 60_000;
/** A question to the health port: who is stopped takes connections and answers nothing. */
const ASK_WITHIN_MS = 2_000;
/** A scrape asks stores, too. */
const METRICS_WITHIN_MS = 20_000;

/** The variables that a process of the pool is started with. */
export function processEnv(variables: Variables): Record<string, string> {
  const machine = MACHINE.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(machine), NO_COLOR: "1", ...variables };
}

/**
 * Deno's arguments for a program of the pool with these variables.
 *
 * @param file In place of the program's own: a test's, under the same permissions.
 */
export function processArguments(program: string, variables: Variables, file?: string): string[] {
  const args = runArgumentsOf(program, {
    args: [],
    env: (name) => variables[name],
    envNames: Object.keys(variables),
  });
  if (file === undefined) return args;
  // The permission set stands beside the program's own file; what it gives beyond the flags is nothing.
  return [...args.slice(0, -1).filter((flag) => !flag.startsWith("-P=")), file];
}

export class Member implements AsyncDisposable {
  #running: Running | null = null;
  #text = "";

  /**
   * @param label Its name among others of its kind: `stratumd 2`.
   * @param file In place of its main.ts.
   */
  constructor(
    readonly service: ServiceName,
    readonly label: string,
    private readonly healthPort: number,
    private readonly variables: Variables,
    private readonly file?: string,
  ) {}

  /** Starts it, or starts it again with the same settings. It is not ready yet. */
  async start(): Promise<void> {
    if (this.isRunning) throw new Error(`${this.label} is running`);
    const args = processArguments(this.service, this.variables, this.file);
    this.#running = await spawnWatched(Deno.execPath(), args, {
      folder: "",
      env: processEnv(this.variables),
      clearEnv: true,
      onText: (text) => this.#keep(text),
    });
  }

  get isRunning(): boolean {
    return this.#running !== null && !this.#running.ended();
  }

  get pid(): number {
    return this.#process.child.pid;
  }

  /** The last lines it wrote. */
  get log(): string {
    return `--- ${this.label}\n${this.#text}`;
  }

  /** What its health port says; null where it does not answer. */
  async readiness(): Promise<Readiness | null> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.healthPort}/readyz`, {
        signal: AbortSignal.timeout(ASK_WITHIN_MS),
      });
      return await response.json();
    } catch {
      return null;
    }
  }

  /** What it counts, as Prometheus would be shown it. */
  async metrics(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.healthPort}/metrics`, {
      signal: AbortSignal.timeout(METRICS_WITHIN_MS),
    });
    return await response.text();
  }

  /** Waits until it says that it can do its job. @throws With its last lines. */
  async ready(withinMs = READY_WITHIN_MS): Promise<void> {
    let last: Readiness | null = null;
    const isReady = async () => {
      if (!this.isRunning) throw new Error(`${this.label} has ended`);
      last = await this.readiness();
      return last?.ready === true;
    };
    try {
      await waitFor(isReady, `${this.label} to be ready`, { deadlineMs: withinMs });
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${JSON.stringify(last)}\n${this.log}`);
    }
  }

  /** SIGTERM. @returns Its exit code. */
  async stop(): Promise<number> {
    const { child, printed } = this.#process;
    child.kill("SIGTERM");
    await printed;
    return (await child.status).code;
  }

  /** SIGKILL, and its end. */
  async kill(): Promise<void> {
    await end(this.#process, { atOnce: true });
  }

  /** SIGSTOP and SIGCONT. */
  stall(on: boolean): void {
    this.#process.child.kill(on ? "SIGSTOP" : "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running !== null) await end(this.#running, { atOnce: true });
  }

  get #process(): Running {
    if (this.#running === null) throw new Error(`${this.label} has not been started`);
    return this.#running;
  }

  #keep(text: string): void {
    this.#text = (this.#text + text).split("\n").slice(-LOG_LINES).join("\n");
  }
}
