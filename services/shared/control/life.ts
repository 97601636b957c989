/**
 * Where the process is in its life: what its whole does, until it is told to end.
 *
 * @module
 */
import type { Clock, Events, Phase } from "@gopool/runtime";

export interface LifeDeps {
  readonly clock: Pick<Clock, "now">;
  /** Aborts when the process is told to end. */
  readonly signal: AbortSignal;
  readonly events: Events;
}

export interface Life {
  now(): { readonly phase: Phase; readonly sinceMs: number };
  /** To be told of the phases of the whole (an empty name) and of its services. */
  readonly onPhase: (service: string, phase: Phase) => void;
}

export function createLife({ clock, signal, events }: LifeDeps): Life {
  let current: { readonly phase: Phase; readonly sinceMs: number } = {
    phase: "starting",
    sinceMs: clock.now(),
  };
  const enter = (phase: Phase) => {
    current = { phase, sinceMs: clock.now() };
    events.emit({ kind: "phase", service: "", phase });
  };
  signal.addEventListener("abort", () => enter("stopping"), { once: true });
  return {
    now: () => current,
    onPhase(service, phase) {
      // A whole that drains because the process ends is stopping, and nothing else.
      if (service === "") { if (!signal.aborted) enter(phase); }
      else events.emit({ kind: "phase", service, phase });
    },
  };
}
