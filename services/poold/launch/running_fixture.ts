/**
 * A service as a task of its own, and what its health port says. Imported by tests only.
 *
 * @module
 */
import { assertEquals, assertLess } from "@std/assert";
import type { Readiness } from "@gopool/runtime";
import { freePort, waitFor } from "@gopool/testing";
import { RunningTask } from "../child_fixture.ts";

/** A busy machine may take long; every wait ends as soon as its condition holds. */
export const PATIENCE = { deadlineMs: 60_000 };
/** What the runtime gives a process to drain, and some for the machine. */
const END_WITHIN_MS = 15_000;

/** A service as a task, and what its health port says. */
export class Running extends RunningTask {
  readonly #health: string;

  constructor(readonly name: string, env: Record<string, string>) {
    const health = `127.0.0.1:${freePort()}`;
    super(name, { GOPOOL_LOG_FORMAT: "text", ...env, GOPOOL_HEALTH_LISTEN: health });
    this.#health = `http://${health}`;
  }

  /** Null while the port does not answer yet. */
  async lives(): Promise<boolean | null> {
    const response = await fetch(`${this.#health}/healthz`).catch(() => null);
    await response?.body?.cancel();
    return response === null ? null : response.ok;
  }

  async readiness(): Promise<Readiness | null> {
    const response = await fetch(`${this.#health}/readyz`).catch(() => null);
    if (response === null) return null;
    const said: Readiness = await response.json();
    assertEquals(response.status, said.ready ? 200 : 503);
    return said;
  }

  async ready(): Promise<void> {
    let said: Readiness | null = null;
    try {
      await waitFor(async () => (said = await this.readiness())?.ready, "it is ready", PATIENCE);
    } catch (error) {
      throw new Error(`${this.name}: ${JSON.stringify(said)}\n${this.written}`, { cause: error });
    }
  }

  /** Waits until it says that it is not ready, for a reason with these words. */
  async saysWhyNot(words: string): Promise<void> {
    const reasons = async () => (await this.readiness())?.reasons.join("\n");
    try {
      await waitFor(async () => (await reasons())?.includes(words), words, PATIENCE);
    } catch (error) {
      throw new Error(`${this.name}: ${await reasons()}\n${this.written}`, { cause: error });
    }
  }

  /** Tells it to end. @returns Its exit code, after a bounded time. */
  async end(): Promise<number> {
    const startedMs = performance.now();
    this.signal("SIGTERM");
    const code = await this.ended();
    assertLess(performance.now() - startedMs, END_WITHIN_MS, `${this.name}: ${this.written}`);
    return code;
  }
}
