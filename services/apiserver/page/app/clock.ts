/**
 * The time, once a second, for everything that says "ago". The only place of the page that asks the clock.
 *
 * @module
 */
import { signal } from "@preact/signals";

/** Milliseconds since the Unix epoch by the visitor's clock. */
export const nowMs = signal(Date.now());

/** A moment's look, for code that is not drawn again by {@link nowMs}. */
export function now(): number {
  return Date.now();
}

/** Starts ticking. A page that nobody looks at stands still, and is right again when it is looked at. */
export function startClock(): void {
  const tick = () => {
    if (!document.hidden) nowMs.value = Date.now();
  };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}
