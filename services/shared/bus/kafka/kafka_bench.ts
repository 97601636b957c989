/**
 * What one process gets through the bus on Kafka, every record at rest with its broker before it counts. Of a broker
 * that runs (GOPOOL_TEST_KAFKA) or of one started for it; where there is none nothing is measured. Run:
 * deno bench -P=tests services/shared/bus/kafka/kafka_bench.ts
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { KAFKA_VARIABLE, sharedKafka } from "@gopool/testing/servers";
import { type Bus, createTopics, openBus, type OutRecord, shareSubmissions } from "../mod.ts";
import { dropTopics } from "./bare_fixture.ts";

const BATCH = 500;
const SHARE_BYTES = 330;
const ROUNDS = 4;
const BATCHES_PER_ROUND = 40;

const records = Array.from({ length: BATCH }, (_, i): OutRecord => ({
  partition: i % 4,
  key: Uint8Array.of(0, 0, 1, i),
  value: new Uint8Array(SHARE_BYTES).fill(i),
}));

const given = Deno.env.get(KAFKA_VARIABLE);
const server = given === undefined ? await sharedKafka() : { address: given };
if ("why" in server) {
  Deno.bench({ name: `Kafka is not measured: ${server.why}`, ignore: true, fn() {} });
} else {
  const address = server.address.replace(/^kafka:\/\//, "");
  const prefix = `bench-${crypto.randomUUID().slice(0, 8)}.`;
  const url = `kafka://${address}?prefix=${prefix}`;
  await createTopics(url, { clock: systemClock });
  const bus = await openBus(url, { clock: systemClock });
  await assertMoved(bus);
  Deno.bench(`${BATCH} shares in one call`, { group: "publish", baseline: true }, async () => {
    await bus.publish(shareSubmissions, records);
  });
  Deno.bench(`${BATCH} calls of one share in one turn`, { group: "publish" }, async () => {
    await Promise.all(records.map((record) => bus.publish(shareSubmissions, [record])));
  });
  Deno.bench("1 share", { group: "publish" }, async () => {
    await bus.publish(shareSubmissions, [records[0]!]);
  });
  // Groups run in the order in which they are made; a bench may be called more than once.
  let ended: Promise<void> | undefined;
  const end = async () => {
    await bus[Symbol.asyncDispose]();
    if (Symbol.asyncDispose in server) await server[Symbol.asyncDispose]();
    else await dropTopics(address, prefix);
  };
  Deno.bench({ name: "the end", group: "end", n: 1, warmup: 0 }, async () => {
    await (ended ??= end());
  });
}

/** Asserts first: what is confirmed is on the log, every byte. The best round counts: machines are shared. */
async function assertMoved(bus: Bus): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startMs = performance.now();
    for (let i = 0; i < BATCHES_PER_ROUND; i += 1) await bus.publish(shareSubmissions, records);
    rates.push(BATCHES_PER_ROUND * BATCH * 1000 / (performance.now() - startMs));
  }
  console.log(`kafka: ${Math.round(Math.max(...rates))} shares a second in batches of ${BATCH}`);
  const sumOf = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0);
  const times = ROUNDS * BATCHES_PER_ROUND;
  const expected = { count: times * BATCH, sum: 0 };
  for (const { value } of records) expected.sum += times * sumOf(value);
  const found = { count: 0, sum: 0 };
  const startMs = performance.now();
  for (const { partition } of await bus.ends(shareSubmissions)) {
    for await (const { messages } of bus.read(shareSubmissions, partition, 0)) {
      found.count += messages.length;
      for (const { value } of messages) found.sum += sumOf(value);
    }
  }
  const perSecond = found.count * 1000 / (performance.now() - startMs);
  console.log(`kafka: ${Math.round(perSecond)} shares a second read and summed`);
  if (found.count !== expected.count || found.sum !== expected.sum) {
    throw new Error(`Confirmed ${JSON.stringify(expected)}, read ${JSON.stringify(found)}`);
  }
}
