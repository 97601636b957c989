import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { assert, assertEquals } from "@std/assert";
import { BlockService, PoolService } from "@gopool/proto/api";
import { captureLog } from "@gopool/testing";
import { clientAddress } from "./caller.ts";
import { serving } from "./gateway.ts";
import { serveGateway } from "./served_fixture.ts";

const pool = serving(PoolService, {
  getPool: (_, { values }) => ({ name: `for ${clientAddress(values)}`, payoutThresholdSats: 7n }),
  async *watchPool() {
    for (const miners of [1, 2]) yield await Promise.resolve({ miners });
  },
});

const TRANSPORTS = {
  "Connect": createConnectTransport,
  "gRPC-Web": createGrpcWebTransport,
} as const;

for (const [name, transport] of Object.entries(TRANSPORTS)) {
  Deno.test(`over ${name} a method answers, and a stream streams`, async () => {
    await using served = serveGateway({ services: [pool] });
    const client = createClient(
      PoolService,
      transport({ baseUrl: served.url, httpVersion: "1.1" }),
    );
    const { name, payoutThresholdSats } = await client.getPool({});
    assertEquals([name, payoutThresholdSats], ["for 127.0.0.1", 7n]);
    const miners = [];
    for await (const one of client.watchPool({})) miners.push(one.miners);
    assertEquals(miners, [1, 2]);
  });
}

Deno.test("over plain HTTP a method answers as protobuf's JSON, zeros said", async () => {
  await using served = serveGateway({ services: [pool] });
  const response = await fetch(`${served.url}/api/v1/pool`);
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  const body = await response.json();
  assertEquals(
    [body.name, body.payoutThresholdSats, body.miners],
    ["for 127.0.0.1", "7", 0],
  );
});

Deno.test("over plain HTTP a stream is server-sent events", async () => {
  await using served = serveGateway({ services: [pool] });
  const response = await fetch(`${served.url}/api/v1/pool/live`);
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  const events = (await response.text()).split("\n\n").filter((one) => one !== "");
  assertEquals(events.map((one) => JSON.parse(one.replace("event: message\ndata: ", "")).miners), [
    1,
    2,
  ]);
});

Deno.test("an interceptor sees the same call whatever it came by", async () => {
  const seen: string[] = [];
  const look: Interceptor = (next) => (request) => {
    seen.push(`${request.method.name} ${clientAddress(request.contextValues)}`);
    return next(request);
  };
  await using served = serveGateway({ services: [pool], interceptors: [look] });
  await (await fetch(`${served.url}/api/v1/pool`)).body?.cancel();
  for (const transport of Object.values(TRANSPORTS)) {
    const options = { baseUrl: served.url, httpVersion: "1.1" } as const;
    await createClient(PoolService, transport(options)).getPool({});
  }
  assertEquals(seen, Array(3).fill("GetPool 127.0.0.1"));
});

Deno.test("what fails inside is told to the log, and to the caller only that it did", async () => {
  const { log, lines } = captureLog();
  const failing = serving(BlockService, {
    listBlocks: () => {
      throw new Error("the password is 1234");
    },
  });
  await using served = serveGateway({ services: [failing], log });
  const response = await fetch(`${served.url}/api/v1/blocks`);
  const body = await response.json();
  assertEquals([response.status, body.code], [500, "internal"]);
  assert(!JSON.stringify(body).includes("1234"));
  assertEquals(lines.filter(({ level }) => level === "error").length, 1);
});
