/**
 * Real servers for tests, and the processes they are. Imported by tests only.
 *
 * @module
 */
export { type Absent, cacheFolder, onCi, skipped } from "./absent.ts";
export {
  type AskedQuestion,
  INFLUX_TOKEN_VARIABLE,
  INFLUX_VARIABLE,
  type InfluxPlace,
  type InfluxStandIn,
  type InfluxStandInOptions,
  startInflux,
  testInflux,
  testInfluxPython,
} from "./influx.ts";
export { type KafkaOptions, type KafkaServer, startKafka } from "./kafka.ts";
export { findKafka, KAFKA_VERSION, type KafkaJars } from "./kafka_install.ts";
export type { ListenerName, Login } from "./kafka_settings.ts";
export { type Pem, tlsFiles } from "./pem.ts";
export {
  findPostgres,
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
} from "./postgres.ts";
export { findPython, type PythonSet } from "./python.ts";
export { kill, type Running, spawn, stop, untilReady } from "./process.ts";
export { findRedis, type RedisOptions, type RedisServer, startRedis } from "./redis.ts";
export { type Attack, attacked, findSchemathesis } from "./schemathesis.ts";
export {
  MASTER_NAME,
  type SentinelOptions,
  type SentinelServers,
  startSentinel,
} from "./sentinel.ts";
export {
  absence,
  KAFKA_VARIABLE,
  POSTGRES_VARIABLE,
  REDIS_VARIABLE,
  sharedKafka,
  sharedPostgres,
  sharedRedis,
  type Started,
  testKafka,
  testKafkaJars,
  testPostgres,
  testRedis,
  testRedisBinary,
} from "./shared.ts";
export { end, spawnWatched, type WatchedOptions } from "./watched.ts";
export { freePort } from "../places.ts";
