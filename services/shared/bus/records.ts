/**
 * Typed records: protobuf-es for every topic that is not hot (the share topics have their own codec in
 * @gopool/shares, wire-identical).
 *
 * @module
 */
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@gopool/proto";
import type { OutRecord } from "./port.ts";
import type { Topic } from "./topics.ts";

/** Where an encoded record goes: by key, or to a named partition (with a key only carried along). */
export type Whereto =
  | { readonly key: Uint8Array | string; readonly partition?: number }
  | { readonly key?: Uint8Array | string; readonly partition: number };

const utf8 = new TextEncoder();

/** A record of the topic's own message type. A key given as text goes out as UTF-8. */
export function encodeRecord<D extends DescMessage>(
  topic: Topic<D>,
  message: MessageInitShape<D>,
  whereto: Whereto,
): OutRecord {
  const { key, partition } = whereto;
  return {
    value: toBinary(topic.schema, create(topic.schema, message)),
    ...(key === undefined ? {} : { key: typeof key === "string" ? utf8.encode(key) : key }),
    ...(partition === undefined ? {} : { partition }),
  };
}

/**
 * The message in a record's value. Fields that this build does not know are kept aside, not refused.
 *
 * @throws {Error} The bytes are no message of the topic's type.
 */
export function decode<D extends DescMessage>(topic: Topic<D>, value: Uint8Array): MessageShape<D> {
  return fromBinary(topic.schema, value);
}
