/**
 * The blocks that are on their way when the pool is told to stop. After a restart they would be tried again, but
 * then somebody else may have found the next one.
 *
 * @module
 */
import { blockCandidates, blockFound, type Bus, type Topic } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import type { Clock } from "@gopool/runtime";

/** A candidate that is older than this waits for something that stopping cannot hurry. */
const FRESH_MS = 8_000;
/** The log is read from this long ago: the gateway publishes an open candidate every 10 s, so an old one is seen as old. */
const LOOK_BACK_MS = 60_000;
/** The longest wait. All of draining must fit into 10 s, and miners' answers come first. */
export const BLOCKS_WAIT_MS = 1_500;
/** From a share to the node's word takes some 30 ms. */
const LOOK_EVERY_MS = 50;

/**
 * Resolves when every fresh candidate has its word on `block.found`, or after BLOCKS_WAIT_MS.
 *
 * @returns How many of them are still on their way.
 */
export async function settleBlocks(bus: Bus, clock: Clock): Promise<number> {
  const nowMs = clock.now();
  const endMs = clock.monotonic() + BLOCKS_WAIT_MS;
  const candidates = await firstSeen(bus, blockCandidates, nowMs - LOOK_BACK_MS);
  for (const [key, atMs] of candidates) if (nowMs - atMs > FRESH_MS) candidates.delete(key);
  while (candidates.size > 0) {
    for (const key of (await firstSeen(bus, blockFound, nowMs - LOOK_BACK_MS)).keys()) {
      candidates.delete(key);
    }
    if (candidates.size === 0 || clock.monotonic() >= endMs) break;
    await clock.sleep(LOOK_EVERY_MS);
  }
  return candidates.size;
}

/** Keys on a topic by the log time of their first record since then. */
async function firstSeen(bus: Bus, topic: Topic, sinceMs: number): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  for (const [partition, from] of (await bus.offsetAt(topic, sinceMs)).entries()) {
    for await (const { messages } of bus.read(topic, partition, from)) {
      for (const { key, loggedAtMs } of messages) {
        const hash = toHex(key);
        if (!seen.has(hash)) seen.set(hash, loggedAtMs);
      }
    }
  }
  return seen;
}
