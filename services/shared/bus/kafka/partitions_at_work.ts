import type { Member } from "../group.ts";
import type { ShareOfWork } from "./membership.ts";

interface Run {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  /** Others may have had it meanwhile: what this one still does counts for nothing. */
  lost: boolean;
}

/** The partitions that a member has, each at work on its own. */
export class PartitionsAtWork implements ShareOfWork {
  readonly #runs = new Map<number, Run>();
  #ending = false;

  constructor(readonly member: Member) {}

  owned(): number[] {
    return [...this.#runs.keys()];
  }

  mayCommit(partition: number): boolean {
    return this.#runs.get(partition)?.lost === false;
  }

  take(share: readonly number[], fenced: boolean): Promise<void> | undefined {
    // Whoever was given up begins anew from the group's positions, also with what it gets back. And what it had to
    // stop and is given again before it has stopped begins anew too: the group meets again when it has.
    const leaving = [...this.#runs].filter(([partition, { stop }]) =>
      fenced || stop.signal.aborted || !share.includes(partition)
    );
    for (const [, run] of leaving) {
      run.lost ||= fenced;
      run.stop.abort();
    }
    for (const partition of share) {
      if (!this.#runs.has(partition) && !this.#ending) this.#start(partition);
    }
    if (leaving.length === 0) return undefined;
    return Promise.all(leaving.map(([, { ended }]) => ended)).then(() => {});
  }

  /** Ends all, the batches in hand done and their positions written. */
  async end(): Promise<void> {
    this.#ending = true;
    for (const { stop } of this.#runs.values()) stop.abort();
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
  }

  #start(partition: number): void {
    const stop = new AbortController();
    const ended = this.member.run(partition, stop.signal)
      .finally(() => this.#runs.delete(partition));
    this.#runs.set(partition, { stop, ended, lost: false });
  }
}
