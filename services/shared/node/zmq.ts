/**
 * New blocks by Bitcoin Core's `zmqpubhashblock`. Imported only where an address is configured, because zeromq is
 * native code: the process needs FFI for it, and its sockets pass Deno's net permission by.
 *
 * Used in the one way that holds on Deno 2.9 with zeromq 6.8, found by killing publishers under it:
 * - a `receive()` parked across a disconnect never wakes again, so it is called only when there is something to read;
 * - closing a socket inside a handler of its `events`, or ending the runtime in the turn in which a socket with
 *   `events` was closed, ends the process with a segmentation fault, and so does `receiveTimeout`. So neither is
 *   used, and the one socket is closed once, when all is over. libzmq reconnects by itself underneath.
 *
 * @module
 */
import type { Hash } from "@gopool/chain";
import type { Clock } from "@gopool/runtime";
import { Subscriber } from "zeromq";

/** A new block, as a publisher tells it. Some may be lost: look at the chain, do not count them. */
export interface Notice {
  readonly hash: Hash;
  /** How many notices the publisher's own numbers say were lost before this one. */
  readonly missed: number;
}

export interface ZmqDeps {
  readonly clock: Clock;
  /** A sentence for each thing that went wrong and was mended. */
  readonly onTrouble?: (sentence: string) => void;
}

const TOPIC = "hashblock";
/** Between two looks at the socket: 1.3 % of a core, and 10 ms on average where a block comes every 600 s. */
const LOOK_MS = 20;
/** Between two attempts of libzmq to connect. */
const RECONNECT_MS = 500;
/** Pings, because a publisher that vanished without a word looks like one without news. libzmq answers them. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT_TIMEOUT_MS = 45_000;
/** Notices kept while we are busy: only the newest matters. */
const QUEUE_MAX = 64;

/**
 * Notices from one publisher until `signal` aborts; outages do not end it, and are not told: nothing arrives then.
 *
 * @throws {Error} The address is none that libzmq can connect to.
 */
export async function* hashBlocks(
  endpoint: string,
  { clock, onTrouble = () => {} }: ZmqDeps,
  signal: AbortSignal,
): AsyncGenerator<Notice, void, void> {
  const socket = new Subscriber({
    linger: 0,
    reconnectInterval: RECONNECT_MS,
    receiveHighWaterMark: QUEUE_MAX,
    heartbeatInterval: HEARTBEAT_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    heartbeatTimeToLive: HEARTBEAT_TIMEOUT_MS,
  });
  try {
    socket.subscribe(TOPIC);
    socket.connect(endpoint);
    let expected: number | null = null;
    while (!signal.aborted) {
      if (!socket.readable) {
        await clock.sleep(LOOK_MS, signal);
        continue;
      }
      const message = decode(await socket.receive());
      if (message === null) {
        onTrouble(`A notice from ${endpoint} is no ${TOPIC}`);
        continue;
      }
      const { hash, sequence } = message;
      // A lower number is a publisher that has started anew: nothing to count from.
      const missed: number = expected === null || sequence < expected ? 0 : sequence - expected;
      expected = (sequence + 1) >>> 0;
      if (missed > 0) onTrouble(`${missed} block notices from ${endpoint} were lost`);
      yield { hash, missed };
    }
  } finally {
    socket.close();
  }
}

/** Topic, hash in display order, and a counter of this topic, least significant byte first (Core doc/zmq.md). */
function decode(frames: readonly Uint8Array[]): { hash: Hash; sequence: number } | null {
  const [topic, hash, sequence] = frames;
  if (topic === undefined || new TextDecoder().decode(topic) !== TOPIC) return null;
  if (hash?.length !== 32 || sequence?.length !== 4) return null;
  return {
    hash: Uint8Array.from(hash).reverse() as Hash,
    sequence: new DataView(sequence.buffer, sequence.byteOffset, 4).getUint32(0, true),
  };
}
