/**
 * Broadcast reading that does not end: what goes wrong stands on the board, and a reader whose place the log has
 * lost begins anew instead of standing still.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";
import type { StatusBoard } from "./status.ts";
import type { ReadTrouble } from "./trouble.ts";

/** Pause before a reader that the log has overtaken begins anew. */
const RESTART_MS = 1_000;

/** What one reading is given: options of the bus's `follow`. */
export interface Follow {
  readonly signal: AbortSignal;
  readonly caughtUp: () => void;
  readonly onTrouble: (trouble: ReadTrouble) => void;
}

export interface LaneDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
}

/**
 * Reads a topic of one partition until `signal` aborts: calls `follow`, and again after each fault that stopped it.
 *
 * @param part Under this name its troubles stand on the board.
 * @param ready Called each time the reading has caught up.
 */
export async function keepFollowing(
  { clock, log, board }: LaneDeps,
  part: string,
  signal: AbortSignal,
  follow: (lane: Follow) => Promise<void>,
  ready: () => void = () => {},
): Promise<void> {
  // Who has not read what is there yet cannot work by it.
  board.set(part, "down", "Reads what is there");
  while (!signal.aborted) {
    const fault = new AbortController();
    await follow({
      signal: AbortSignal.any([signal, fault.signal]),
      caughtUp: () => {
        board.clear(part);
        ready();
      },
      onTrouble: ({ kind, topic, offset, error }) => {
        if (kind === "recovered") return board.clear(part);
        const words = error?.message ?? "no reason given";
        board.set(part, "down", `${topic}: ${words}`);
        log[kind === "fault" ? "error" : "warn"]("trouble with a topic", {
          topic,
          kind,
          offset,
          error,
        });
        if (kind === "fault") fault.abort();
      },
    });
    await clock.sleep(RESTART_MS, signal);
  }
}
