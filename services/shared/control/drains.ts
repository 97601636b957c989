/**
 * Services that can be told to end their work and to take it up again, while the process stays.
 *
 * @module
 */
import { aborted, type Clock, type Phase, type Service, type StatusBoard } from "@gopool/runtime";

export interface DrainsDeps {
  readonly clock: Pick<Clock, "now">;
  readonly board: StatusBoard;
  /** Told of each phase that a service enters; the process's own name is empty. */
  readonly onPhase?: (service: string, phase: Phase) => void;
}

/** A service, and where it is in its life. */
export interface ServicePhase {
  readonly name: string;
  readonly phase: Phase;
  /** Ms since the Unix epoch. */
  readonly sinceMs: number;
}

/** No service of this name runs here; the message names those that do. */
export class UnknownService extends Error {
  override name = "UnknownService";
}

/** One service cannot work while the whole process is told not to. */
export class WholeDrained extends Error {
  override name = "WholeDrained";
}

/** What a drained service says on the board: because of it the process cannot do its job. */
const DRAINED = "drained: works again when it is told to";

export interface Drains {
  /**
   * The service as one that can be drained by its name: its `run` goes on while it is, and calls the inner `run`
   * again when it is told to work. Wrap what is supervised, so that a drain is no end that nobody asked for.
   */
  wrap(service: Service): Service;
  /** The same for all that runs in the process, told by an empty name. Called once. */
  wrapWhole(service: Service): Service;
  /**
   * Tells one service (empty: all) to end its work. Repeated, it changes nothing.
   *
   * @returns Resolves when the work in hand is finished, or when somebody has told it to work again.
   * @throws {UnknownService}
   */
  drain(name: string): Promise<void>;
  /**
   * Lets one (empty: all, those drained by name too) work again.
   *
   * @returns Resolves when those that were drained work. One that still drains works after its end.
   * @throws {UnknownService}
   * @throws {WholeDrained} One service is named, and the whole is drained.
   */
  undrain(name: string): Promise<void>;
  /** The services, without the whole. */
  services(): readonly ServicePhase[];
  /** The whole's. */
  whole(): ServicePhase;
  /** The services that a name means. @throws {UnknownService} */
  named(name: string): readonly ServicePhase[];
}

export function createDrains(deps: DrainsDeps): Drains {
  const parts = new Map<string, Drainable>();
  const whole = new Drainable("", deps);
  const find = (name: string): Drainable => {
    const found = name === "" ? whole : parts.get(name);
    if (found !== undefined) return found;
    const names = [...parts.keys()].join(", ");
    throw new UnknownService(
      `No service ${JSON.stringify(name)} runs here: it must be one of ${names || "none yet"}`,
    );
  };
  const drains: Drains = {
    wrap(service) {
      const part = new Drainable(service.name, deps);
      parts.set(service.name, part);
      return { name: service.name, run: (stop) => part.run(service, stop) };
    },
    wrapWhole: (service) => ({ name: service.name, run: (stop) => whole.run(service, stop) }),
    drain: (name) => find(name).drain(),
    async undrain(name) {
      if (name !== "" && whole.wantsDrained) {
        throw new WholeDrained(
          `${name} cannot work while the whole process is drained: undrain the process, without a service`,
        );
      }
      const found = find(name);
      // The parts first: when the whole runs again, they do.
      const all = name === "" ? [...parts.values(), found] : [found];
      await Promise.all(all.map((one) => one.undrain()));
    },
    services: () => [...parts.values()].map((part) => part.state()),
    whole: () => whole.state(),
    named: (name) => name === "" ? drains.services() : [find(name).state()],
  };
  return drains;
}

class Drainable {
  #phase: Phase = "starting";
  #sinceMs: number;
  #wantsDrained = false;
  #isRunning = false;
  /** Ends the run that is on. */
  #round = new AbortController();
  #wake = Promise.withResolvers<void>();
  #ended = Promise.withResolvers<void>();
  #working = Promise.withResolvers<void>();

  constructor(readonly name: string, readonly deps: DrainsDeps) {
    this.#sinceMs = deps.clock.now();
  }

  get wantsDrained(): boolean {
    return this.#wantsDrained;
  }

  async run(service: Service, stop: AbortSignal): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#run(service, stop);
    } finally {
      this.#isRunning = false;
      // However it ended, nothing is in hand.
      this.#ended.resolve();
    }
  }

  async #run(service: Service, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      if (this.#wantsDrained) {
        this.#enter("drained");
        if (this.name !== "") this.deps.board.set(this.name, "down", DRAINED, false);
        this.#ended.resolve();
        this.#wake = Promise.withResolvers();
        await Promise.race([this.#wake.promise, aborted(stop)]);
        continue;
      }
      this.#round = new AbortController();
      const either = AbortSignal.any([stop, this.#round.signal]);
      const onAbort = () => this.#enter("draining");
      either.addEventListener("abort", onAbort, { once: true });
      this.#enter("working");
      try {
        await service.run(either);
      } finally {
        either.removeEventListener("abort", onAbort);
      }
      // Nobody asked for this end: whoever runs it decides what that means.
      if (!either.aborted) return;
    }
    this.#enter("drained");
    // It never will again: whoever waits for it has waited enough.
    this.#working.resolve();
  }

  drain(): Promise<void> {
    if (!this.#wantsDrained) {
      this.#wantsDrained = true;
      this.#ended = Promise.withResolvers();
      this.#round.abort();
    }
    // Not begun, or ended by itself, or with the whole: it begins drained.
    if (!this.#isRunning) this.#ended.resolve();
    return this.#ended.promise;
  }

  undrain(): Promise<void> {
    this.#wantsDrained = false;
    this.#ended.resolve();
    this.#wake.resolve();
    return this.#phase === "drained" ? this.#working.promise : Promise.resolve();
  }

  state(): ServicePhase {
    return { name: this.name, phase: this.#phase, sinceMs: this.#sinceMs };
  }

  #enter(phase: Phase): void {
    if (this.#phase === phase) return;
    if (phase === "working") this.#working.resolve();
    else if (this.#phase === "working") this.#working = Promise.withResolvers();
    this.#phase = phase;
    this.#sinceMs = this.deps.clock.now();
    this.deps.onPhase?.(this.name, phase);
  }
}
