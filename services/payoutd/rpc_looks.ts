/** Looks that read much of the books at once: how many of them there may be. @module */
import { Code, ConnectError } from "@gopool/control";

/**
 * Previews and searches without an index at once, in a process: each holds a connection to PostgreSQL for as long as it
 * takes, and applying and settling need theirs.
 */
const LOOKS_MAX = 2;

/** Does the work; refused where there is no room for it. */
export type Looks = <T>(work: () => Promise<T>) => Promise<T>;

/** One for a process. Who has gone away is counted until the work has ended. */
export function createLooks(): Looks {
  let running = 0;
  return async (work) => {
    if (running >= LOOKS_MAX) {
      throw new ConnectError(
        `${LOOKS_MAX} previews or searches through all entries are under way here already: wait for one to end`,
        Code.ResourceExhausted,
      );
    }
    running++;
    try {
      return await work();
    } finally {
      running--;
    }
  };
}
