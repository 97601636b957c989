/**
 * The chain of offsets on `share.valid`: each valid record names the one before it, so that a reader who stands
 * at s knows, from a record of offset o and previous p with p <= s < o, that nothing between was valid.
 * Here: where that chain stands when a partition is taken over.
 *
 * @module
 */
import { type Bus, shareSubmissions, shareValid } from "@gopool/bus";
import { decodeJudged, decodeSubmission, REPEAT_HORIZON_MS } from "@gopool/shares";
import { CLOCKS_MS } from "./limits.ts";
import { RepeatMemory } from "./repeat_memory.ts";

/** The log never had a valid share on this partition. */
export const NEVER_VALID = -1;
/** Retention took the record that would tell. payoutd then waits for the operator. */
export const UNKNOWN_VALID = -2;

export interface PartitionStart {
  /** Source offset of the last valid share, or NEVER_VALID or UNKNOWN_VALID. */
  readonly head: number;
  /** Offset of the first submission that is not committed: where judging goes on. */
  readonly next: number;
  /** Log time that the next record's may not fall below. */
  readonly loggedAtMs: number;
  readonly memory: RepeatMemory;
  /** Log time from which on submissions are to be judged; undefined where the partition has none. */
  readonly sinceMs: number | undefined;
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
  signal: AbortSignal,
): Promise<PartitionStart> {
  const first = await firstUncommitted(bus, partition, group);
  const last = await lastValid(bus, logId, partition);
  let { head, loggedAtMs } = last;
  const memory = new RepeatMemory();
  const linked = new Linked(first.offset);
  const sinceMs = first.loggedAtMs ?? (await bus.last(shareSubmissions, partition))?.loggedAtMs;
  if (sinceMs !== undefined) {
    const horizonMs = sinceMs - REPEAT_HORIZON_MS;
    const from = (await bus.offsetAt(shareValid, horizonMs))[partition]!;
    for await (const { messages } of bus.read(shareValid, partition, from)) {
      signal.throwIfAborted();
      for (const { value } of messages) {
        const share = decodeJudged(value);
        if (share.mark || share.logId !== logId) continue;
        // What was published again from a far past is older than any repeat.
        if (share.loggedAtMs >= horizonMs) {
          memory.remember(share.jobId, share.headerHash, share.sourceOffset, share.loggedAtMs);
        }
        linked.see(share.previousValidOffset, share.sourceOffset);
        head = Math.max(head, share.sourceOffset, share.validHead ?? head);
        loggedAtMs = Math.max(loggedAtMs, share.loggedAtMs);
      }
    }
  }
  await assertSameLog(bus, partition, first, { ...last, head });
  if (head >= first.offset && linked.end < head) {
    // A publish of unknown outcome left a hole. What is missing comes again, so the chain is taken up before it.
    head = linked.end >= first.offset
      ? linked.end
      : await lastValidBefore(bus, logId, partition, first.offset, signal);
  }
  return { head, next: first.offset, loggedAtMs, memory, sinceMs };
}

/** share.submissions is not the log that share.valid was judged from: judging on would be counted by nobody. */
export class LogMadeAgain extends Error {
  override name = "LogMadeAgain";
}

/**
 * A topic that was deleted and made again counts from 0 under the same log id.
 *
 * @throws {LogMadeAgain} What share.valid names is not there, or is younger than it can be.
 */
async function assertSameLog(
  bus: Bus,
  partition: number,
  first: FirstUncommitted,
  { head, loggedAtMs, share }: LastValid,
): Promise<void> {
  const refuse = (why: string) => {
    throw new LogMadeAgain(
      `Cannot judge share.submissions/${partition}: share.valid knows it up to offset ${head}, but ${why}. ` +
        "Was the topic deleted and made again? Then begin a new log: set another GOPOOL_SHAREPROC_LOG_EPOCH",
    );
  };
  // Asked only now: another member may still have judged what came after the first look.
  const { earliest, next: end } = (await bus.ends(shareSubmissions))[partition]!;
  if (head >= end) refuse(`it ends before offset ${end}`);
  if (share !== undefined && share.offset >= earliest) {
    const hash = await hashAt(bus, partition, share.offset);
    if (!sameBytes(hash, share.headerHash)) {
      refuse(`what stands at ${share.offset} is another share than it names`);
    }
  }
  // Log times rise with the offsets, but for what brokers' clocks differ by.
  if (head >= first.offset && (first.loggedAtMs ?? 0) > loggedAtMs + CLOCKS_MS) {
    refuse(`what stands at ${first.offset} was logged later than that`);
  }
}

