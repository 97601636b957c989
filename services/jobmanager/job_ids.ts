/**
 * Job and template ids: 8 hex digits of the leader's term, 8 of its counter. Terms rise with every leader, so no
 * two jobs, restarts or jobmanagers share an id, and a gateway sees whose job is newer.
 *
 * @module
 */

/** Ids of one term. */
export class JobIds {
  #counter = 0;

  constructor(readonly term: number) {
    if (!Number.isInteger(term) || term < 1 || term > 0xffffffff) {
      throw new RangeError(`Cannot lead in term ${term}: must be 1 to ${0xffffffff}`);
    }
  }

  next(): string {
    if (this.#counter > 0xffffffff) throw new RangeError(`Term ${this.term} has used all its ids`);
    return hex8(this.term) + hex8(this.#counter++);
  }
}

/** The term of an id; 0 for text that is no id. */
export function termOf(id: string): number {
  return /^[0-9a-f]{16}$/.test(id) ? parseInt(id.slice(0, 8), 16) : 0;
}

function hex8(n: number): string {
  return n.toString(16).padStart(8, "0");
}
