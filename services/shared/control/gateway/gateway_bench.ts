/**
 * What the gateway takes for one call that its implementation answers from memory, without a socket. Budget: 150 µs each
 * on one core of a small server; 3,000 requests a second leave 330.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { MinerService, PoolService } from "@gopool/proto/api";
import { silent, systemClock } from "@gopool/runtime";
import { createGateway, serving } from "./gateway.ts";

const speeds = Array.from({ length: 7 }, (_, at) => ({
  window: at + 1,
  hashesPerSecond: 1e15 / (at + 1),
  standardError: 1e12,
  measuredSeconds: 60,
  shares: 1_000n,
}));
const gateway = createGateway({
  services: [
    serving(PoolService, { getPool: () => ({ name: "pool", hashrates: speeds }) }),
    serving(MinerService, { getMiner: ({ address }) => ({ address, hashrates: speeds }) }),
  ],
  clock: systemClock,
  log: silent,
});

const info = { address: "192.0.2.1" };
const CALLS: Readonly<Record<string, () => Request>> = {
  "REST, no parameters": () => new Request("http://pool/api/v1/pool"),
  "REST, one in the path": () => new Request("http://pool/api/v1/miners/bc1qaddress"),
  "Connect, JSON": () =>
    new Request("http://pool/gopool.api.v1.PoolService/GetPool", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
  "a path that is not found": () => new Request("http://pool/api/v1/nothing"),
};

for (const [name, request] of Object.entries(CALLS)) {
  const first = await gateway.fetch(request(), info);
  assertEquals(first?.status, name.includes("not found") ? 404 : 200);
  await first?.text();
  Deno.bench(name, async () => {
    const response = await gateway.fetch(request(), info);
    await response!.text();
  });
}
