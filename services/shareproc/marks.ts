/**
 * Once a day a partition without valid shares gets a mark on `share.valid`: a record that carries only the last
 * valid offset, so that retention rarely takes the last record that tells it. Readers ignore marks.
 *
 * @module
 */
import { type Bus, shareValid } from "@gopool/bus";
import { create, JudgedShareSchema, toBinary } from "@gopool/proto";
import type { Clock, Logger } from "@gopool/runtime";
import { MARK_EVERY_MS, MARK_LOOK_MS } from "./limits.ts";
import { UNKNOWN_VALID } from "./chain_of_valid.ts";

export interface MarksDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly logId: string;
  /** Partitions this process judges now. `exclusively` runs between two batches of the partition. */
  readonly partitions: () => Iterable<{
    readonly partition: number;
    readonly head: number;
    readonly loggedAtMs: number;
    exclusively(work: () => Promise<void>): Promise<void>;
  }>;
}

/** Writes marks where they are due, until `signal` aborts. */
export async function keepMarks(deps: MarksDeps, signal: AbortSignal): Promise<void> {
  const { bus, clock, log } = deps;
  while (!signal.aborted) {
    await clock.sleep(MARK_LOOK_MS, signal);
    for (const judge of [...deps.partitions()]) {
      if (signal.aborted) return;
      try {
        await judge.exclusively(async () => {
          if (judge.head === UNKNOWN_VALID) return;
          const last = await bus.last(shareValid, judge.partition);
          // A topic that was never written to tells that by itself.
          if (last === null || last.loggedAtMs > clock.now() - MARK_EVERY_MS) return;
          await bus.publish(shareValid, [mark(deps.logId, judge)]);
          log.debug("mark written", { partition: judge.partition, head: judge.head });
        });
      } catch (error) {
        log.warn("a mark could not be written", { partition: judge.partition, error });
      }
    }
  }
}

interface Marked {
  readonly partition: number;
  readonly head: number;
  readonly loggedAtMs: number;
}

function mark(logId: string, { partition, head, loggedAtMs }: Marked) {
  const value = toBinary(
    JudgedShareSchema,
    create(JudgedShareSchema, {
      logId,
      sourcePartition: partition,
      previousValidOffset: BigInt(head),
      // A judge that begins here goes on from this log time, never from an earlier one.
      loggedAtMs: BigInt(loggedAtMs),
      mark: true,
    }),
  );
  return { value, key: new Uint8Array(), partition };
}