/** Hash of the submission at an offset that the partition holds; none where that is no submission. */
async function hashAt(bus: Bus, partition: number, offset: number): Promise<Uint8Array> {
  for await (const { messages } of bus.read(shareSubmissions, partition, offset)) {
    const [first] = messages;
    try {
      if (first?.offset === offset) return decodeSubmission(first.value).headerHash;
    } catch {
      // Whatever it is, no valid share was judged from it.
    }
    break;
  }
  return new Uint8Array();
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Follows the links among the records that will come again: those from the first uncommitted offset on. */
class Linked {
  /** Greatest offset that links without a hole; below the first uncommitted one where none does. */
  end = -Infinity;

  constructor(private readonly first: number) {}

  see(previous: number, offset: number): void {
    if (offset < this.first || offset <= this.end) return;
    if (previous < this.first || previous <= this.end) this.end = offset;
  }
}

/**
 * Greatest source offset of a valid share below `before`; searches the whole topic. A later record's link tells it
 * as well as the record itself, which retention may have taken.
 */
export async function lastValidBefore(
  bus: Bus,
  logId: string,
  partition: number,
  before: number,
  signal: AbortSignal,
): Promise<number> {
  const ends = (await bus.ends(shareValid))[partition]!;
  let found = ends.earliest === 0 ? NEVER_VALID : UNKNOWN_VALID;
  for await (const { messages } of bus.read(shareValid, partition, ends.earliest)) {
    signal.throwIfAborted();
    for (const { value } of messages) {
      const share = decodeJudged(value);
      if (share.logId !== logId) continue;
      if (!share.mark && share.sourceOffset < before) found = Math.max(found, share.sourceOffset);
      if (share.previousValidOffset < before) found = Math.max(found, share.previousValidOffset);
    }
  }
  return found;
}

interface LastValid {
  readonly head: number;
  readonly loggedAtMs: number;
  /** The share that the last record is about; a mark is about none. */
  readonly share?: { readonly offset: number; readonly headerHash: Uint8Array };
}

async function lastValid(bus: Bus, logId: string, partition: number): Promise<LastValid> {
  const last = await bus.last(shareValid, partition);
  if (last === null) {
    const ends = (await bus.ends(shareValid))[partition]!;
    return { head: ends.next === 0 ? NEVER_VALID : UNKNOWN_VALID, loggedAtMs: 0 };
  }
  const share = decodeJudged(last.value);
  // Another log: its chain begins anew.
  if (share.logId !== logId) return { head: NEVER_VALID, loggedAtMs: 0 };
  const own = share.mark ? share.previousValidOffset : share.sourceOffset;
  const { loggedAtMs, headerHash, mark } = share;
  return {
    head: Math.max(own, share.validHead ?? own),
    loggedAtMs,
    ...(mark ? {} : { share: { offset: share.sourceOffset, headerHash } }),
  };
}

interface FirstUncommitted {
  readonly offset: number;
  readonly loggedAtMs?: number;
}

/** Where the group goes on, and the log time of what stands there, if anything does. */
async function firstUncommitted(
  bus: Bus,
  partition: number,
  group: string,
): Promise<FirstUncommitted> {
  const { earliest } = (await bus.ends(shareSubmissions))[partition]!;
  const offset = (await bus.committed(shareSubmissions, group))[partition] ?? earliest;
  for await (const { messages } of bus.read(shareSubmissions, partition, offset)) {
    return { offset, loggedAtMs: messages[0]!.loggedAtMs };
  }
  return { offset };
}
