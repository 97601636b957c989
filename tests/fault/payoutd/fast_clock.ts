/**
 * A clock that runs faster than the machine's: minutes pass in seconds, and the order of things stays.
 *
 * @module
 */
import { type Clock, systemClock } from "@gopool/runtime";

/** What makes two processes' clocks the same one. */
export interface Pace {
  /** Milliseconds of this clock in a real one. */
  readonly factor: number;
  /** When both showed the same, ms since the Unix epoch. */
  readonly fromMs: number;
}

export function fastClock({ factor, fromMs }: Pace): Clock {
  return {
    now: () => Math.floor(fromMs + (systemClock.now() - fromMs) * factor),
    monotonic: () => systemClock.monotonic() * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
