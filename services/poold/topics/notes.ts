/**
 * An operator's word to the judge. It is appended to `share.submissions` itself: so it survives a restart, reaches
 * whichever shareproc has the partition, and stays in the log for whoever asks later.
 *
 * @module
 */
import { type Bus, shareSubmissions } from "@gopool/bus";
import { create, ShareSubmissionSchema, toBinary } from "@gopool/proto";

type Print = (line: string) => void;

/** @throws {RangeError} The offset is not on the partition. */
export async function rejectRecord(
  bus: Bus,
  { partition, offset, reason }: { partition: number; offset: number; reason: string },
  print: Print,
): Promise<void> {
  await checkOffset(bus, partition, offset);
  await append(bus, partition, { rejectOffset: BigInt(offset), reason });
  print(`share.submissions/${partition} offset ${offset} is to be rejected: ${reason}`);
}

/** @throws {RangeError} The offset is not on the partition. */
export async function republishFrom(
  bus: Bus,
  { partition, from, reason }: { partition: number; from: number; reason: string },
  print: Print,
): Promise<void> {
  await checkOffset(bus, partition, from);
  await append(bus, partition, { republishFrom: BigInt(from), reason });
  print(`share.submissions/${partition} is to be judged and published again from offset ${from}`);
}

async function checkOffset(bus: Bus, partition: number, offset: number): Promise<void> {
  const ends = await bus.ends(shareSubmissions);
  const end = ends[partition];
  if (end === undefined) {
    throw new RangeError(
      `share.submissions has no partition ${partition}: it has ${ends.length}`,
    );
  }
  if (offset >= end.earliest && offset < end.next) return;
  const held = end.earliest === end.next ? "nothing" : `${end.earliest} to ${end.next - 1}`;
  throw new RangeError(
    `share.submissions/${partition} has no offset ${offset}: it holds ${held}`,
  );
}

async function append(
  bus: Bus,
  partition: number,
  operator: { rejectOffset?: bigint; republishFrom?: bigint; reason: string },
): Promise<void> {
  const value = toBinary(ShareSubmissionSchema, create(ShareSubmissionSchema, { operator }));
  await bus.publish(shareSubmissions, [{ partition, value }]);
}
