/**
 * A shared state that fails as a server does, for the gateway's tests.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import { openState, type State, StateUnavailable } from "@gopool/state";

/** As long as a call to the store may take before it fails (the port's adapters keep to it). */
const CALL_MAX_MS = 1_000;

export type Mood = "well" | "away" | "hangs";

export interface FaultyState {
  readonly state: State;
  mood: Mood;
  /** The server comes up again with nothing in it. */
  forget(): Promise<void>;
  /** Calls since the beginning, by operation, failed ones included. */
  readonly calls: Map<string, number>;
}

/** A client of a store of its own whose server can go away, not answer, or lose all it had. */
export async function faultyState(clock: Clock): Promise<FaultyState> {
  const empty = () => openState("memory:", { clock });
  let store = await empty();
  const control = {
    mood: "well" as Mood,
    calls: new Map<string, number>(),
    async forget() {
      await store[Symbol.asyncDispose]();
      store = await empty();
    },
    state: new Proxy(store, {
      get(_, name) {
        const value = Reflect.get(store, name);
        if (typeof value !== "function") return value;
        if (typeof name === "symbol") return value.bind(store);
        return async (...args: unknown[]) => {
          control.calls.set(name, (control.calls.get(name) ?? 0) + 1);
          if (control.mood === "hangs") await clock.sleep(CALL_MAX_MS);
          if (control.mood !== "well") throw new StateUnavailable("the store does not answer");
          return await value.apply(store, args);
        };
      },
    }),
  };
  return control;
}
