/**
 * What the topics tell of blocks: the way back to those that are no longer in memory, and to the facts of a block that
 * other services wrote down.
 *
 * @module
 */
import {
  blockCandidates,
  blockFound,
  blockSolved,
  type Bus,
  decode,
  type Message,
  miningJobs,
  type Topic,
} from "@gopool/bus";
import { displayHash, equalBytes, fromHex, type Hash } from "@gopool/chain";
import {
  type BlockCandidate,
  type BlockFound,
  BlockOutcome,
  type BlockSolved,
  type DescMessage,
  type Job,
  type MessageShape,
} from "@gopool/proto";
import {
  FOUND_LOOK_MAX,
  FOUND_STRETCH,
  JOB_LOOK_BACK_MS,
  NEAR_LOOK_MAX,
  NEAR_MS,
} from "./limits.ts";

/** A record and where it stands. */
export interface Told<T> {
  readonly message: T;
  readonly offset: number;
  readonly loggedAtMs: number;
}

/** The hash as explorers show it, in the order that records carry it. */
export function keyOf(hash: string): Hash {
  return fromHex(hash).reverse() as Hash;
}

/** One page of block.found, the newest first. */
export interface FoundPage {
  readonly found: readonly Told<BlockFound>[];
  /** Everything below it is still to be read; null where nothing is. */
  readonly below: number | null;
}

/**
 * The outcomes below an offset, the newest first, one for each hash: the first accepted one of those that stand in the
 * page, else the first.
 *
 * @param below Infinity: from the end.
 * @param lookMax Records that are looked through for one page, about.
 * @throws {OffsetOutOfRange} Nothing below it is left: retention took it.
 */
export async function foundBelow(
  bus: Bus,
  below: number,
  wanted: number,
  fits: (found: BlockFound) => boolean,
  signal: AbortSignal,
  lookMax: number = FOUND_LOOK_MAX,
): Promise<FoundPage> {
  const [ends] = await bus.ends(blockFound);
  const { earliest, next } = ends!;
  const page = new Map<string, Told<BlockFound>>();
  let end = Math.min(below, next);
  // Backwards in stretches, since a topic can only be read forwards.
  for (let looked = 0; end > earliest && page.size < wanted && looked < lookMax;) {
    const begin = Math.max(earliest, end - Math.max(wanted, FOUND_STRETCH));
    looked += end - begin;
    const stretch: Told<BlockFound>[] = [];
    for await (const one of records(bus, blockFound, begin, signal)) {
      if (one.offset >= end) break;
      stretch.push(one);
    }
    for (const one of stretch.reverse()) {
      if (page.size >= wanted && !page.has(hashOf(one.message))) break;
      end = one.offset;
      if (one.message.facts !== undefined && fits(one.message)) keep(page, one);
    }
    // Nothing that can be read, or all of it taken.
    if (page.size < wanted) end = begin;
  }
  return { found: [...page.values()], below: end > earliest ? end : null };
}

/** What decided a block: its first accepted outcome, else its first; undefined where block.found has none. */
export async function foundOf(
  bus: Bus,
  hash: string,
  signal: AbortSignal,
): Promise<Told<BlockFound> | undefined> {
  const [ends] = await bus.ends(blockFound);
  const from = Math.max(ends!.earliest, ends!.next - FOUND_LOOK_MAX);
  let first: Told<BlockFound> | undefined;
  for await (const one of records(bus, blockFound, from, signal, keyOf(hash))) {
    if (one.message.facts === undefined) continue;
    if (one.message.outcome === BlockOutcome.ACCEPTED) return one;
    first ??= one;
  }
  return first;
}

/** The block's first record on block.solved, of those logged at about `nearMs`. */
export function solvedOf(
  bus: Bus,
  hash: string,
  nearMs: number,
  signal: AbortSignal,
): Promise<Told<BlockSolved> | undefined> {
  return firstOf(bus, blockSolved, nearMs - NEAR_MS, signal, keyOf(hash));
}

/** The record at an offset of block.solved. */
export async function solvedAt(
  bus: Bus,
  offset: number,
  signal: AbortSignal,
): Promise<Told<BlockSolved> | undefined> {
  for await (const one of records(bus, blockSolved, offset, signal)) {
    return one.offset === offset ? one : undefined;
  }
  return undefined;
}

/** The candidate's first record, of those logged at about `nearMs`. */
export function candidateOf(
  bus: Bus,
  hash: string,
  nearMs: number,
  signal: AbortSignal,
): Promise<Told<BlockCandidate> | undefined> {
  return firstOf(bus, blockCandidates, nearMs - NEAR_MS, signal, keyOf(hash));
}

/** The job that a share of about `nearMs` was of. */
export function jobOf(
  bus: Bus,
  id: string,
  nearMs: number,
  signal: AbortSignal,
): Promise<Told<Job> | undefined> {
  return firstOf(bus, miningJobs, nearMs - JOB_LOOK_BACK_MS, signal, null, (job) => job.id === id);
}

async function firstOf<D extends DescMessage>(
  bus: Bus,
  topic: Topic<D>,
  sinceMs: number,
  signal: AbortSignal,
  key: Uint8Array | null,
  fits: (message: MessageShape<D>) => boolean = () => true,
): Promise<Told<MessageShape<D>> | undefined> {
  const [from] = await bus.offsetAt(topic, sinceMs);
  for await (const one of records(bus, topic, from!, signal, key)) {
    if (fits(one.message)) return one;
    if (one.offset - from! >= NEAR_LOOK_MAX) break;
  }
  return undefined;
}

/** The records from an offset on: of one key, where one is named. What cannot be read is passed by. */
async function* records<D extends DescMessage>(
  bus: Bus,
  topic: Topic<D>,
  from: number,
  signal: AbortSignal,
  key: Uint8Array | null = null,
): AsyncGenerator<Told<MessageShape<D>>> {
  for await (const { messages } of bus.read(topic, 0, from)) {
    signal.throwIfAborted();
    for (const { key: own, value, offset, loggedAtMs } of messages) {
      if (key !== null && !equalBytes(own, key)) continue;
      const message = readable(topic, value);
      if (message !== undefined) yield { message, offset, loggedAtMs };
    }
  }
}

function readable<D extends DescMessage>(
  topic: Topic<D>,
  value: Message["value"],
): MessageShape<D> | undefined {
  try {
    return decode(topic, value);
  } catch {
    return undefined;
  }
}

function keep(page: Map<string, Told<BlockFound>>, one: Told<BlockFound>): void {
  const hash = hashOf(one.message);
  const later = page.get(hash);
  // Read backwards: what is older decides, unless it was lost and the later one accepted.
  const isLost = one.message.outcome !== BlockOutcome.ACCEPTED;
  if (later?.message.outcome === BlockOutcome.ACCEPTED && isLost) return;
  page.set(hash, one);
}

function hashOf({ facts }: BlockFound): string {
  return facts === undefined ? "" : displayHash(facts.hash as Hash);
}
