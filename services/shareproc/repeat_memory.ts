/**
 * Which headers of a partition are valid already, and where. One table of 16-byte keys per job, dropped with the
 * job: a share that comes later than REPEAT_HORIZON after its job is refused for that, so nothing is forgotten
 * too early.
 *
 * @module
 */
import { REPEAT_HORIZON_MS, SeenHashes } from "@gopool/shares";

export class RepeatMemory {
  readonly #jobs = new Map<string, { readonly seen: SeenHashes; lastMs: number }>();

  /** Source offset of the header's first valid sight, or undefined. */
  firstSight(jobId: string, hash: Uint8Array): number | undefined {
    return this.#jobs.get(jobId)?.seen.get(hash);
  }

  /** Remembers a first valid sight; a header that is known keeps the offset it has. */
  remember(jobId: string, hash: Uint8Array, offset: number, loggedAtMs: number): void {
    let job = this.#jobs.get(jobId);
    if (job === undefined) {
      job = { seen: new SeenHashes(), lastMs: loggedAtMs };
      this.#jobs.set(jobId, job);
    }
    job.lastMs = Math.max(job.lastMs, loggedAtMs);
    job.seen.put(hash, offset);
  }

  /** Drops jobs whose last share is further back than a repeat can lie, by the partition's log time. */
  forget(loggedAtMs: number): void {
    for (const [id, job] of this.#jobs) {
      if (job.lastMs < loggedAtMs - REPEAT_HORIZON_MS) this.#jobs.delete(id);
    }
  }

  get size(): number {
    let size = 0;
    for (const job of this.#jobs.values()) size += job.seen.size;
    return size;
  }
}
