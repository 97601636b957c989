import { testRedis } from "@gopool/testing/servers";
import { stateContract } from "./contract.ts";
import { leaseRace } from "./contract_race.ts";
import { redisBench } from "./redis_bench_fixture.ts";

const server = await testRedis();
if (server !== null) {
  stateContract("redis", () => redisBench(server));
  leaseRace("redis", () => redisBench(server), { ttlMs: 60, runs: 25 });
}
