/**
 * Broadcast reading that does not end: what goes wrong stands on the board, and a reader whose place the log has
 * lost begins anew instead of standing still.
 *
 * @module
 */
import type { ConsumeTrouble } from "@gopool/bus";
import type { Clock, Logger, StatusBoard } from "@gopool/runtime";
import { LANE_RESTART_MS } from "./limits.ts";

/** What one reading is given. */
export interface Follow {
  readonly signal: AbortSignal;
  readonly caughtUp: () => void;
  readonly onTrouble: (trouble: ConsumeTrouble) => void;
}

export interface LaneDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
}

/**
 * Reads until `signal` aborts. `ready` is called the first time the reading has caught up.
 *
 * @param topic For people.
 */
export async function keepFollowing(
  { clock, log, board }: LaneDeps,
  topic: string,
  signal: AbortSignal,
  follow: (lane: Follow) => Promise<void>,
  ready: () => void = () => {},
): Promise<void> {
  const part = `shareproc reads ${topic}`;
  while (!signal.aborted) {
    const fault = new AbortController();
    await follow({
      signal: AbortSignal.any([signal, fault.signal]),
      caughtUp: () => {
        board.clear(part);
        ready();
      },
      onTrouble: ({ kind, offset, error }) => {
        if (kind === "recovered") return board.clear(part);
        const words = error?.message ?? "no reason given";
        board.set(part, kind === "fault" ? "down" : "degraded", `${topic}: ${words}`);
        log[kind === "fault" ? "error" : "warn"](`trouble with ${topic}`, { kind, offset, error });
        if (kind === "fault") fault.abort();
      },
    });
    await clock.sleep(LANE_RESTART_MS, signal);
  }
}
