import type { Clock } from "./clock.ts";
import type { PartChange, PartStatus, StatusBoard } from "./status.ts";

/** Parts whose last error is remembered while they are off the board: parts are few, and named by the code. */
const REMEMBERED_MAX = 256;

/**
 * A board that keeps the latest of each part, in the order in which parts first spoke.
 *
 * @param onChange Told when a part's health becomes another; a new sentence about the same health is no change.
 */
export function createStatusBoard(
  clock: Pick<Clock, "now">,
  onChange: (change: PartChange) => void = () => {},
): StatusBoard {
  const parts = new Map<string, PartStatus>();
  const errors = new Map<string, NonNullable<PartStatus["lastError"]>>();
  return {
    set(part, health, detail, isError = health !== "ok") {
      const before = parts.get(part);
      if (before?.health === health && before.detail === detail) return;
      // A new sentence about the same health is no new state: "since" tells how long it has been bad.
      const sinceMs = before?.health === health ? before.sinceMs : clock.now();
      if (isError && (errors.has(part) || errors.size < REMEMBERED_MAX)) {
        errors.set(part, { detail, atMs: clock.now() });
      }
      const lastError = errors.get(part);
      parts.set(part, {
        part,
        health,
        detail,
        sinceMs,
        ...(lastError === undefined ? {} : { lastError }),
      });
      if (before?.health !== health) {
        onChange({ part, before: before?.health ?? null, health, detail });
      }
    },
    clear(part) {
      const before = parts.get(part);
      if (before === undefined) return;
      parts.delete(part);
      onChange({ part, before: before.health, health: null, detail: before.detail });
    },
    all: () => [...parts.values()],
  };
}
