/** Who of a group has which partition, inside one process. */
export interface Member {
  /**
   * Works the partition until `signal` aborts, and not less; resolves when the partition may be given to
   * another. Never rejects.
   */
  run(partition: number, signal: AbortSignal): Promise<void>;
}

interface Run {
  readonly member: Member;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/**
 * The partitions of one topic shared out among the members of one group. When one joins or leaves, as few
 * partitions as possible move; one that moves is first given back by its old owner.
 */
export class Group {
  readonly #members: Member[] = [];
  readonly #runs: (Run | undefined)[];

  constructor(readonly partitions: number) {
    this.#runs = new Array<Run | undefined>(partitions).fill(undefined);
  }

  get isEmpty(): boolean {
    return this.#members.length === 0 && this.#runs.every((run) => run === undefined);
  }

  join(member: Member): void {
    this.#members.push(member);
    this.#rebalance();
  }

  /** Resolves when the member has given back every partition. */
  async leave(member: Member): Promise<void> {
    this.#members.splice(this.#members.indexOf(member), 1);
    this.#rebalance();
    await Promise.all(
      this.#runs.flatMap((run) => run?.member === member ? [run.ended] : []),
    );
  }

  #rebalance(): void {
    const wanted = shareOut(this.#runs.map((run) => run?.member), this.#members);
    this.#runs.forEach((run, partition) => {
      const member = wanted[partition];
      if (run === undefined) {
        if (member !== undefined) this.#start(partition, member);
      } else if (run.member !== member) {
        run.stop.abort();
      }
    });
  }

  #start(partition: number, member: Member): void {
    const stop = new AbortController();
    const ended = member.run(partition, stop.signal).then(() => {
      this.#runs[partition] = undefined;
      this.#rebalance();
    });
    this.#runs[partition] = { member, stop, ended };
  }
}

/**
 * Gives every partition a member, so that no two members differ by more than one partition, and each keeps what
 * it has where that allows it.
 */
export function shareOut<M>(owners: readonly (M | undefined)[], members: readonly M[]): M[] {
  if (members.length === 0) return [];
  const least = Math.floor(owners.length / members.length);
  let extras = owners.length % members.length;
  const counts = new Map(members.map((member) => [member, 0]));
  const mayTake = (member: M) => {
    const count = counts.get(member);
    if (count === undefined || count > least || (count === least && extras === 0)) return false;
    if (count === least) extras -= 1;
    counts.set(member, count + 1);
    return true;
  };
  const shared = owners.map((owner) => owner !== undefined && mayTake(owner) ? owner : undefined);
  return shared.map((owner) => owner ?? members.find(mayTake)!);
}
