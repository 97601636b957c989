/**
 * Messages as people and scripts read them.
 *
 * @module
 */
import { type Batch, type Bus, type Message, type Topic, TOPICS } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import { fromBinary } from "@gopool/proto";

type Print = (line: string) => void;

export interface TailOptions {
  readonly from?: number;
  readonly partition?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Messages shown per partition where no offset is named. */
const LAST = 10;
/** Hex shown of a long field in text; `--json` has it whole. */
const HEX_SHOWN = 64;

/** @throws {RangeError} There is no topic of this name. */
export function topicNamed(name: string): Topic {
  const topic = TOPICS.find((t) => t.name === name);
  if (topic === undefined) {
    const names = TOPICS.map((t) => t.name).join(", ");
    throw new RangeError(`There is no topic "${name}": it must be one of ${names}`);
  }
  return topic;
}

/** Prints from an offset (or the last few) to the end of each partition, and on with `follow`. */
export async function tailTopic(
  bus: Bus,
  topic: Topic,
  { from, partition, follow, json }: TailOptions,
  print: Print,
  signal: AbortSignal,
): Promise<void> {
  const ends = await bus.ends(topic);
  if (partition !== undefined && partition >= ends.length) {
    throw new RangeError(`${topic.name} has no partition ${partition}: it has ${ends.length}`);
  }
  const wanted = (p: number) => partition === undefined || p === partition;
  const show = (batch: Batch) => {
    if (!wanted(batch.partition)) return;
    for (const message of batch.messages) print(shown(topic, message, json ?? false));
  };
  const starts = ends.map(({ earliest, next }) =>
    Math.min(next, Math.max(earliest, from ?? next - LAST))
  );
  if (follow) {
    await bus.follow(topic, {
      from: { kind: "offsets", offsets: starts },
      batchMax: 100,
      signal,
    }, (batch) => Promise.resolve(show(batch)));
    return;
  }
  for (const end of ends) {
    if (!wanted(end.partition) || signal.aborted) continue;
    for await (const batch of bus.read(topic, end.partition, starts[end.partition]!)) show(batch);
  }
}

function shown(topic: Topic, message: Message, json: boolean): string {
  const { partition, offset, loggedAtMs } = message;
  const loggedAt = new Date(loggedAtMs).toISOString();
  let fields: unknown;
  try {
    fields = plain(fromBinary(topic.schema, message.value), json ? Infinity : HEX_SHOWN);
  } catch (error) {
    fields = { unreadable: (error as Error).message, bytes: toHex(message.value) };
  }
  return json
    ? JSON.stringify({ topic: topic.name, partition, offset, loggedAt, message: fields })
    : `${partition}/${offset} ${loggedAt} ${text(fields)}`;
}

/** A message as plain values: bytes as hex, 64-bit numbers as decimal text, empty fields left out. */
function plain(value: unknown, hexMax: number): unknown {
  if (value instanceof Uint8Array) {
    const hex = toHex(value.subarray(0, Math.ceil(Math.min(value.length, hexMax / 2))));
    return value.length * 2 > hexMax ? `${hex}… (${value.length} bytes)` : hex;
  }
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map((one) => plain(one, hexMax));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => !name.startsWith("$") && !isEmpty(one))
      .map(([name, one]) => [name, plain(one, hexMax)]),
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || value === 0 || value === 0n || value === false ||
    ((value instanceof Uint8Array || Array.isArray(value)) && value.length === 0);
}

function text(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(text).join(" ")}]`;
  return Object.entries(value)
    .map(([name, one]) =>
      typeof one === "object" && !Array.isArray(one)
        ? `${name}{${text(one)}}`
        : `${name}=${text(one)}`
    )
    .join(" ");
}
