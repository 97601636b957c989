/**
 * What the templates of recent jobs allowed a coinbase to be worth.
 *
 * @module
 */
import { type Bus, miningJobs } from "@gopool/bus";
import { fromBinary, JobSchema } from "@gopool/proto";
import { JOB_LOOK_BACK_MS, JOB_VALUES_MAX } from "./limits.ts";

/** Looks jobs up in `mining.jobs` as they are asked for, and remembers those that it passed. */
export class JobValues {
  readonly #values = new Map<string, bigint>();
  /** Everything before it was read, or is older than anybody asks for. */
  #next = 0;

  constructor(private readonly bus: Bus) {}

  /**
   * Satoshis; null where the job is no longer on the log, never was, or the log cannot be read now: a block does not
   * wait for this.
   *
   * @param foundAtMs When the block was found: its job went out at most JOB_MAX_LIFE before.
   */
  async of(jobId: string, foundAtMs: number): Promise<bigint | null> {
    const known = this.#values.get(jobId);
    if (known !== undefined) return known;
    try {
      await this.#readFrom(foundAtMs - JOB_LOOK_BACK_MS);
    } catch {
      // Where the log was made again, what was read before tells nothing.
      this.#next = 0;
    }
    return this.#values.get(jobId) ?? null;
  }

  async #readFrom(ms: number): Promise<void> {
    const [from] = await this.bus.offsetAt(miningJobs, ms);
    for await (const { messages } of this.bus.read(miningJobs, 0, Math.max(from!, this.#next))) {
      for (const { value, offset } of messages) {
        this.#next = offset + 1;
        this.#remember(value);
      }
    }
  }

  #remember(value: Uint8Array): void {
    try {
      const { id, coinbaseValue } = fromBinary(JobSchema, value);
      this.#values.set(id, coinbaseValue);
    } catch {
      // Gateways and judges say what is wrong with it.
    }
    if (this.#values.size > JOB_VALUES_MAX) {
      this.#values.delete(this.#values.keys().next().value!);
    }
  }
}
