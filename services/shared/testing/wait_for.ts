/** Long for a machine that is busy, short for a person who waits. */
const DEADLINE_MS = 30_000;
const LOOK_EVERY_MS = 5;

/**
 * Waits, by the real clock, until `condition` holds (gives anything but false, null or undefined), and gives
 * what it gave.
 *
 * @param what What is waited for, as it reads after "Waited 30000 ms for".
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  what: string,
  options: { deadlineMs?: number } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { deadlineMs = DEADLINE_MS } = options;
  const endMs = performance.now() + deadlineMs;
  while (true) {
    const found = await condition();
    if (found !== false && found !== null && found !== undefined) {
      return found as Exclude<T, false | null | undefined>;
    }
    if (performance.now() >= endMs) throw new Error(`Waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
