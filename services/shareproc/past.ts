/**
 * A partition as it stood just before an offset in the past, so that it can be judged again from there with the
 * same result.
 *
 * @module
 */
import { type Bus, shareSubmissions, shareValid } from "@gopool/bus";
import { decodeJudged, REPEAT_HORIZON_MS } from "@gopool/shares";
import { lastValidBefore, type PartitionStart } from "./chain_of_valid.ts";
import type { JobBook } from "./job_book.ts";
import { RepeatMemory } from "./repeat_memory.ts";

/**
 * @throws {OffsetOutOfRange} Retention took the submissions from `from` on.
 */
export async function pastOf(
  bus: Bus,
  logId: string,
  partition: number,
  from: number,
  book: JobBook,
): Promise<PartitionStart> {
  let since: number | undefined;
  for await (const { messages } of bus.read(shareSubmissions, partition, from)) {
    since = messages[0]!.loggedAtMs;
    break;
  }
  const memory = new RepeatMemory();
  let loggedAtMs = 0;
  if (since !== undefined) {
    await book.cover(partition, since - REPEAT_HORIZON_MS);
    const start = (await bus.offsetAt(shareValid, since - REPEAT_HORIZON_MS))[partition]!;
    for await (const { messages } of bus.read(shareValid, partition, start)) {
      for (const { value } of messages) {
        const share = decodeJudged(value);
        // What came after is judged anew, in order: only the past before `from` is remembered.
        if (share.mark || share.logId !== logId || share.sourceOffset >= from) continue;
        memory.remember(share.jobId, share.headerHash, share.sourceOffset, share.loggedAtMs);
        loggedAtMs = Math.max(loggedAtMs, share.loggedAtMs);
      }
    }
  }
  const head = await lastValidBefore(bus, logId, partition, from);
  return { head, loggedAtMs, memory, firstLoggedAtMs: since };
}
