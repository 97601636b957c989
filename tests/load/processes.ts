/**
 * Child programs: started on a core of their own where that can be had, watched from outside.
 *
 * @module
 */
import { TextLineStream } from "../real/lines.ts";

export interface Program {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** The core it is kept to; null leaves it to the kernel. */
  readonly core: number | null;
}

/** Lines kept for the message of a failure. */
const LINES_KEPT = 40;

/** What a child of this folder says on its own account, one JSON object a line with this member. */
export interface Told {
  readonly told: string;
  readonly value: number;
}

export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<unknown>;
  readonly #lines: string[] = [];
  #told: Told[] = [];
  #news = Promise.withResolvers<void>();
  #ended = false;

  constructor({ args, env, core }: Program) {
    const [program, ...rest] = core === null
      ? [Deno.execPath(), ...args]
      : ["taskset", "-c", String(core), Deno.execPath(), ...args];
    this.#process = new Deno.Command(program!, {
      args: rest,
      ...(env === undefined ? {} : { env }),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#process.stdin.getWriter();
    const { stdout, stderr } = this.#process;
    this.#reading = Promise.all([this.#read(stdout), this.#read(stderr)]).then(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Its last lines, for people. */
  get log(): string {
    return this.#lines.join("\n");
  }

  get ended(): boolean {
    return this.#ended;
  }

  async say(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
  }

  /** The next thing it tells under this name. @throws {Error} It ends first, or takes longer. */
  async told(name: string, withinMs = 20_000): Promise<number> {
    const late = AbortSignal.timeout(withinMs);
    for (;;) {
      const at = this.#told.findIndex(({ told }) => told === name);
      if (at >= 0) return this.#told.splice(at, 1)[0]!.value;
      if (this.#ended) throw new Error(`It ended before it told "${name}":\n${this.log}`);
      if (late.aborted) throw new Error(`It did not tell "${name}":\n${this.log}`);
      const timeout = Promise.withResolvers<void>();
      const onLate = () => timeout.resolve();
      late.addEventListener("abort", onLate);
      await Promise.race([this.#news.promise, timeout.promise]);
      late.removeEventListener("abort", onLate);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#process.kill("SIGTERM");
    await this.#reading;
    await this.#process.status;
    await this.#stdin.close().catch(() => {});
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) {
      if (line.startsWith('{"told":')) this.#told.push(JSON.parse(line));
      else this.#lines.push(line);
      if (this.#lines.length > LINES_KEPT) this.#lines.shift();
      this.#wake();
    }
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** Of a child of this folder: tells its parent. */
export function tell(told: string, value: number): void {
  console.log(JSON.stringify({ told, value } satisfies Told));
}

/** Of a child of this folder: the lines its parent says, until `signal` aborts. */
export async function* saidBy(signal: AbortSignal): AsyncGenerator<string> {
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  const reader = lines.getReader();
  const stopped = Promise.withResolvers<{ done: true; value?: undefined }>();
  signal.addEventListener("abort", () => stopped.resolve({ done: true }));
  for (;;) {
    const { done, value } = await Promise.race([reader.read(), stopped.promise]);
    if (done) break;
    yield value;
  }
  await reader.cancel().catch(() => {});
}

/** Whether processes can be kept to a core here, and there are two. */
export async function canPin(): Promise<boolean> {
  if (navigator.hardwareConcurrency < 2) return false;
  return await output("taskset", ["-cp", String(Deno.pid)]) !== null;
}

/** Keeps this process and all its threads to a core. */
export async function pinSelf(core: number): Promise<void> {
  await output("taskset", ["-acp", String(core), String(Deno.pid)]);
}

/** What a process has used. */
export interface Usage {
  /** User and system time of all its threads, ms. */
  readonly cpuMs: number;
  /** Resident memory, kB. */
  readonly rssKb: number;
  /** Time its first thread was ready to run and had no core, ms: what others on the machine took. */
  readonly heldUpMs: number;
}

let ticksPerSecond: number | undefined;

/**
 * Reads a process's usage; null where the system does not tell. Through `cat`: Deno itself gives /proc only to a
 * program that may do everything.
 */
export async function usageOf(pid: number): Promise<Usage | null> {
  const text = await output(
    "cat",
    ["stat", "status", "schedstat"].map((file) => `/proc/${pid}/${file}`),
  );
  if (text === null) return null;
  ticksPerSecond ??= Number(await output("getconf", ["CLK_TCK"]) ?? 100);
  // The second field is the program's name in brackets, which may hold anything.
  const fields = text.slice(text.indexOf(") ") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const rss = /VmRSS:\s+(\d+) kB/.exec(text)?.[1];
  // schedstat, last: nanoseconds on a core, nanoseconds waiting for one, and how often.
  const heldUpNs = Number(/(\d+) \d+\s*$/.exec(text)?.[1]);
  return {
    cpuMs: ticks * 1000 / ticksPerSecond,
    rssKb: Number(rss),
    heldUpMs: heldUpNs / 1e6,
  };
}

/** What a program prints; null where there is no such program, or it fails. */
async function output(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...args],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch {
    return null;
  }
}
