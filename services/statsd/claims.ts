/**
 * Who writes a partition's minutes, where several statsd share one store that keeps no positions. The bus says who reads,
 * but not always in time to whoever was taken for dead; so each new reader raises a number in the state, and who has
 * reason to doubt (it was stopped for a while, a write had to be made again, its group was in trouble) looks whether the
 * number is still its own before it writes.
 *
 * @module
 */
import type { State } from "@gopool/state";

export class Claims {
  constructor(readonly state: Pick<State, "increment">, readonly pool: string) {}

  /** Makes this reader the one that writes. @throws {StateUnavailable} */
  claim(what: string): Promise<number> {
    return this.state.increment(this.#key(what), 1);
  }

  /** Whether nobody else has claimed it since. @throws {StateUnavailable} */
  async isMine(what: string, claim: number): Promise<boolean> {
    const now = await this.state.increment(this.#key(what), 0);
    if (now === claim) return true;
    // A store that has forgotten everything is told again.
    return now === 0 && await this.state.increment(this.#key(what), claim) === claim;
  }

  #key(what: string): string {
    return `statsd:claim:${this.pool}:${what}`;
  }
}
