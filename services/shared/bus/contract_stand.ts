/**
 * What the contract's tests stand on: a fresh log, and shorthands to fill and read it.
 *
 * @module
 */
import { FakeClock, waitFor } from "@gopool/testing";
import type { Batch, Bus, ConsumeOptions, ConsumeTrouble, Placement } from "./port.ts";
import type { Topic } from "./topics.ts";

export interface ContractAdapter {
  /** Stands before the name of every test. */
  readonly name: string;
  /** Opens a log that nobody has used, its share topics with CONTRACT_PARTITIONS partitions. */
  readonly open: (clock: FakeClock) => Promise<Bus>;
  /** Records are stamped with the clock given to `open`, and retention goes by it. A real broker has its own. */
  readonly takesTheClock: boolean;
}

/** Share partitions of every log that the contract works on. */
export const CONTRACT_PARTITIONS = 4;

export interface Stand {
  readonly bus: Bus;
  readonly clock: FakeClock;
  /** For whatever must be stopped: aborted when the test ends, however it ends. */
  readonly stop: AbortController;
  gate(): Gate;
}

export type Promises = (what: string, check: (stand: Stand) => Promise<void>) => void;

/** Makes the function that registers one promise of the adapter as one test. */
export function promising(adapter: ContractAdapter): Promises {
  return (what, check) =>
    Deno.test(`${adapter.name} ${what}`, async () => {
      const clock = new FakeClock();
      await using bus = await adapter.open(clock);
      const stop = new AbortController();
      try {
        await check({ bus, clock, stop, gate: () => gateOf(stop.signal) });
      } finally {
        stop.abort();
      }
    });
}

const utf8 = new TextEncoder();
const text = new TextDecoder();

export function bytes(value: string): Uint8Array {
  return utf8.encode(value);
}

/** Appends texts to one partition. */
export function put(
  bus: Bus,
  topic: Topic,
  partition: number,
  ...values: string[]
): Promise<Placement[]> {
  return bus.publish(topic, values.map((value) => ({ partition, value: bytes(value) })));
}

/** The texts of a batch. */
export function texts(batch: Batch): string[] {
  return batch.messages.map((message) => text.decode(message.value));
}

/** Consumes in the background; keeps what it was shown and told. */
export class Watcher {
  readonly batches: Batch[] = [];
  readonly troubles: ConsumeTrouble[] = [];
  readonly #stop = new AbortController();
  /** Resolves when `consume` does. */
  readonly ended: Promise<void>;

  constructor(
    stand: Stand,
    topic: Topic,
    options: Partial<ConsumeOptions> = {},
    handle: (batch: Batch, signal: AbortSignal) => Promise<void> | void = () => {},
  ) {
    this.ended = stand.bus.consume(topic, {
      group: "readers",
      batchMax: 100,
      onTrouble: (trouble) => this.troubles.push(trouble),
      ...options,
      signal: AbortSignal.any([this.#stop.signal, stand.stop.signal]),
    }, async (batch, signal) => {
      await handle(batch, signal);
      this.batches.push(batch);
    });
  }

  /** What was handled, in order: of one partition, or of all. */
  seen(partition?: number): string[] {
    return this.batches.flatMap((batch) =>
      partition === undefined || batch.partition === partition ? texts(batch) : []
    );
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.ended;
  }
}

/** Waits for a condition while fake time goes by, so that back-offs pass whichever clock the adapter has. */
export function eventually(
  { clock }: Stand,
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<true> {
  return waitFor(async () => {
    await clock.advance(20);
    return await condition();
  }, what);
}

/** Holds a handler back until the test opens it. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** Opens by itself at the test's end, so that a test that fails does not hang. */
function gateOf(stop: AbortSignal): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  stop.addEventListener("abort", () => resolve(), { once: true });
  return { opened: promise, open: resolve };
}
