import { deliver, retrying, Troubles } from "./delivery.ts";
import type { Member } from "./group.ts";
import type { BusClock, LogReader } from "./log_store.ts";
import type { Batch, ConsumeOptions } from "./port.ts";
import { PositionKeeper } from "./position_keeper.ts";
import type { Topic } from "./topics.ts";
import type { Wakeups } from "./wakeups.ts";

/** What a member needs of the log, on whichever it works. */
export interface MemberLog {
  /** The group's position; null where it has none. */
  position(partition: number): Promise<number | null>;
  earliest(partition: number): Promise<number>;
  /** See LogStore.setPosition and settle. */
  setPosition(partition: number, next: number): Promise<void>;
  settle(): Promise<void>;
  /** Reads the partition from `from` on, until `close`. */
  open(partition: number, from: number): LogReader;
  close(partition: number): void;
}

/** What a member works with. */
export interface MemberParts {
  readonly log: MemberLog;
  readonly wakeups: Wakeups;
  readonly clock: BusClock;
}

/** One `consume`: works the partitions that its group gives it. */
export class GroupMember implements Member {
  readonly trouble: Troubles;

  constructor(
    readonly parts: MemberParts,
    readonly topic: Topic,
    readonly options: ConsumeOptions,
    readonly handle: (batch: Batch, signal: AbortSignal) => Promise<void>,
  ) {
    this.trouble = new Troubles(topic.name, options.group, options.onTrouble);
  }

  async run(partition: number, signal: AbortSignal): Promise<void> {
    const { log, wakeups, clock } = this.parts;
    const { topic, options, handle, trouble } = this;
    const retried = { partition, clock, signal, trouble };
    const keeper = new PositionKeeper(
      retried,
      (next) => log.setPosition(partition, next),
      () => log.settle(),
    );
    const asked = await retrying(retried, "handler-threw", undefined, async () => ({
      own: await options.assigned?.(partition, signal),
    }));
    // Never quite given: there is nothing to give back.
    if (asked === undefined) return;
    const start = await this.#start(retried, asked.own, keeper);
    if (start !== undefined) {
      const reader = log.open(partition, start);
      let at = start;
      const handled = (next: number) => {
        at = next;
        this.#move(keeper, partition, next);
      };
      const { batchMax } = options;
      await deliver(
        { topic, partition, reader, wakeups, clock, batchMax, signal, handle, handled, trouble },
        start,
      );
      log.close(partition);
      // What was kept back may be free by now.
      if (options.keepFrom !== undefined && at !== start) this.#move(keeper, partition, at);
    }
    // The position first: whoever gets the partition next starts from it.
    await keeper.end();
    try {
      await options.revoked?.(partition);
    } catch (thrown) {
      trouble.tell({ kind: "handler-threw", partition, error: asError(thrown) });
    }
  }

  /** Where to read from; undefined when the partition is taken away before that is known. */
  async #start(
    retried: Parameters<typeof retrying>[0],
    own: number | undefined,
    keeper: PositionKeeper,
  ): Promise<number | undefined> {
    const { log } = this.parts;
    const { partition } = retried;
    const found = await retrying(retried, "bus-away", undefined, async () => {
      const kept = await log.position(partition);
      return { kept, start: own ?? kept ?? await log.earliest(partition) };
    });
    if (found === undefined) return undefined;
    // From here on the group is registered: retention waits for it.
    if (found.kept === null) this.#move(keeper, partition, found.start);
    return found.start;
  }

  /** Writes the group's position, no further than the reader lets it go. */
  #move(keeper: PositionKeeper, partition: number, next: number): void {
    try {
      const most = this.options.keepFrom?.(partition);
      keeper.moveTo(most === undefined ? next : Math.min(next, most));
    } catch (thrown) {
      this.trouble.tell({ kind: "handler-threw", partition, offset: next, error: asError(thrown) });
    }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
