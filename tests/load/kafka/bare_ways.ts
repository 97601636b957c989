/**
 * The ways of a block and of a job with kafkajs alone, seen from this process: it sends, and hears when it is there.
 *
 * @module
 */
import { bareConsumer, BareProducer, dropTopics, makeBareTopics } from "@gopool/bus/bare_kafka";
import { toHex } from "@gopool/chain";
import { TextLineStream } from "../../real/lines.ts";
import { Child } from "../processes.ts";

export interface Place {
  readonly brokers: string;
  readonly prefix: string;
  readonly flags: readonly string[];
}

interface Record {
  readonly key?: Uint8Array;
  readonly value: Uint8Array;
}

/** A child that joins a group is ready by then. */
const READY_MAX_MS = 60_000;

function startHop(flags: readonly string[], args: readonly string[]): Child {
  const program = new URL("bare_hops.ts", import.meta.url).pathname;
  return new Child({
    args: ["run", "--quiet", "--permission-set=tests", ...flags, program, ...args],
    core: null,
  });
}

/** Two hops: a candidate goes to another process, which answers with a block's bytes. */
export class BareBlocks implements AsyncDisposable {
  readonly #waiting = new Map<string, PromiseWithResolvers<number>>();

  private constructor(readonly producer: BareProducer, readonly owned: AsyncDisposableStack) {}

  /** @param files Of the blocks' bytes: of kind 0, of kind 1 … */
  static async start(place: Place, files: readonly string[]): Promise<BareBlocks> {
    await using open = new AsyncDisposableStack();
    const { brokers, prefix, flags } = place;
    const [from, to] = [`${prefix}candidates`, `${prefix}solved`];
    const partitions = files.length;
    await makeBareTopics(brokers, [{ topic: from, partitions }, { topic: to, partitions }]);
    open.defer(async () => void await dropTopics(brokers, prefix));
    const relay = open.use(startHop(flags, ["relay", brokers, from, to, ...files]));
    await relay.told("ready", READY_MAX_MS);
    const producer = await BareProducer.connect(brokers, from);
    open.defer(() => producer.close());
    const sizes = await Promise.all(files.map(async (file) => (await Deno.stat(file)).size));
    const blocks = new BareBlocks(producer, open.move());
    blocks.owned.use(
      await bareConsumer(brokers, { topic: to, group: `${to}.end` }, (partition, messages) => {
        for (const { key, value } of messages) blocks.#arrived(key, value, sizes[partition]!);
        return Promise.resolve();
      }),
    );
    return blocks;
  }

  /** How long it takes until the block is here, ms. */
  async take(kind: number, { key, value }: Record): Promise<number> {
    const arrived = Promise.withResolvers<number>();
    this.#waiting.set(toHex(key!), arrived);
    const startMs = performance.now();
    await this.producer.write([{ partition: kind, key: key!, value }]);
    return await arrived.promise - startMs;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.owned.disposeAsync();
  }

  #arrived(key: Uint8Array, { length }: Uint8Array, size: number): void {
    const waiting = this.#waiting.get(toHex(key));
    if (length === size) waiting?.resolve(performance.now());
    else waiting?.reject(new Error(`The block came with ${length} bytes, not with ${size}`));
  }
}

/** One hop: a job goes to another process, which says by a line that it has it. */
export class BareJobs implements AsyncDisposable {
  #waiting: PromiseWithResolvers<{ atMs: number; bytes: number }> | null = null;

  private constructor(readonly producer: BareProducer, readonly owned: AsyncDisposableStack) {}

  static async start({ brokers, prefix, flags }: Place): Promise<BareJobs> {
    await using open = new AsyncDisposableStack();
    const topic = `${prefix}jobs`;
    await makeBareTopics(brokers, [{ topic, partitions: 1 }]);
    const listener = open.use(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    const child = open.use(startHop(flags, ["told", brokers, topic, String(listener.addr.port)]));
    const connection = await listener.accept();
    await child.told("ready", READY_MAX_MS);
    const producer = await BareProducer.connect(brokers, topic);
    open.defer(() => producer.close());
    const jobs = new BareJobs(producer, open.move());
    jobs.#read(connection).catch(() => {});
    return jobs;
  }

  async take({ key, value }: Record): Promise<number> {
    this.#waiting = Promise.withResolvers();
    const startMs = performance.now();
    await this.producer.write([{ partition: 0, key: key!, value }]);
    const { atMs, bytes } = await this.#waiting.promise;
    if (bytes !== value.length) throw new Error(`The job came with ${bytes} bytes`);
    return atMs - startMs;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.owned.disposeAsync();
  }

  async #read(connection: Deno.TcpConn): Promise<void> {
    const lines = connection.readable.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) {
      this.#waiting?.resolve({ atMs: performance.now(), bytes: Number(line) });
    }
  }
}
