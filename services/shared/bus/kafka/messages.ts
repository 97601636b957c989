import type { Message } from "../port.ts";
import type { FetchedPartition } from "./kafkajs_internals.ts";

/** Records of an answer from `from` on, and where the next fetch begins. */
export function messagesOf(
  { partition, messages }: FetchedPartition,
  from: number,
): { messages: Message[]; next: number } {
  const found: Message[] = [];
  let next = from;
  for (const { offset, timestamp, key, value, isControlRecord } of messages) {
    const at = Number(offset);
    // A batch comes whole, also where the position lies in its middle.
    if (at < from) continue;
    next = at + 1;
    // Another program's transaction: nobody's record.
    if (isControlRecord) continue;
    found.push({
      partition,
      offset: at,
      loggedAtMs: Number(timestamp),
      key: plain(key),
      value: plain(value),
    });
  }
  return { messages: found, next };
}

/** The same bytes without Node's Buffer around them. */
function plain(bytes: Uint8Array | null): Uint8Array {
  return bytes === null
    ? new Uint8Array(0)
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
