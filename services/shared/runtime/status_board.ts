import type { Clock } from "./clock.ts";
import type { PartStatus, StatusBoard } from "./status.ts";

/** A board that keeps the latest of each part, in the order in which parts first spoke. */
export function createStatusBoard(clock: Pick<Clock, "now">): StatusBoard {
  const parts = new Map<string, PartStatus>();
  return {
    set(part, health, detail) {
      const before = parts.get(part);
      if (before?.health === health && before.detail === detail) return;
      // A new sentence about the same health is no new state: "since" tells how long it has been bad.
      const sinceMs = before?.health === health ? before.sinceMs : clock.now();
      parts.set(part, { part, health, detail, sinceMs });
    },
    clear(part) {
      parts.delete(part);
    },
    all: () => [...parts.values()],
  };
}
