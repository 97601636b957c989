/** A real Redis for tests: shared with the rooms' own tests, which reach it by the same door. @module */
export {
  type RedisOptions,
  type RedisServer,
  type SentinelOptions,
  type SentinelServers,
  startRedis,
  startSentinel,
  testRedis,
  testRedisBinary,
} from "@gopool/testing/servers";
