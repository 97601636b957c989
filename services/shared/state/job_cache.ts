/**
 * Jobs and templates by id, for whoever starts late. Written after the log and never judged from: a cache
 * that is away costs time, nothing else.
 *
 * @module
 */
import { type State, StateUnavailable } from "./port.ts";

export type Cached = "job" | "template";

export class JobCache {
  /** @param ttlMs How long an entry is of use: the life of a job. */
  constructor(readonly state: State, readonly ttlMs: number) {}

  /** Keeps encoded bytes. False when the store is away or full. */
  async put(kind: Cached, id: string, bytes: Uint8Array): Promise<boolean> {
    try {
      await this.state.set(`${kind}:${id}`, bytes, this.ttlMs);
      return true;
    } catch (error) {
      if (error instanceof StateUnavailable) return false;
      throw error;
    }
  }

  /** The bytes; null when they are not there, or the store is away. */
  async get(kind: Cached, id: string): Promise<Uint8Array | null> {
    try {
      return await this.state.get(`${kind}:${id}`);
    } catch (error) {
      if (error instanceof StateUnavailable) return null;
      throw error;
    }
  }
}
