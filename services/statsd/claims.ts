/**
 * Who writes a partition's minutes, where several statsd share one store that keeps no positions. The bus says who reads,
 * but not always in time to whoever was taken for dead; so each new reader puts its name in the state, and who has reason
 * to doubt (it was stopped for a while, a write had to be made again, its group was in trouble) looks whether the name is
 * still its own before it writes.
 *
 * @module
 */
import type { State } from "@gopool/state";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How often a claim is tried while others change it: nobody changes one twice in a second. */
const TRIES = 5;

export class Claims {
  #claimed = 0;

  /** @param holder This process, told apart from every other. */
  constructor(
    readonly state: Pick<State, "get" | "compareAndSet">,
    readonly pool: string,
    readonly holder: string,
  ) {}

  /**
   * Makes this reader the one that writes. By compare-and-set: a try that is done late, after others have claimed, does
   * nothing.
   *
   * @param isLate Whether the right to claim may have gone meanwhile.
   * @returns The name that was put there. @throws {StateUnavailable}
   */
  async claim(what: string, isLate: () => boolean = () => false): Promise<string> {
    const mine = `${this.holder}/${++this.#claimed}`;
    for (let tries = 0; tries < TRIES; tries++) {
      const now = await this.state.get(this.#key(what));
      if (isLate()) throw new Error(`${what} was not claimed in time: whose it is is asked again`);
      if (await this.state.compareAndSet(this.#key(what), now, encoder.encode(mine))) return mine;
      // Its answer may have been lost.
      if (await this.isMine(what, mine)) return mine;
    }
    throw new Error(`Cannot claim ${what}: others claim it again and again`);
  }

  /** Whether nobody else has claimed it since. @throws {StateUnavailable} */
  async isMine(what: string, mine: string): Promise<boolean> {
    const now = await this.state.get(this.#key(what));
    if (now !== null) return decoder.decode(now) === mine;
    // A store that has forgotten everything is told again.
    return await this.state.compareAndSet(this.#key(what), null, encoder.encode(mine));
  }

  #key(what: string): string {
    return `statsd:claim:${this.pool}:${what}`;
  }
}
