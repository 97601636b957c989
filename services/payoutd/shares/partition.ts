/**
 * One partition of share.valid on its way into the ledger: batch after batch, each ruled on from where the ledger's
 * reading stands.
 *
 * @module
 */
import { type Batch, shareValid } from "@gopool/bus";
import type { Logger, StatusBoard } from "@gopool/runtime";
import {
  type BatchReading,
  type Gap,
  gapSentence,
  readBatch,
  type Standing,
} from "./read_batch.ts";
import type { ShareReader } from "./share.ts";
import { SharesStopped } from "./standing.ts";

export interface PartitionDeps {
  readonly reader: ShareReader;
  readonly store: (standing: Standing, reading: BatchReading) => Promise<boolean>;
  readonly standingOf: (partition: number, signal: AbortSignal) => Promise<Standing | null>;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** The ledger's reading stands before what this process has read: begin again from there. */
  readonly rewind: () => void;
}

/** What was passed and not counted, since the partition was given. */
interface Passed {
  letters: number;
  foreign: number;
  lastReason: string;
}

export class PartitionKeeper {
  /** As the ledger last said; null where it has to be asked. */
  #standing: Standing | null = null;
  #gap: Gap | undefined;
  /** Where the ledger's reading stood when the gap was seen: it stays there while the gap lasts. */
  #gapAt: { readonly log: number; readonly nextOffset: number } | undefined;
  /** Everything before it in share.valid was handled, or read over while a gap stood. */
  #readTo = 0;
  readonly #passed: Passed = { letters: 0, foreign: 0, lastReason: "" };

  constructor(private readonly deps: PartitionDeps, readonly partition: number) {}

  /** Asks the ledger where to read from. */
  async begin(signal: AbortSignal): Promise<number> {
    this.#standing = await this.deps.standingOf(this.partition, signal);
    // Without a log share.valid is empty.
    return this.#readTo = this.#standing?.at.nextOffset ?? 0;
  }

  /** The partition is given back: nothing of it is said any more. */
  end(): void {
    this.deps.board.clear(this.#part());
    this.deps.board.clear(this.#passedPart());
  }

  /** @throws What the ledger or the bus throws, and {@link SharesStopped}: the bus brings the batch again. */
  async handle(batch: Batch, signal: AbortSignal): Promise<void> {
    try {
      await this.#handle(batch, signal);
    } catch (error) {
      // Whatever was written or not: the ledger says where it stands now.
      this.#standing = null;
      throw error;
    }
    this.#readTo = batch.messages.at(-1)!.offset + 1;
  }

  async #handle(batch: Batch, signal: AbortSignal): Promise<void> {
    const { reader, store } = this.deps;
    for (;;) {
      signal.throwIfAborted();
      const standing = this.#standing ?? await this.#ask(signal);
      const reading = readBatch(standing, batch, reader, this.#gap);
      const moved = reading.to.nextOffset !== standing.at.nextOffset;
      if (moved || reading.letters.length > 0) {
        this.#standing = null;
        // Where another payoutd was here, or an operator: ruled on again from where that left off.
        if (!await store(standing, this.#withFirstForeign(reading))) continue;
        this.#standing = { ...standing, at: reading.to };
        this.#notePassed(reading);
      }
      this.#tellGap(reading.gap, { ...standing, at: reading.to });
      // Nothing is written while a gap lasts: an operator's new beginning shows only when asked for.
      if (reading.gap !== undefined) this.#standing = null;
      if (reading.fault !== undefined) throw new SharesStopped(reading.fault);
      return;
    }
  }

  /** Where the reading stands, after it was lost from sight. */
  async #ask(signal: AbortSignal): Promise<Standing> {
    const { partition, deps } = this;
    const standing = await deps.standingOf(partition, signal);
    if (standing === null) {
      throw new SharesStopped(
        `Nothing in share.valid/${partition} can be read, so no log can be begun`,
      );
    }
    const { log, at: { nextOffset } } = standing;
    // While a gap lasts the ledger's reading stays before it, and this one has read on.
    const gapStays = this.#gapAt?.log === log.number && this.#gapAt.nextOffset === nextOffset;
    if (!gapStays) this.#tellGap(undefined, standing);
    if (!gapStays && nextOffset < this.#readTo) {
      const facts = { partition, nextOffset, readTo: this.#readTo };
      deps.log.warn(
        "the ledger's reading stands before this one's: reading again from there",
        facts,
      );
      deps.rewind();
      throw new SharesStopped(`Reading share.valid/${partition} again from ${nextOffset}`);
    }
    return this.#standing = standing;
  }

  #tellGap(gap: Gap | undefined, { log, at }: Standing): void {
    const { partition, deps } = this;
    if (gap === this.#gap) return;
    this.#gap = gap;
    this.#gapAt = gap && { log: log.number, nextOffset: at.nextOffset };
    if (gap === undefined) {
      deps.board.clear(this.#part());
      deps.log.info("the gap is closed: the partition is counted on", { partition });
    } else {
      const sentence = gapSentence(partition, gap);
      deps.board.set(this.#part(), "down", sentence);
      deps.log.error(sentence);
    }
  }

  /** The first share of another pool is kept as a dead letter, for people to see; the others are only counted. */
  #withFirstForeign(reading: BatchReading): BatchReading {
    const [first] = reading.foreign;
    if (first === undefined || this.#passed.foreign > 0) return reading;
    const reason = `it is a share of pool ${
      JSON.stringify(first.pool)
    }, and so may be others after it`;
    return { ...reading, letters: [...reading.letters, { message: first.message, reason }] };
  }

  #notePassed({ letters, foreign }: BatchReading): void {
    if (letters.length === 0 && foreign.length === 0) return;
    const passed = this.#passed;
    passed.letters += letters.length;
    passed.foreign += foreign.length;
    passed.lastReason = letters.at(-1)?.reason ?? passed.lastReason;
    const { partition } = this;
    for (const { message: { offset }, reason } of letters) {
      this.deps.log.error("a record of share.valid cannot be counted", {
        partition,
        offset,
        reason,
      });
    }
    const words = [
      ...(passed.letters > 0
        ? [
          `${passed.letters} records cannot be counted (table dead_letter); the last: ${passed.lastReason}`,
        ]
        : []),
      ...(passed.foreign > 0 ? [`${passed.foreign} shares are of another pool`] : []),
    ];
    const detail = `Since this process reads ${shareValid.name}/${partition}: ${words.join(". ")}`;
    this.deps.board.set(this.#passedPart(), "degraded", detail);
  }

  #part(): string {
    return `payoutd/shares/${this.partition}`;
  }

  #passedPart(): string {
    return `payoutd/shares/${this.partition} not counted`;
  }
}
