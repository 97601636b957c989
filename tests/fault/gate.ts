/**
 * A process that is stopped (SIGSTOP), as those around it see it, within the test's own process: its calls to bus and
 * state do not come back, and its readers are shown nothing, until it is woken.
 *
 * @module
 */
import { type Bus, miningTemplates } from "@gopool/bus";
import type { State } from "@gopool/state";

/** Holds back calls, and what readers are shown, while it is shut. */
export class Gate {
  #shut: PromiseWithResolvers<void> | null = null;
  /** Calls that hang. */
  waiting = 0;

  shut(): void {
    this.#shut ??= Promise.withResolvers();
  }

  open(): void {
    this.#shut?.resolve();
    this.#shut = null;
  }

  async pass(): Promise<void> {
    if (this.#shut === null) return;
    this.waiting++;
    await this.#shut.promise;
    this.waiting--;
  }

  state(target: State): State {
    return this.#before(target, () => undefined);
  }

  bus(target: Bus): Bus {
    return this.#before(target, (name, args) => {
      if (name === "read") return Reflect.apply(target.read, target, args);
      // So that what it is frozen in is the publishing of a job.
      if (name === "publish" && args[0] === miningTemplates) {
        return Reflect.apply(target.publish, target, args);
      }
      if (name !== "follow") return undefined;
      const [topic, options, handle] = args as Parameters<Bus["follow"]>;
      return target.follow(topic, options, async (batch, signal) => {
        await this.pass();
        await handle(batch, signal);
      });
    });
  }

  #before<T extends object>(
    target: T,
    other: (name: string | symbol, args: unknown[]) => unknown,
  ): T {
    return new Proxy(target, {
      get: (of, name) => {
        const value = Reflect.get(of, name, of);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) =>
          other(name, args) ?? this.pass().then(() => value.apply(of, args));
      },
    });
  }
}
