/** TLS and logins, against a broker that wants them: one for all tests here. */
import { assertEquals, assertRejects } from "@std/assert";
import { type KafkaServer, startKafka, testKafkaJars } from "@gopool/testing/servers";
import { openKafkaBus } from "../kafka.ts";
import { BusNotOpened, type KafkaOptions } from "../options.ts";
import { miningJobs } from "../topics.ts";
import { kafkaClient } from "./client.ts";
import { kafkaSettings } from "./settings.ts";
import { createTopics, openTopics } from "./topics_admin.ts";
import { clock } from "./writer_fixture.ts";

const jars = await testKafkaJars();
const login = { username: "pool", password: "hush-1234" };
const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

/** Writes a record, reads it back, and lets a group read it. */
async function works(bootstrap: string, options: KafkaOptions): Promise<void> {
  const url = `kafka://${bootstrap}?prefix=${crypto.randomUUID().slice(0, 8)}.`;
  await createTopics(kafkaClient(kafkaSettings(url, options)));
  await using bus = await openKafkaBus(url, { clock, kafka: options });
  await bus.publish(miningJobs, [{ partition: 0, value: Uint8Array.of(7) }]);
  assertEquals((await bus.last(miningJobs, 0))?.value, Uint8Array.of(7));
  const stop = new AbortController();
  await bus.consume(
    miningJobs,
    { group: "readers", batchMax: 1, signal: stop.signal },
    () => Promise.resolve(stop.abort()),
  );
  assertEquals(await bus.committed(miningJobs, "readers"), [1]);
}

function open(bootstrap: string, options: KafkaOptions, signal?: AbortSignal) {
  const client = kafkaClient(kafkaSettings(`kafka://${bootstrap}`, options));
  return openTopics(client, signal === undefined ? {} : { signal });
}

async function withServer(
  options: Parameters<typeof startKafka>[1],
  work: (server: KafkaServer) => Promise<void>,
): Promise<void> {
  await using server = await startKafka(jars!, options);
  await work(server);
}

Deno.test({
  name: "the bus works over TLS with each login, and a wrong password is told at once",
  ignore: jars === null,
  fn: () =>
    withServer({ tls: true, sasl: login }, async ({ listeners, pem }) => {
      const tls = { ca: pem!.ca };
      for (const mechanism of MECHANISMS) {
        await works(listeners.saslTls!, { tls, sasl: { mechanism, ...login } });
        const wrong = { mechanism, username: login.username, password: "guessed" };
        const error = await assertRejects(
          () => open(listeners.saslTls!, { tls, sasl: wrong }),
          BusNotOpened,
        );
        assertEquals(error.message.includes("guessed"), false);
      }
      await works(listeners.sasl!, { sasl: { mechanism: "scram-sha-512", ...login } });
      await works(listeners.tls!, { tls });
    }),
});

Deno.test({
  name: "a broker that wants certificates takes ours and nobody without one",
  ignore: jars === null,
  fn: () =>
    withServer({ tls: "client-certificate" }, async ({ listeners, pem }) => {
      const { ca, client } = pem!;
      await works(listeners.tls!, { tls: { ca, ...client } });
      const stranger = open(listeners.tls!, { tls: { ca } }, AbortSignal.timeout(3_000));
      await assertRejects(() => stranger, BusNotOpened, "The wait for the brokers");
    }),
});
