/**
 * Messages as people and scripts read them.
 *
 * @module
 */
import { type Batch, type Bus, type Ends, type Message, type Topic, TOPICS } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import { fromBinary } from "@gopool/proto";
import { plain } from "./plain.ts";

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
  checkFrom(topic, ends, from, partition);
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

/** An offset that no partition has reached is a mistake; one that only some have is not. */
function checkFrom(
  topic: Topic,
  ends: readonly Ends[],
  from: number | undefined,
  partition: number | undefined,
): void {
  const asked = partition === undefined ? ends : [ends[partition]!];
  const last = Math.max(...asked.map(({ next }) => next));
  if (from === undefined || from <= last) return;
  const where = partition === undefined ? topic.name : `${topic.name}/${partition}`;
  throw new RangeError(`${where} has no offset ${from} yet: the next one is ${last}`);
}

function shown(topic: Topic, message: Message, json: boolean): string {
  const { partition, offset, loggedAtMs } = message;
  const loggedAt = new Date(loggedAtMs).toISOString();
  let fields: Record<string, unknown>;
  try {
    fields = plain(
      topic.schema,
      fromBinary(topic.schema, message.value),
      json ? Infinity : HEX_SHOWN,
    );
  } catch (error) {
    fields = { unreadable: (error as Error).message, bytes: toHex(message.value) };
  }
  return json
    ? JSON.stringify({ topic: topic.name, partition, offset, loggedAt, message: fields })
    : `${partition}/${offset} ${loggedAt} ${words(fields)}`;
}

function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(" ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return `{${words(value)}}`;
}

function words(fields: object): string {
  return Object.entries(fields).map(([name, one]) => `${name}=${text(one)}`).join(" ");
}
