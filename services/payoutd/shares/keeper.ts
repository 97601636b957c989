/**
 * Share keeping: share.valid into slices, each share once, from where the ledger says that it stands.
 *
 * @module
 */
import { type Bus, shareValid } from "@gopool/bus";
import type { Ledger } from "@gopool/ledger";
import {
  type Clock,
  type Logger,
  type Service,
  type StatusBoard,
  troubleOnBoard,
} from "@gopool/runtime";
import { BATCH_MAX } from "./limits.ts";
import { PartitionKeeper } from "./partition.ts";
import { type Books, ShareReader } from "./share.ts";
import { standingOf } from "./standing.ts";
import { ShareStore } from "./store.ts";

export interface ShareKeeperDeps {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Whose books these are. */
  readonly books: Books;
}

/** The consumer group that shares the partitions of share.valid. Its committed offsets only show the lag. */
export const SHARE_GROUP = "payoutd";

/**
 * Runs in every payoutd: the group shares the partitions out. That no share counts twice, or is missed, rests on the
 * ledger alone: the position moves by compare-and-set, in the transaction that stores the sums.
 */
export function createShareKeeper(deps: ShareKeeperDeps): Service {
  return { name: "payoutd/shares", run: (signal) => run(deps, signal) };
}

async function run(deps: ShareKeeperDeps, signal: AbortSignal): Promise<void> {
  const { bus, ledger, clock, log, board, books } = deps;
  const reader = new ShareReader(books);
  const store = new ShareStore(ledger, clock, books, await bus.logId());
  while (!signal.aborted) {
    const again = new AbortController();
    const keepers = new Map<number, PartitionKeeper>();
    const parts = {
      reader,
      log,
      board,
      store: store.store.bind(store),
      standingOf: (partition: number, signal: AbortSignal) => standingOf(deps, partition, signal),
      rewind: () => again.abort(),
    };
    const options = {
      group: SHARE_GROUP,
      batchMax: BATCH_MAX,
      signal: AbortSignal.any([signal, again.signal]),
      async assigned(partition: number, stop: AbortSignal): Promise<number> {
        const keeper = new PartitionKeeper(parts, partition);
        const next = await keeper.begin(stop);
        keepers.set(partition, keeper);
        log.info("share keeping reads a partition", { partition, next });
        return next;
      },
      revoked(partition: number): Promise<void> {
        keepers.get(partition)?.end();
        keepers.delete(partition);
        return Promise.resolve();
      },
      onTrouble: troubleOnBoard(board, log),
    };
    await bus.consume(
      shareValid,
      options,
      (batch, handling) => keepers.get(batch.partition)!.handle(batch, handling),
    );
    // Whoever was in trouble when the reading ended will not be told to be well again.
    for (const { part } of board.all()) {
      if (part.startsWith(`${SHARE_GROUP} on ${shareValid.name}`)) board.clear(part);
    }
  }
}
