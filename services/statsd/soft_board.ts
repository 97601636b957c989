/**
 * The board as statistics write on it: whatever becomes of them, the pool they are part of can do its job.
 *
 * @module
 */
import type { StatusBoard } from "@gopool/runtime";

/** The same board; what would be "down" is "degraded": it is no reason to call the process not ready. */
export function softened(board: StatusBoard): StatusBoard {
  return {
    set: (part, health, ...rest) =>
      board.set(part, health === "down" ? "degraded" : health, ...rest),
    clear: (part) => board.clear(part),
    all: () => board.all(),
  };
}
