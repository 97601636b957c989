/**
 * The process: the one place that meets arguments, environment, signals and exit codes.
 *
 * @module
 */
import { commonRows, ConfigError, HelpRequested, readSome } from "@gopool/config";
import { type Clock, systemClock } from "./clock.ts";
import { createLogger, type Logger } from "./log.ts";
import { type Random, systemRandom } from "./random.ts";
import { fatalWithin } from "./supervise.ts";

/** What the outside world gives a process. Nothing below main.ts reads Deno.env, Deno.args or the real clock. */
export interface Process {
  readonly args: readonly string[];
  readonly env: (name: string) => string | undefined;
  /** Names of all variables, where the process may list them (it may not under a strict permission set). */
  readonly envNames?: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Aborts on SIGINT or SIGTERM, and on a fault that nobody caught. */
  readonly signal: AbortSignal;
}

/** Drained; fault; bad configuration; did not drain in time. */
export const EXIT = {
  drained: 0,
  fault: 1,
  badConfig: 2,
  notDrained: 3,
  interrupted: 130,
} as const;

/** How long a service may take to drain before the process is ended under it. */
const GRACE_MS = 10_000;

/**
 * A launcher forwards a signal that the terminal has sent to both: within this time a second one is the same
 * one. Later it is a person who does not want to wait.
 */
const SAME_SIGNAL_MS = 1_000;

/** What may still be open when the body has ended (a client's idle socket) gets this long to close. */
const AFTER_MS = 2_000;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs the body of a main.ts and ends with the right exit code: 0 drained, 1 fault, 2 bad configuration,
 * 3 not drained in time, 130 at the second signal.
 */
export async function runProcess(
  name: string,
  body: (process: Process) => Promise<void>,
  options: { readonly graceMs?: number } = {},
): Promise<void> {
  const env = (variable: string) => Deno.env.get(variable);
  const log = createLogger(name, readSome(commonRows, { args: Deno.args, env }));
  const stop = new AbortController();
  const ending = new Ending(log, stop, options.graceMs ?? GRACE_MS);
  ending.listen();
  try {
    await body({
      args: Deno.args,
      env,
      ...envNames(),
      clock: systemClock,
      random: systemRandom,
      log,
      signal: stop.signal,
    });
    if (!ending.faulted) log.info("stopped");
  } catch (error) {
    // A body that was told to stop while it still opened something rejects with the reason of the abort.
    if (!stop.signal.aborted || error !== stop.signal.reason) ending.code = codeOf(error, log);
    else if (!ending.faulted) log.info("stopped");
  } finally {
    ending.unlisten();
    ending.finish();
  }
}

function codeOf(error: unknown, log: Logger): number {
  if (error instanceof HelpRequested) {
    console.log(error.message);
    return EXIT.drained;
  }
  if (error instanceof ConfigError) {
    console.error(error.message);
    return EXIT.badConfig;
  }
  const fatal = fatalWithin(error);
  // Its sentence is meant for the operator; where in the code it was found would only hide it.
  if (fatal !== null) log.error(fatal.message);
  else log.error("failed", { error });
  return EXIT.fault;
}

/** Everything that can end the process, and with which code. */
class Ending {
  code: number = EXIT.drained;
  faulted = false;
  #firstSignalMs: number | null = null;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly log: Logger, readonly stop: AbortController, readonly graceMs: number) {}

  listen(): void {
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#onSignal);
    addEventListener("unhandledrejection", this.#onRejection);
    addEventListener("error", this.#onError);
  }

  unlisten(): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#onSignal);
    removeEventListener("unhandledrejection", this.#onRejection);
    removeEventListener("error", this.#onError);
  }

  /** The body has ended: the process ends by itself, unless something was left open. */
  finish(): void {
    clearTimeout(this.#grace);
    Deno.exitCode = this.code;
    Deno.unrefTimer(setTimeout(() => {
      this.log.error("something was left open; ending anyway", { afterMs: AFTER_MS });
      Deno.exit(this.code === EXIT.drained ? EXIT.notDrained : this.code);
    }, AFTER_MS));
  }

  readonly #onSignal = () => {
    const now = performance.now();
    if (this.#firstSignalMs === null) {
      this.#firstSignalMs = now;
      this.log.info("stopping", { graceMs: this.graceMs });
      this.#drain();
    } else if (now - this.#firstSignalMs > SAME_SIGNAL_MS) {
      this.log.warn("ended at once by a second signal");
      Deno.exit(EXIT.interrupted);
    }
  };

  readonly #onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    this.#onFault("a promise failed and nobody looked", event.reason);
  };

  readonly #onError = (event: ErrorEvent) => {
    event.preventDefault();
    this.#onFault("a callback failed and nobody caught it", event.error);
  };

  /** After a fault that nobody caught nothing can be trusted for long: drain what is in hand, then end. */
  #onFault(message: string, error: unknown): void {
    this.log.error(`${message}; draining and ending`, { error });
    this.faulted = true;
    this.code = EXIT.fault;
    this.#drain();
  }

  #drain(): void {
    this.stop.abort();
    if (this.#grace !== undefined) return;
    this.#grace = setTimeout(() => {
      this.log.error("did not drain in time", { graceMs: this.graceMs });
      Deno.exit(EXIT.notDrained);
    }, this.graceMs);
    Deno.unrefTimer(this.#grace);
  }
}

function envNames(): { envNames?: string[] } {
  if (Deno.permissions.querySync({ name: "env" }).state !== "granted") return {};
  return { envNames: Object.keys(Deno.env.toObject()) };
}
