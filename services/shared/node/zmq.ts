/**
 * New blocks by Bitcoin Core's `zmqpubhashblock`. Imported only where an address is configured, because zeromq is
 * native code: the process needs FFI for it, and its sockets pass Deno's net permission by.
 *
 * How it is used is shaped by what zeromq 6.8 does on Deno 2.9: a `receive()` parked across a disconnect never wakes
 * again, though libzmq reconnects; `receiveTimeout` ends the process with a segmentation fault, and so does a runtime
 * that ends in the same turn in which a socket with events was closed. So each node has one socket, a disconnect
 * closes it and opens a new one, a watchdog does the same for a socket that has something to read while nobody
 * wakes, and closing waits for the end of the events.
 *
 * @module
 */
import type { Hash } from "@gopool/chain";
import type { Clock } from "@gopool/runtime";
import { Subscriber } from "zeromq";

/** What a listener is told. Notices may be lost: look at the chain, do not count them. */
export type Notice =
  /** `missed`: how many notices the publisher's own numbers say were lost before this one. */
  | { readonly kind: "block"; readonly hash: Hash; readonly missed: number }
  /** The publisher is there again after an outage, during which anything may have happened. */
  | { readonly kind: "reconnected" };

export interface ZmqDeps {
  readonly clock: Clock;
  /** A sentence for each thing that went wrong and was mended. */
  readonly onTrouble?: (sentence: string) => void;
}

const TOPIC = "hashblock";
/** Between two attempts of libzmq to connect. */
const RECONNECT_MS = 500;
/** Pings, because a publisher that vanished without a word looks like one without news. libzmq answers them. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT_TIMEOUT_MS = 45_000;
/** Notices kept while we are busy: only the newest matters. */
const QUEUE_MAX = 64;
/** How long a closed socket may take to say so. It does within a millisecond; shutting down must not hang on it. */
const CLOSE_WITHIN_MS = 1_000;
/** How often the watchdog looks. */
const WATCHDOG_MS = 1_000;

/** Notices from one publisher until `signal` aborts; outages do not end it. */
export async function* hashBlocks(
  endpoint: string,
  deps: ZmqDeps,
  signal: AbortSignal,
): AsyncGenerator<Notice, void, void> {
  let expected: number | null = null;
  let connectedBefore = false;
  while (!signal.aborted) {
    const session = new Session(endpoint, deps, signal);
    try {
      for await (const event of session.events()) {
        if (event === "connected") {
          if (connectedBefore) yield { kind: "reconnected" };
          connectedBefore = true;
          continue;
        }
        const { hash, sequence } = event;
        // A lower number is a publisher that has started anew: nothing to count from.
        const missed = expected === null || sequence < expected ? 0 : sequence - expected;
        expected = (sequence + 1) >>> 0;
        if (missed > 0) deps.onTrouble?.(`${missed} block notices from ${endpoint} were lost`);
        yield { kind: "block", hash, missed };
      }
    } finally {
      await session.close();
    }
  }
}

type SessionEvent = "connected" | { readonly hash: Hash; readonly sequence: number };

/** One socket, from its opening to its first disconnect. */
class Session {
  readonly #socket = new Subscriber({
    linger: 0,
    reconnectInterval: RECONNECT_MS,
    receiveHighWaterMark: QUEUE_MAX,
    heartbeatInterval: HEARTBEAT_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    heartbeatTimeToLive: HEARTBEAT_TIMEOUT_MS,
  });
  readonly #ended = new AbortController();
  readonly #queue: SessionEvent[] = [];
  #wake: () => void = () => {};
  #received = 0;
  readonly #working: Promise<unknown>;
  readonly #wound = new AbortController();

  constructor(readonly endpoint: string, readonly deps: ZmqDeps, readonly signal: AbortSignal) {
    const { events } = this.#socket;
    events.on("handshake", () => this.#push("connected"));
    events.on("disconnect", () => this.#end());
    events.on("end", () => this.#wound.abort());
    signal.addEventListener("abort", this.#end, { once: true });
    this.#socket.subscribe(TOPIC);
    this.#socket.connect(endpoint);
    this.#working = Promise.all([this.#receive(), this.#watchdog()]);
    if (signal.aborted) this.#end();
  }

  /** What arrives until the session ends. */
  async *events(): AsyncGenerator<SessionEvent, void, void> {
    while (true) {
      const event = this.#queue.shift();
      if (event !== undefined) yield event;
      else if (this.#ended.signal.aborted) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async close(): Promise<void> {
    this.#end();
    await this.#working;
    await this.deps.clock.sleep(CLOSE_WITHIN_MS, this.#wound.signal);
  }

  #end = (): void => {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.signal.removeEventListener("abort", this.#end);
    // Makes the parked receive() throw: the only way to get it back.
    this.#socket.close();
    this.#wake();
  };

  #push(event: SessionEvent): void {
    if (this.#queue.length >= QUEUE_MAX) this.#queue.shift();
    this.#queue.push(event);
    this.#wake();
  }

  async #receive(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      let frames: Uint8Array[];
      try {
        frames = await this.#socket.receive();
      } catch (error) {
        // EAGAIN of a socket that was closed under it.
        if (this.#ended.signal.aborted) return;
        this.deps.onTrouble?.(`Lost the block notices of ${this.endpoint}: ${error}`);
        this.#end();
        return;
      }
      this.#received++;
      const event = decode(frames);
      if (event !== null) this.#push(event);
      else this.deps.onTrouble?.(`A notice from ${this.endpoint} is no ${TOPIC}`);
    }
  }

  /** Something to read at two looks in a row, and nothing received between them: receive() is stuck. */
  async #watchdog(): Promise<void> {
    let readableAt = -1;
    while (true) {
      await this.deps.clock.sleep(WATCHDOG_MS, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      if (!this.#socket.readable) readableAt = -1;
      else if (readableAt === this.#received) {
        this.deps.onTrouble?.(`The ZMQ socket to ${this.endpoint} was stuck and is opened anew`);
        this.#end();
        return;
      } else readableAt = this.#received;
    }
  }
}

/** Topic, hash in display order, and a counter of this topic, least significant byte first (Core doc/zmq.md). */
function decode(frames: readonly Uint8Array[]): SessionEvent | null {
  const [topic, hash, sequence] = frames;
  if (topic === undefined || new TextDecoder().decode(topic) !== TOPIC) return null;
  if (hash?.length !== 32 || sequence?.length !== 4) return null;
  return {
    hash: Uint8Array.from(hash).reverse() as Hash,
    sequence: new DataView(sequence.buffer, sequence.byteOffset, 4).getUint32(0, true),
  };
}
