/**
 * The bare loop's processes: one that writes submissions in the gateway's stead, one that reads them and writes
 * judged ones in the judge's. kafkajs and the bytes, nothing else. Run by speed.ts only.
 *
 * @module
 */
import {
  bareConsumer,
  type BareMessage,
  BareProducer,
  type BareRecord,
} from "@gopool/bus/bare_kafka";
import { runProcess } from "@gopool/runtime";
import { saidBy, tell } from "../processes.ts";
import { readSamples, type Samples } from "./samples.ts";

/** Writes the samples over and over: as soon as one is acknowledged the next goes out, or at a fixed rate. */
class BareGateway {
  #next = 0;
  #written = 0;
  #wanted = false;
  #flying = new Set<Promise<void>>();

  constructor(readonly producer: BareProducer, readonly samples: Samples) {}

  /** `count` records are always under way. */
  saturate(count: number): void {
    this.#wanted = true;
    // Each parcel stands for what one turn of a gateway's event loop brings.
    const parcel = Math.min(count, PARCEL);
    for (let left = count; left > 0; left -= parcel) this.#again(Math.min(left, parcel));
  }

  /** Records come at a fixed rate, whatever the broker does. */
  async rate(perSecond: number): Promise<void> {
    this.#wanted = true;
    const startMs = performance.now();
    for (let sent = 0; this.#wanted;) {
      const due = Math.floor((performance.now() - startMs) / 1000 * perSecond);
      if (due > sent) this.#write(due - sent);
      sent = due;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** @returns How many were acknowledged since the last time. */
  async stop(): Promise<number> {
    this.#wanted = false;
    while (this.#flying.size > 0) await Promise.all(this.#flying);
    const written = this.#written;
    this.#written = 0;
    return written;
  }

  #again(count: number): void {
    this.#write(count).then(() => {
      if (this.#wanted) this.#again(count);
    });
  }

  #write(count: number): Promise<void> {
    const { records } = this.samples;
    const parcel: BareRecord[] = [];
    for (let i = 0; i < count; i++) {
      parcel.push(records[this.#next]!);
      this.#next = (this.#next + 1) % records.length;
    }
    const flight = this.producer.write(parcel).then(() => {
      this.#written += count;
      this.#flying.delete(flight);
    });
    this.#flying.add(flight);
    return flight;
  }
}

/** Records that come in one turn of the gateway's event loop under load, as measured. */
const PARCEL = 50;

async function gateway(brokers: string, topic: string, samples: Samples, signal: AbortSignal) {
  const producer = await BareProducer.connect(brokers, topic);
  const bare = new BareGateway(producer, samples);
  tell("ready", 1);
  for await (const line of saidBy(signal)) {
    const [what, number] = line.split(" ");
    if (what === "saturate") bare.saturate(Number(number));
    else if (what === "rate") void bare.rate(Number(number));
    else {
      const sendsBefore = producer.sends;
      tell("written", await bare.stop());
      tell("sends", sendsBefore);
    }
  }
  await producer.close();
}

async function judge(
  brokers: string,
  [from, to]: readonly [string, string],
  samples: Samples,
  signal: AbortSignal,
) {
  const producer = await BareProducer.connect(brokers, to);
  const { judgement } = samples;
  let judged = 0;
  const value = (submission: Uint8Array) => {
    const bytes = new Uint8Array(submission.length + judgement.length);
    bytes.set(submission);
    bytes.set(judgement, submission.length);
    return bytes;
  };
  const handle = async (partition: number, messages: readonly BareMessage[]) => {
    const records = messages.map((m) => ({ partition, key: m.key, value: value(m.value) }));
    await producer.write(records);
    judged += records.length;
  };
  await using _ = await bareConsumer(brokers, { topic: from, group: `${from}.judge` }, handle);
  tell("ready", 1);
  for await (const line of saidBy(signal)) {
    if (line === "count") tell("judged", judged);
    else if (line === "sends") tell("sends", producer.sends);
  }
  await producer.close();
}

await runProcess("bare", async ({ args: [role, brokers, path, from, to], signal }) => {
  const samples = await readSamples(path!);
  if (role === "gateway") await gateway(brokers!, from!, samples, signal);
  else await judge(brokers!, [from!, to!], samples, signal);
});
