/** A real Redis for tests: shared with the rooms' own tests, which reach it by the same door. @module */
export {
  type RedisOptions,
  type RedisServer,
  startRedis,
  testRedis,
  testRedisBinary,
} from "@gopool/testing/servers";
