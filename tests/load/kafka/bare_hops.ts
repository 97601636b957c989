/**
 * kafkajs bare on the way of a block and of a job: one process that answers each candidate with a block's bytes, one
 * that says by a line when it has a job. Run by latency.ts only.
 *
 * @module
 */
import { bareConsumer, BareProducer } from "@gopool/bus/bare_kafka";
import { runProcess } from "@gopool/runtime";
import { tell } from "../processes.ts";

/** A candidate of partition n is answered with the nth file's bytes, on partition n. */
async function relay(brokers: string, from: string, to: string, files: readonly string[]) {
  const blocks = await Promise.all(files.map((file) => Deno.readFile(file)));
  const producer = await BareProducer.connect(brokers, to);
  const consumer = await bareConsumer(
    brokers,
    { topic: from, group: `${from}.relay` },
    async (partition, messages) => {
      const value = blocks[partition]!;
      await producer.write(messages.map(({ key }) => ({ partition, key, value })));
    },
  );
  return async () => {
    await consumer[Symbol.asyncDispose]();
    await producer.close();
  };
}

/** Each job is told by its key, on a line. */
async function told(brokers: string, topic: string, port: number) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const consumer = await bareConsumer(
    brokers,
    { topic, group: `${topic}.told` },
    async (_, messages) => {
      for (const { value } of messages) {
        const line = new TextEncoder().encode(`${value.length}\n`);
        await connection.write(line);
      }
    },
  );
  return async () => {
    await consumer[Symbol.asyncDispose]();
    connection.close();
  };
}

await runProcess("bare", async ({ args, signal }) => {
  const [role, brokers, from, to, ...files] = args;
  const end = role === "relay"
    ? await relay(brokers!, from!, to!, files)
    : await told(brokers!, from!, Number(to));
  tell("ready", 1);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await end();
});
