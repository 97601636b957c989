import { assert, assertEquals, assertRejects } from "@std/assert";
import { waitFor } from "../wait_for.ts";
import { type KafkaServer, startKafka, testKafka, testKafkaJars } from "./mod.ts";
import { takesLogin } from "./kafka_login.ts";
import { brokersSeen } from "./kafka_wire.ts";

const jars = await testKafkaJars();
const shared = await testKafka();

const port = (address: string) => Number(address.split(":")[1]);
const connectTo = (address: string) => ({ hostname: "127.0.0.1", port: port(address) });

async function seenBy(kafka: KafkaServer, broker: number): Promise<number[]> {
  return (await brokersSeen(port(kafka.brokers[broker]!))).toSorted();
}

Deno.test({
  name: "the broker that all tests share is there",
  ignore: shared === null,
  fn: async () => assertEquals(await brokersSeen(Number(new URL(shared!).port)), [1]),
});

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
    assert(kafka.pids.length === 1 && kafka.pids[0] !== first);
  },
});

Deno.test({
  name: "three brokers count each other, one that is killed no longer, and again when it is back",
  ignore: jars === null,
  fn: async () => {
    await using kafka = await startKafka(jars!, { brokers: 3 });
    for (const at of [0, 1, 2]) assertEquals(await seenBy(kafka, at), [1, 2, 3]);
    await kafka.kill(1);
    const without = async () => (await seenBy(kafka, 0)).join() === "1,3";
    await waitFor(without, "the death of a broker to be seen", { deadlineMs: 60_000 });
    await kafka.restart(1);
    for (const at of [0, 1, 2]) {
      const all = async () => (await seenBy(kafka, at)).join() === "1,2,3";
      await waitFor(all, `broker ${at + 1} to see all three`, { deadlineMs: 60_000 });
    }
  },
});

Deno.test({
  name: "a broker that stands still answers nothing, and goes on when it is woken",
  ignore: jars === null,
  fn: async () => {
    await using kafka = await startKafka(jars!);
    kafka.stall(true);
    await assertRejects(() => seenBy(kafka, 0));
    kafka.stall(false);
    const woken = () => seenBy(kafka, 0).then((seen) => seen.length === 1, () => false);
    await waitFor(woken, "the broker to be counted again", { deadlineMs: 60_000 });
  },
});

Deno.test({
  name: "listeners with TLS and login take the right ones only",
  ignore: jars === null,
  fn: async () => {
    const right = { username: "alice", password: "alice's secret" };
    const wrong = { ...right, password: "another" };
    await using kafka = await startKafka(jars!, { tls: "client-certificate", sasl: right });
    const { sasl, tls, saslTls } = kafka.listeners;
    const pem = kafka.pem!;
    for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const) {
      for (const login of [right, wrong]) {
        using connection = await Deno.connect(connectTo(sasl!));
        assertEquals(await takesLogin(connection, mechanism, login), login === right, mechanism);
      }
    }
    const certificates = { caCerts: [pem.ca], ...pem.client };
    using both = await Deno.connectTls({ ...connectTo(saslTls!), ...certificates });
    assert(await takesLogin(both, "SCRAM-SHA-512", right));

    assertEquals(await brokersSeen(port(tls!), certificates), [1]);
    await assertRejects(() => brokersSeen(port(tls!), { caCerts: [pem.ca] }));
    await assertRejects(() => brokersSeen(port(tls!), pem.client), Error, "UnknownIssuer");
  },
});
