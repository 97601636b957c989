import type { Topic } from "../topics.ts";
import { BATCH_BYTES, type Identity, Lane, type LaneBatch, type LaneRecord } from "./lane.ts";
import type { PublishCall } from "./publish_call.ts";

/** Most bytes of one request: all partitions of the share topics with full batches, or two blocks. */
const REQUEST_MAX_BYTES = 16 * 1024 * 1024;

/** The lanes of one topic, and the identity that their new batches are numbered under. */
export class Lanes {
  /** None at first, and after a batch that may have been written was given up. */
  identity: Identity | undefined;
  readonly #lanes = new Map<number, Lane>();

  constructor(readonly topic: Topic) {}

  put(partition: number, call: PublishCall, records: readonly LaneRecord[]): void {
    let lane = this.#lanes.get(partition);
    if (lane === undefined) {
      lane = new Lane(partition, Math.max(BATCH_BYTES, this.topic.maxBytes));
      this.#lanes.set(partition, lane);
    }
    lane.put(call, records);
  }

  /** Those that have something to send. Batches that nobody waits for any more are dropped. */
  working(): Lane[] {
    const working: Lane[] = [];
    for (const lane of this.#lanes.values()) {
      const { batch } = lane;
      if (batch?.isForsaken && !lane.isSending) {
        // Its number may be taken or free: nothing can be numbered after it.
        if (batch.mayBeWritten) this.retire(batch.identity);
        lane.batch = undefined;
      }
      if (lane.hasWork) working.push(lane);
    }
    return working;
  }

  retire(identity: Identity): void {
    if (this.identity === identity) this.identity = undefined;
  }

  /** What goes into one request: the lanes' batches under one identity, within the request's size. */
  load(lanes: readonly Lane[], current: Identity): Map<Lane, LaneBatch> {
    const batches = new Map<Lane, LaneBatch>();
    let identity: Identity | undefined;
    let bytes = 0;
    for (const lane of lanes) {
      // It was free when it was looked for a connection; meanwhile its leader may have changed, and it with it.
      if (lane.isSending || lane.isHeld) continue;
      const batch = lane.take(current);
      if (batch === undefined) continue;
      identity ??= batch.identity;
      if (batch.identity !== identity) continue;
      if (bytes > 0 && bytes + batch.bytes > REQUEST_MAX_BYTES) continue;
      bytes += batch.bytes;
      batches.set(lane, batch);
    }
    // Whoever had to stay behind is first the next time.
    for (const lane of batches.keys()) {
      this.#lanes.delete(lane.partition);
      this.#lanes.set(lane.partition, lane);
    }
    return batches;
  }
}
