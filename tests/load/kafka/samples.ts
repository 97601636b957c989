/**
 * Records as the pool wrote them, for the bare loop to carry the very same bytes.
 *
 * @module
 */
import { type Bus, shareSubmissions, shareValid } from "@gopool/bus";
import { fromHex, toHex } from "@gopool/chain";

export interface Samples {
  /** Submissions, each on the partition where it stands. */
  readonly records: readonly {
    readonly partition: number;
    readonly key: Uint8Array;
    readonly value: Uint8Array;
  }[];
  /** What a judge appended to one of them. */
  readonly judgement: Uint8Array;
}

/** As many submissions as tell one batch from another, and small enough to stay in a cache as live ones would. */
const SAMPLES = 2_000;

/** Takes them from a pool that has judged some. */
export async function takeSamples(bus: Bus): Promise<Samples> {
  const records = [];
  const ends = await bus.ends(shareSubmissions);
  for (const { partition, earliest } of ends) {
    let left = Math.ceil(SAMPLES / ends.length);
    for await (const { messages } of bus.read(shareSubmissions, partition, earliest)) {
      for (const { key, value } of messages.slice(0, left)) records.push({ partition, key, value });
      left -= Math.min(left, messages.length);
      if (left === 0) break;
    }
  }
  if (records.length === 0) throw new Error("The pool has written no submission");
  const judgement = await judgementOf(bus, records[0]!.value, records[0]!.partition);
  // Mixed as they come in life: the partitions side by side.
  records.sort((a, b) => a.value[a.value.length - 1]! - b.value[b.value.length - 1]!);
  return { records, judgement };
}

/** A result is the submission's bytes with fields appended. */
async function judgementOf(bus: Bus, value: Uint8Array, partition: number): Promise<Uint8Array> {
  const { earliest } = (await bus.ends(shareValid))[partition]!;
  for await (const { messages } of bus.read(shareValid, partition, earliest)) {
    for (const { value: judged } of messages) {
      if (value.every((byte, at) => judged[at] === byte)) return judged.slice(value.length);
    }
  }
  throw new Error("The first submission was not judged valid");
}

export async function writeSamples(path: string, samples: Samples): Promise<void> {
  const plain = {
    records: samples.records.map(({ partition, key, value }) => [
      partition,
      toHex(key),
      toHex(value),
    ]),
    judgement: toHex(samples.judgement),
  };
  await Deno.writeTextFile(path, JSON.stringify(plain));
}

export async function readSamples(path: string): Promise<Samples> {
  const { records, judgement } = JSON.parse(await Deno.readTextFile(path));
  return {
    records: records.map(([partition, key, value]: [number, string, string]) => ({
      partition,
      key: fromHex(key),
      value: fromHex(value),
    })),
    judgement: fromHex(judgement),
  };
}
