/**
 * Whether the bare loop moved every byte: only then its figures count.
 *
 * @module
 */
import { bareConsumer } from "@gopool/bus/bare_kafka";
import { waitFor } from "@gopool/testing";
import type { Samples } from "./samples.ts";

/** Records, their bytes, and the sum of all bytes. */
export interface Sum {
  records: number;
  bytes: number;
  sum: number;
}

/** Reading a million records back takes seconds. */
const READ_MAX_MS = 120_000;

/** What must stand in a topic to which the samples were written over and over, `written` records in all. */
export function expectedSum({ records }: Samples, written: number, appended: Uint8Array): Sum {
  const one = sumOf(appended);
  const total: Sum = { records: written, bytes: written * one.bytes, sum: written * one.sum };
  const rounds = Math.floor(written / records.length);
  records.forEach(({ key, value }, at) => {
    const times = at < written % records.length ? rounds + 1 : rounds;
    for (const { bytes, sum } of [sumOf(key), sumOf(value)]) {
      total.bytes += times * bytes;
      total.sum += times * sum;
    }
  });
  return total;
}

/** Reads a topic from its beginning until as many records have come. @throws {Error} They are others. */
export async function checkTopic(brokers: string, topic: string, expected: Sum): Promise<void> {
  const found: Sum = { records: 0, bytes: 0, sum: 0 };
  {
    await using _ = await bareConsumer(
      brokers,
      { topic, group: `${topic}.books` },
      (_, messages) => {
        for (const { key, value } of messages) {
          found.records += 1;
          for (const { bytes, sum } of [sumOf(key), sumOf(value)]) {
            found.bytes += bytes;
            found.sum += sum;
          }
        }
        return Promise.resolve();
      },
    );
    await waitFor(() => found.records >= expected.records, `all records of ${topic}`, {
      deadlineMs: READ_MAX_MS,
    });
  }
  const [is, should] = [found, expected].map((sum) => JSON.stringify(sum));
  if (is !== should) throw new Error(`${topic} holds ${is}, it should be ${should}`);
}

function sumOf(bytes: Uint8Array): Omit<Sum, "records"> {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i]!;
  return { bytes: bytes.length, sum };
}
