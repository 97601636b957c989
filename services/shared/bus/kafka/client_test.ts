import { assertEquals, assertRejects } from "@std/assert";
import { freePort } from "@gopool/testing";
import { kafkaClient } from "./client.ts";
import { Link } from "./link.ts";
import { kafkaSettings } from "./settings.ts";

async function askOnce(url: string): Promise<string[]> {
  const told: string[] = [];
  const client = kafkaClient(kafkaSettings(url), { onTrouble: (sentence) => told.push(sentence) });
  for (let times = 0; times < 2; times += 1) {
    const link = new Link(client);
    await assertRejects(() => link.use((cluster) => cluster.refreshMetadata()));
    await link.close();
  }
  return told;
}

Deno.test({
  name: "a broker that the process may not reach is told once, with what to add",
  permissions: { net: ["127.0.0.1:1"], env: "inherit", read: "inherit", sys: "inherit" },
  async fn() {
    assertEquals(await askOnce("kafka://127.0.0.1:2"), [
      "The cluster names the broker 127.0.0.1:2, which this process may not reach: add it to GOPOOL_BUS_URL",
    ]);
    assertEquals(await askOnce("kafka://[::1]:2"), [
      "The cluster names the broker [::1]:2, which this process may not reach: add it to GOPOOL_BUS_URL",
    ]);
  },
});

Deno.test("a broker that is merely away is no such trouble", async () => {
  assertEquals(await askOnce(`kafka://127.0.0.1:${freePort()}`), []);
});

/** Not every machine that runs tests has the address. */
function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "clusters begin with each broker of the URL in turn, IPv6 among them",
  ignore: !hasIpv6(),
  fn: everyBrokerInTurn,
});

async function everyBrokerInTurn(): Promise<void> {
  const connections: string[] = [];
  const listeners = ["127.0.0.1", "::1"].map((hostname) => {
    const listener = Deno.listen({ hostname, port: 0 });
    const serving = (async () => {
      for await (const connection of listener) {
        connections.push(hostname);
        connection.close();
      }
    })();
    return { listener, serving };
  });
  const [v4, v6] = listeners.map(({ listener }) => (listener.addr as Deno.NetAddr).port);
  const client = kafkaClient(kafkaSettings(`kafka://127.0.0.1:${v4},[::1]:${v6}`));
  for (let times = 0; times < 4; times += 1) {
    const link = new Link(client);
    await assertRejects(() => link.use((cluster) => cluster.refreshMetadata()));
    await link.close();
  }
  for (const { listener, serving } of listeners) {
    listener.close();
    await serving;
  }
  assertEquals(connections.length, 4);
  assertEquals(new Set(connections).size, 2);
}
