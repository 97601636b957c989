/**
 * Who else leads, as `mining.jobs` shows it: gateways take the higher term's jobs and ignore the others, so a leader
 * whose own is the highest there works on for the miners, also when no store can confirm its lease.
 *
 * @module
 */
import { type Bus, type ConsumeTrouble, miningJobs } from "@gopool/bus";
import { jobTermIn } from "./log_end.ts";

/** Jobs of one batch: there are two a minute. */
const BATCH_MAX = 100;

export interface TermsDeps {
  readonly bus: Bus;
  readonly pool: string;
  /** This leader's. */
  readonly term: number;
  /** Where in `mining.jobs` the leader found the log's end before it took its term. */
  readonly from: number;
  readonly onTrouble?: (trouble: ConsumeTrouble) => void;
}

export class Terms {
  #newest = 0;

  constructor(private readonly deps: TermsDeps) {}

  /**
   * Whether this leader's jobs are the ones that gateways take. Not before one of them stands in the log: until then
   * a successor could be given the same term.
   */
  get isNewest(): boolean {
    return this.#newest === this.deps.term;
  }

  /** Reads on until `signal` aborts, or another leads: then it returns that term, otherwise null. */
  async untilDeposed(signal: AbortSignal): Promise<number | null> {
    const { bus, pool, term, from, onTrouble } = this.deps;
    const deposed = new AbortController();
    await bus.follow(miningJobs, {
      from: { kind: "offsets", offsets: [from] },
      batchMax: BATCH_MAX,
      signal: AbortSignal.any([signal, deposed.signal]),
      ...(onTrouble === undefined ? {} : { onTrouble }),
    }, ({ messages }) => {
      for (const { value } of messages) {
        this.#newest = Math.max(this.#newest, jobTermIn(value, pool));
      }
      if (this.#newest > term) deposed.abort();
      return Promise.resolve();
    });
    return this.#newest > term ? this.#newest : null;
  }
}
