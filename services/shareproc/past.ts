/**
 * A partition as it stood just before an offset in the past, so that it can be judged again from there with the
 * same result.
 *
 * @module
 */
import { type Bus, shareRejected, shareSubmissions, shareValid } from "@gopool/bus";
import { Reason } from "@gopool/proto";
import { decodeJudged, REPEAT_HORIZON_MS } from "@gopool/shares";
import { lastValidBefore } from "./chain_of_valid.ts";
import type { JobBook } from "./job_book.ts";
import { CLOCKS_MS } from "./limits.ts";
import { RepeatMemory } from "./repeat_memory.ts";

export interface Past {
  /** Source offset of the last valid share before the offset. */
  readonly head: number;
  readonly loggedAtMs: number;
  readonly memory: RepeatMemory;
  /** Offsets from there on that an operator rejected: they are not judged a second time, whatever is known by now. */
  readonly overruled: ReadonlySet<number>;
}

/**
 * @throws {OffsetOutOfRange} Retention took the submissions from `from` on.
 */
export async function pastOf(
  bus: Bus,
  logId: string,
  partition: number,
  from: number,
  book: JobBook,
  signal: AbortSignal,
): Promise<Past> {
  let since: number | undefined;
  for await (const { messages } of bus.read(shareSubmissions, partition, from)) {
    since = messages[0]!.loggedAtMs;
    break;
  }
  const memory = new RepeatMemory();
  const overruled = new Set<number>();
  let loggedAtMs = 0;
  let head: number | undefined;
  if (since !== undefined) {
    const horizonMs = since - REPEAT_HORIZON_MS;
    await book.cover(partition, horizonMs);
    const start = (await bus.offsetAt(shareValid, horizonMs))[partition]!;
    for await (const { messages } of bus.read(shareValid, partition, start)) {
      signal.throwIfAborted();
      for (const { value } of messages) {
        const share = decodeJudged(value);
        if (share.mark || share.logId !== logId) continue;
        // A link over `from` tells it, or the last of the records before; not one that was published again.
        for (const offset of [share.previousValidOffset, share.sourceOffset]) {
          if (offset < from && share.validHead === undefined) {
            head = Math.max(head ?? offset, offset);
          }
        }
        // What came after is judged anew, in order: only the past before `from` is remembered.
        if (share.sourceOffset >= from) continue;
        loggedAtMs = Math.max(loggedAtMs, share.loggedAtMs);
        if (share.loggedAtMs < horizonMs) continue;
        memory.remember(share.jobId, share.headerHash, share.sourceOffset, share.loggedAtMs);
      }
    }
    const refused = (await bus.offsetAt(shareRejected, since - CLOCKS_MS))[partition]!;
    for await (const { messages } of bus.read(shareRejected, partition, refused)) {
      signal.throwIfAborted();
      for (const { value } of messages) {
        const share = decodeJudged(value);
        if (share.judgedReason !== Reason.OPERATOR || share.logId !== logId) continue;
        if (share.sourceOffset >= from) overruled.add(share.sourceOffset);
      }
    }
  }
  // Only where nothing valid came within a horizon before, nor anything since: the whole topic is searched.
  head ??= await lastValidBefore(bus, logId, partition, from, signal);
  return { head, loggedAtMs, memory, overruled };
}
