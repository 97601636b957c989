/**
 * The blocks that are on their way when the pool is told to stop. After a restart they would be tried again, but
 * then somebody else may have found the next one.
 *
 * @module
 */
import { blockCandidates, blockFound, type Bus, type Topic } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import type { Clock } from "@gopool/runtime";

/** How far back a candidate counts as on its way: older ones wait for something that stopping cannot hurry. */
const LOOK_BACK_MS = 60_000;
/** The longest wait. All of draining must fit into 10 s, and miners' answers come first. */
export const BLOCKS_WAIT_MS = 2_000;
/** From a share to the node's word takes some 30 ms. */
const LOOK_EVERY_MS = 50;

/**
 * Resolves when every recent candidate has its word on `block.found`, or after BLOCKS_WAIT_MS.
 *
 * @returns How many are still on their way.
 */
export async function settleBlocks(bus: Bus, clock: Clock): Promise<number> {
  const since = clock.now() - LOOK_BACK_MS;
  const endMs = clock.monotonic() + BLOCKS_WAIT_MS;
  const candidates = await keysSince(bus, blockCandidates, since);
  while (true) {
    for (const key of await keysSince(bus, blockFound, since)) candidates.delete(key);
    if (candidates.size === 0 || clock.monotonic() >= endMs) return candidates.size;
    await clock.sleep(LOOK_EVERY_MS);
  }
}

async function keysSince(bus: Bus, topic: Topic, sinceMs: number): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const [partition, from] of (await bus.offsetAt(topic, sinceMs)).entries()) {
    for await (const { messages } of bus.read(topic, partition, from)) {
      for (const { key } of messages) keys.add(toHex(key));
    }
  }
  return keys;
}
