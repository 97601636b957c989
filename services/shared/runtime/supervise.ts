/**
 * Keeps one part of a process at work: a fault costs a pause, never the other parts.
 *
 * @module
 */
import { Backoff, type BackoffOptions } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";
import type { Random } from "./random.ts";
import type { Service } from "./service.ts";
import type { StatusBoard } from "./status.ts";

/** A fault that trying again cannot mend: the process ends with code 1 after draining. */
export class FatalError extends Error {
  override name = "FatalError";
}

/** Pauses between restarts: short enough to heal a hiccup unseen, long enough to spare a store that is down. */
export const RESTART: BackoffOptions = { firstMs: 500, lastMs: 30_000 };

/** A part that ran this long was well: its next fault starts from the first pause again. */
const WELL_AFTER_MS = 60_000;

export interface SuperviseDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly restart?: BackoffOptions;
}

/**
 * Wraps a service so that a throw, or an end that nobody asked for, restarts it after a back-off. Each change
 * stands on the board under the service's name. `run` of the inner service is called again on the same object.
 *
 * @returns A service whose `run` resolves after `signal` aborted, and rejects only with a {@link FatalError}.
 */
export function supervise(service: Service, deps: SuperviseDeps): Service {
  const { clock, log, board } = deps;
  const { name } = service;
  return {
    name,
    async run(signal) {
      const backoff = new Backoff(deps.restart ?? RESTART, deps.random);
      while (!signal.aborted) {
        board.set(name, "ok", "running");
        const startedMs = clock.monotonic();
        const fault = await faultOf(service, signal);
        if (signal.aborted && fault === null) break;
        if (fault instanceof FatalError) {
          board.set(name, "down", fault.message);
          throw fault;
        }
        const error = fault ?? new Error(`${name} ended without being told to`);
        if (signal.aborted) {
          log.error("failed while stopping", { part: name, error });
          break;
        }
        if (clock.monotonic() - startedMs >= WELL_AFTER_MS) backoff.reset();
        const pauseMs = backoff.next();
        log.error("part failed, will restart", { part: name, pauseMs, error });
        board.set(name, "down", `restarting: ${error.message}`);
        await clock.sleep(pauseMs, signal);
      }
      board.set(name, "ok", "stopped");
    },
  };
}

/** What `run` threw, as an Error; null when it ended well. */
async function faultOf(service: Service, signal: AbortSignal): Promise<Error | null> {
  try {
    await service.run(signal);
    return null;
  } catch (thrown) {
    // A task that rejects with the reason of the abort has obeyed it.
    if (signal.aborted && thrown === signal.reason) return null;
    return fatalWithin(thrown) ??
      (thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown }));
  }
}

/** The fatal fault among several that `runTogether` has gathered. */
export function fatalWithin(thrown: unknown): FatalError | null {
  if (thrown instanceof FatalError) return thrown;
  if (!(thrown instanceof AggregateError)) return null;
  for (const one of thrown.errors) {
    const found = fatalWithin(one);
    if (found !== null) return found;
  }
  return null;
}
