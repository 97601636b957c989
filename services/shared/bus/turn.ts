import { setImmediate } from "node:timers";

/** Resolves in the event loop's next turn, after what is waiting in this one (sockets, timers) has had its go. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
