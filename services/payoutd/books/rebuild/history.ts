/**
 * The log as a rebuild reads it: from wherever its records still are.
 *
 * @module
 */
import type { Batch, Topic } from "@gopool/bus";

/** Where records of the ledger's logs can be read. */
export interface History {
  /** In words: what is read, for the report. */
  readonly sources: readonly string[];
  /**
   * Records of one partition of a log, from an offset to below another one. Archives first, then the bus.
   *
   * @param log A log of the ledger: its id in `share.valid`, and the bus it is on.
   * @throws {HistoryMissing} A record of these is nowhere to be had.
   */
  read(
    log: HistoryLog,
    topic: Topic,
    partition: number,
    from: number,
    until: number,
  ): AsyncIterable<Batch>;
  /** What can be read of a topic's partitions, offsets `from` to below `next`; empty where nothing can. */
  held(log: HistoryLog, topic: Topic): Promise<readonly Held[]>;
}

export interface HistoryLog {
  readonly id: string;
  readonly busId: string;
}

export interface Held {
  readonly partition: number;
  readonly from: number;
  readonly next: number;
}

/** What the ledger was made from is not all there. */
export class HistoryMissing extends Error {
  override name = "HistoryMissing";
  constructor(log: HistoryLog, topic: Topic, partition: number, readonly offset: number) {
    super(
      `${topic.name}/${partition} of log "${log.id}" cannot be read at offset ${offset}: neither an archive nor a bus ` +
        "that is named has it",
    );
  }
}
