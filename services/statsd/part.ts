/**
 * One partition of one share topic that this process reads: its records into minutes.
 *
 * @module
 */
import type { Message } from "@gopool/bus";
import { DIFFICULTY_1_TARGET } from "@gopool/chain";
import { Reason } from "@gopool/proto";
import type { RawShare } from "@gopool/series";
import { MalformedShare, StatisticsReader, type StatisticsShare } from "@gopool/shares";
import { type Beginning, PartitionMinutes } from "./minutes.ts";
import type { Source } from "./sources.ts";

const DIFFICULTY_1 = Number(DIFFICULTY_1_TARGET);

/** Difficulty in force of a share; 0 where its record has no target. */
export function difficultyOf({ target }: StatisticsShare): number {
  return target > 0 ? DIFFICULTY_1 / target : 0;
}

/** How many refused or valid shares a record stands for; 0: it is none in statistics. */
export function sharesOf({ reason, unlisted }: StatisticsShare): number {
  return reason === Reason.REPUBLISHED ? 0 : 1 + unlisted;
}

const reader = new StatisticsReader();

export class Part {
  readonly minutes: PartitionMinutes;
  /** "valid/3". */
  readonly name: string;
  /** Everything before it in the topic is in the store, as far as it counts. */
  writtenNext: number;
  /** Another process reads it by now: nothing of it is written here any more. */
  isLost = false;

  constructor(
    readonly source: Source,
    readonly partition: number,
    readonly pool: string,
    beginning: Beginning,
    /** See claims.ts; null where the store keeps positions. */
    readonly claim: string | null,
    /** By the monotonic clock. */
    readonly begunAtMs: number,
  ) {
    this.name = `${source.status}/${partition}`;
    this.minutes = new PartitionMinutes(source.status, partition, beginning);
    this.writtenNext = beginning.offset;
  }

  /**
   * Folds records from index `from` on, until too many minutes wait to be written.
   *
   * @param raw Where the shares themselves go; null: nowhere.
   * @returns Index of the first record that was not folded.
   */
  fold(messages: readonly Message[], from: number, raw: RawShare[] | null): number {
    const { minutes } = this;
    let at = from;
    for (; at < messages.length && !minutes.isFull; at++) {
      const { offset, value } = messages[at]!;
      // A batch comes again whose folding was given up in its middle.
      if (offset >= minutes.next) this.#take(offset, value, raw);
    }
    return at;
  }

  #take(offset: number, value: Uint8Array, raw: RawShare[] | null): void {
    const { minutes } = this;
    let share: StatisticsShare;
    try {
      share = reader.read(value);
    } catch (error) {
      if (!(error instanceof MalformedShare)) throw error;
      return minutes.pass(offset, "unreadable");
    }
    if (share.mark || share.isNote) return minutes.pass(offset);
    if (share.pool !== this.pool) return minutes.pass(offset, "foreign");
    if (share.sourcePartition !== this.partition || share.loggedAtMs <= 0 || share.logId === "") {
      return minutes.pass(offset, "unreadable");
    }
    if (minutes.add(offset, share, sharesOf(share)) && raw !== null) raw.push(this.#raw(share));
  }

  #raw(share: StatisticsShare): RawShare {
    const { account, worker, jobId, loggedAtMs, sourceOffset, receivedAtMs, jobSentAtMs } = share;
    return {
      account,
      worker,
      status: this.source.status,
      jobId,
      difficulty: difficultyOf(share),
      latencyMs: jobSentAtMs > 0 ? Math.max(0, receivedAtMs - jobSentAtMs) : 0,
      loggedAtMs,
      partition: this.partition,
      offset: sourceOffset,
    };
  }
}
