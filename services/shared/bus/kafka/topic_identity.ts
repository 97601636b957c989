/**
 * Whether a topic is still the one that this process began to read. One that is deleted and made again has its old
 * name and offsets that begin at 0; a position in the old one may well stand in the new one, and to the older requests
 * of the protocol, which name topics by their names, nothing is wrong with it. Only the topic's id tells.
 *
 * @module
 */
import { LogDamaged } from "../log_store.ts";
import type { KafkaClient } from "./client.ts";
import type { Broker, Cluster } from "./kafkajs_internals.ts";
import { createErrorFromCode, sendRaw } from "./kafkajs_internals.ts";

/** The topic stands under its name, but is another one: positions in the old one mean nothing in it. */
export class TopicMadeAgain extends LogDamaged {
  override name = "TopicMadeAgain";
  constructor(topicName: string) {
    super(
      `Cannot go on with ${topicName}: it was deleted and made again, and positions in the old topic mean nothing in ` +
        "the new one. Look what was lost with it, then start the process anew",
    );
  }
}

interface Identity {
  /** As first seen. */
  readonly id: string;
  fault?: TopicMadeAgain;
}

/** Of one bus: its readers must agree on what they read. */
const identities = new WeakMap<KafkaClient, Map<string, Identity>>();

function identitiesOf(client: KafkaClient): Map<string, Identity> {
  let known = identities.get(client);
  if (known === undefined) identities.set(client, known = new Map());
  return known;
}

/**
 * Asks the brokers for the topic's id and compares it with the first one seen.
 *
 * @throws {TopicMadeAgain} @throws What asking throws, also where the topic is not there.
 */
export async function assertSameTopic(
  client: KafkaClient,
  cluster: Cluster,
  topicName: string,
): Promise<void> {
  throwIfMadeAgain(client, topicName);
  const id = await topicId(await cluster.findControllerBroker(), topicName);
  const known = identitiesOf(client);
  const identity = known.get(topicName);
  if (identity === undefined) known.set(topicName, { id });
  else if (identity.id !== id) identity.fault ??= new TopicMadeAgain(topicName);
  throwIfMadeAgain(client, topicName);
}

/** @throws {TopicMadeAgain} A reader of this bus has found it out. */
export function throwIfMadeAgain(client: KafkaClient, topicName: string): void {
  const fault = identities.get(client)?.get(topicName)?.fault;
  if (fault !== undefined) throw fault;
}

const METADATA = 3;
/** Answers with ids; brokers have it since 3.0. kafkajs knows the versions up to 6. */
const WITH_IDS = 12;

/** The id that the cluster gave the topic when it was made, in hex digits. */
async function topicId(broker: Broker, topicName: string): Promise<string> {
  const answer = await sendRaw(broker, METADATA, WITH_IDS, question(topicName));
  return idIn(new Walk(answer));
}

/**
 * The request's body, with the empty list of tags that ends its header before it. Numbers of the form "count + 1" are
 * the protocol's compact lists and texts.
 */
function question(topicName: string): Uint8Array {
  const name = new TextEncoder().encode(topicName);
  const ONE = 1 + 1;
  return new Uint8Array([
    ...[0, ONE],
    ...new Array<number>(16).fill(0), // asked for by name, not by id
    ...varint(name.length + 1),
    ...name,
    0, // no tags of the topic's
    ...[0, 0, 0], // make none that is missing, no list of operations, no tags
  ]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function idIn(walk: Walk): string {
  walk.tags(); // of the header
  walk.skip(4); // throttle time
  for (let brokers = walk.varint() - 1; brokers > 0; brokers--) {
    walk.skip(4); // node id
    walk.text(); // host
    walk.skip(4); // port
    walk.text(); // rack
    walk.tags();
  }
  walk.text(); // cluster id
  walk.skip(4); // controller
  walk.varint(); // one topic
  const code = walk.int16();
  if (code !== 0) throw createErrorFromCode(code);
  walk.text(); // its name
  return [...walk.take(16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads an answer from its beginning on. */
class Walk {
  #at = 0;
  constructor(private readonly bytes: Uint8Array) {}

  take(count: number): Uint8Array {
    this.skip(count);
    return this.bytes.subarray(this.#at - count, this.#at);
  }

  skip(count: number): void {
    this.#at += count;
    if (this.#at > this.bytes.length) throw new RangeError("The broker's answer is cut off");
  }

  int16(): number {
    const [high, low] = this.take(2);
    return (high! << 8 | low!) << 16 >> 16;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const [byte] = this.take(1);
      value |= (byte! & 0x7f) << shift;
      if (byte! < 0x80) return value >>> 0;
    }
  }

  /** A text, or none. */
  text(): void {
    this.skip(Math.max(0, this.varint() - 1));
  }

  tags(): void {
    for (let count = this.varint(); count > 0; count--) {
      this.varint();
      this.skip(this.varint());
    }
  }
}
