import { assertEquals } from "@std/assert";
import { type KafkaServer, startKafka, testKafkaJars } from "./mod.ts";
import { brokersSeen } from "./kafka_wire.ts";

const jars = await testKafkaJars();

const port = (address: string) => Number(address.split(":")[1]);

async function seenBy(kafka: KafkaServer, broker: number): Promise<number[]> {
  return (await brokersSeen(port(kafka.brokers[broker]!))).toSorted();
}

Deno.test({
  name: "a broker comes up, is stopped, killed and started again in its place",
  ignore: jars === null,
  fn: async () => {
    await using kafka = await startKafka(jars!);
    const [first] = kafka.pids;
    await kafka.stop();
    assertEquals(kafka.pids, []);
    await kafka.restart();
    assertEquals(await seenBy(kafka, 0), [1]);
    await kafka.kill();
    await kafka.restart();
    assertEquals(await seenBy(kafka, 0), [1]);
    assertEquals(kafka.pids.length === 1 && kafka.pids[0] !== first, true);
  },
});
