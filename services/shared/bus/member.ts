import { deliver, retrying, Troubles } from "./delivery.ts";
import type { Member } from "./group.ts";
import type { BusClock, LogStore } from "./log_store.ts";
import type { Batch, ConsumeOptions } from "./port.ts";
import { PositionKeeper } from "./position_keeper.ts";
import type { Topic } from "./topics.ts";
import type { Wakeups } from "./wakeups.ts";

/** What readers work with. */
export interface ReaderParts {
  readonly store: LogStore;
  readonly wakeups: Wakeups;
  readonly clock: BusClock;
}

/** One `consume`: works the partitions that its group gives it. */
export class GroupMember implements Member {
  readonly #trouble: Troubles;

  constructor(
    readonly parts: ReaderParts,
    readonly topic: Topic,
    readonly options: ConsumeOptions,
    readonly handle: (batch: Batch, signal: AbortSignal) => Promise<void>,
  ) {
    this.#trouble = new Troubles(topic.name, options.group, options.onTrouble);
  }

  async run(partition: number, signal: AbortSignal): Promise<void> {
    const { store, wakeups, clock } = this.parts;
    const { topic, options, handle } = this;
    const trouble = this.#trouble;
    const retried = { partition, clock, signal, trouble };
    const keeper = new PositionKeeper(
      retried,
      (next) => store.setPosition(topic, options.group, partition, next),
      () => store.settle(),
    );
    const asked = await retrying(retried, "handler-threw", undefined, async () => ({
      own: await options.assigned?.(partition, signal),
    }));
    // Never quite given: there is nothing to give back.
    if (asked === undefined) return;
    const start = await this.#start(retried, asked.own, keeper);
    if (start !== undefined) {
      const reader = store.reader(topic, partition);
      const handled = (next: number) => keeper.moveTo(next);
      const { batchMax } = options;
      await deliver(
        { topic, partition, reader, wakeups, clock, batchMax, signal, handle, handled, trouble },
        start,
      );
    }
    // The position first: whoever gets the partition next starts from it.
    await keeper.end();
    try {
      await options.revoked?.(partition);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      trouble.tell({ kind: "handler-threw", partition, error });
    }
  }

  /** Where to read from; undefined when the partition is taken away before that is known. */
  async #start(
    retried: Parameters<typeof retrying>[0],
    own: number | undefined,
    keeper: PositionKeeper,
  ): Promise<number | undefined> {
    const { store } = this.parts;
    const { topic, options } = this;
    const { partition } = retried;
    const found = await retrying(retried, "bus-away", undefined, () => {
      const kept = store.position(topic, options.group, partition);
      const start = own ?? kept ?? store.ends(topic, partition).earliest;
      return Promise.resolve({ kept, start });
    });
    if (found === undefined) return undefined;
    // From here on the group is registered: retention waits for it.
    if (found.kept === null) keeper.moveTo(found.start);
    return found.start;
  }
}
