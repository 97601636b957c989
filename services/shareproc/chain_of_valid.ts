/**
 * The chain of offsets on `share.valid`: each valid record names the one before it, so that a reader who stands
 * at s knows, from a record of offset o and previous p with p <= s < o, that nothing between was valid.
 * Here: where that chain stands when a partition is taken over.
 *
 * @module
 */
import { type Bus, type Message, shareSubmissions, shareValid } from "@gopool/bus";

import { decodeJudged, type Judged, REPEAT_HORIZON_MS } from "@gopool/shares";
import { RepeatMemory } from "./repeat_memory.ts";

/** The log never had a valid share on this partition. */
export const NEVER_VALID = -1;
/** Retention took the record that would tell. payoutd then waits for the operator. */
export const UNKNOWN_VALID = -2;

export interface PartitionStart {
  /** Source offset of the last valid share, or NEVER_VALID or UNKNOWN_VALID. */
  head: number;
  /** Log time that the next record's may not fall below. */
  loggedAtMs: number;
  readonly memory: RepeatMemory;
  /** Log time of the first submission that is not committed, if there is one. */
  readonly firstLoggedAtMs: number | undefined;
}

/**
 * Reads what the past of a partition says: its first uncommitted submission, then `share.valid` from
 * REPEAT_HORIZON before that one's log time to its end, and the last record wherever it is.
 */
export async function rebuild(
  bus: Bus,
  logId: string,
  partition: number,
  group: string,
): Promise<PartitionStart> {
  const first = await firstUncommitted(bus, partition, group);
  const start = await lastValid(bus, logId, partition);
  const memory = new RepeatMemory();
  const since = first ?? (await bus.last(shareSubmissions, partition))?.loggedAtMs;
  if (since !== undefined) {
    const from = (await bus.offsetAt(shareValid, since - REPEAT_HORIZON_MS))[partition]!;
    for await (const { messages } of bus.read(shareValid, partition, from)) {
      for (const message of messages) {
        const share = decode(message);
        if (share.mark || share.logId !== logId) continue;
        const offset = share.sourceOffset;
        const loggedAtMs = share.loggedAtMs;
        memory.remember(share.jobId, share.headerHash, offset, loggedAtMs);
        start.head = Math.max(start.head, offset);
        start.loggedAtMs = Math.max(start.loggedAtMs, loggedAtMs);
      }
    }
  }
  return { ...start, memory, firstLoggedAtMs: first };
}

/** Greatest source offset of a valid share below `before`, for publishing again from there; searches the whole topic. */
export async function lastValidBefore(
  bus: Bus,
  logId: string,
  partition: number,
  before: number,
): Promise<number> {
  const ends = (await bus.ends(shareValid))[partition]!;
  let found = ends.earliest === 0 ? NEVER_VALID : UNKNOWN_VALID;
  for await (const { messages } of bus.read(shareValid, partition, ends.earliest)) {
    for (const message of messages) {
      const share = decode(message);
      if (share.logId !== logId) continue;
      const offset = share.mark ? share.previousValidOffset : share.sourceOffset;
      if (offset < before) found = Math.max(found, offset);
    }
  }
  return found;
}

async function lastValid(
  bus: Bus,
  logId: string,
  partition: number,
): Promise<{ head: number; loggedAtMs: number }> {
  const last = await bus.last(shareValid, partition);
  if (last === null) {
    const ends = (await bus.ends(shareValid))[partition]!;
    return { head: ends.next === 0 ? NEVER_VALID : UNKNOWN_VALID, loggedAtMs: 0 };
  }
  const share = decode(last);
  // Another log: its chain begins anew.
  if (share.logId !== logId) return { head: NEVER_VALID, loggedAtMs: 0 };
  const own = share.mark ? share.previousValidOffset : share.sourceOffset;
  const head = Math.max(own, share.validHead ?? own);
  return { head, loggedAtMs: share.loggedAtMs };
}

async function firstUncommitted(
  bus: Bus,
  partition: number,
  group: string,
): Promise<number | undefined> {
  const ends = (await bus.ends(shareSubmissions))[partition]!;
  const from = (await bus.committed(shareSubmissions, group))[partition] ?? ends.earliest;
  for await (const { messages } of bus.read(shareSubmissions, partition, from)) {
    return messages[0]!.loggedAtMs;
  }
  return undefined;
}

function decode(message: Message): Judged {
  return decodeJudged(message.value);
}
