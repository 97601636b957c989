/**
 * The servers that the tests of one run share: those of the test task by its variables, else one for this test file.
 * A test keeps what is its own under a name that no other test has.
 *
 * @module
 */
import { type Absent, skipped } from "./absent.ts";
import { startKafka } from "./kafka.ts";
import { findKafka, type KafkaJars } from "./kafka_install.ts";
import { findPostgres, startPostgres } from "./postgres.ts";
import { findRedis, startRedis } from "./redis.ts";

export const KAFKA_VARIABLE = "GOPOOL_TEST_KAFKA";
export const POSTGRES_VARIABLE = "GOPOOL_TEST_POSTGRES";
export const REDIS_VARIABLE = "GOPOOL_TEST_REDIS";

/** A server of this machine, with what names it in a variable. */
export interface Started extends AsyncDisposable {
  readonly address: string;
}

/** Nobody kills the broker that all share, and a busy machine may keep it from its heartbeat for a while. */
const SHARED_SESSION_MS = 18_000;

/** The broker that a whole run shares. */
export async function sharedKafka(): Promise<Started | Absent> {
  const jars = await findKafka();
  if ("why" in jars) return jars;
  const server = await startKafka(jars, { sessionTimeoutMs: SHARED_SESSION_MS });
  return { address: server.bootstrap, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** The Redis that a whole run shares. */
export async function sharedRedis(): Promise<Started | Absent> {
  const binary = await findRedis();
  if (typeof binary !== "string") return binary;
  const server = await startRedis(binary);
  return { address: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** The PostgreSQL that a whole run shares: each test has a database of its own. */
export async function sharedPostgres(): Promise<Started | Absent> {
  const found = findPostgres();
  if ("why" in found) return found;
  const server = await startPostgres();
  return { address: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

let kafka: Promise<string | null> | undefined;
let postgres: Promise<string> | undefined;
let redis: Promise<string | null> | undefined;

/**
 * `kafka://127.0.0.1:PORT` of a broker without topics of yours: give the bus a prefix that no other test has. Null
 * where this machine cannot have one, with a skipped test that says why.
 *
 * Ask at the top of a test file (`const url = await testKafka()`), not within a test: what it starts ends with the file.
 */
export function testKafka(): Promise<string | null> {
  return kafka ??= shared("Kafka", KAFKA_VARIABLE, sharedKafka)
    .then((address) => address === null ? null : withScheme("kafka", address));
}

/** `redis://127.0.0.1:PORT` of a server without TLS and password: see `testKafka()`. */
export function testRedis(): Promise<string | null> {
  return redis ??= shared("Redis", REDIS_VARIABLE, sharedRedis)
    .then((address) => address === null ? null : withScheme("redis", address));
}

/**
 * `postgres://USER:PASSWORD@127.0.0.1:PORT/postgres` of a server on which databases may be made: see `testKafka()`. It
 * comes with the packages that the pool itself needs, so that a machine without it fails.
 */
export function testPostgres(): Promise<string> {
  return postgres ??= shared("PostgreSQL", POSTGRES_VARIABLE, sharedPostgres).then((address) => {
    if (address === null) {
      throw new Error("Tests of the ledger need the PostgreSQL of its packages");
    }
    return address;
  });
}

function withScheme(scheme: string, address: string): string {
  return address.includes("://") ? address : `${scheme}://${address}`;
}

/** For tests that start brokers of their own: the jars, or null as `testKafka()` gives it. */
export async function testKafkaJars(): Promise<KafkaJars | null> {
  const jars = await findKafka();
  return "why" in jars ? skipped(absence("Kafka", jars)) : jars;
}

/** For tests that start servers of their own: the command, or null as `testRedis()` gives it. */
export async function testRedisBinary(): Promise<string | null> {
  const binary = await findRedis();
  return typeof binary === "string" ? binary : skipped(absence("Redis", binary));
}

async function shared(
  name: string,
  variable: string,
  start: () => Promise<Started | Absent>,
): Promise<string | null> {
  const given = Deno.env.get(variable);
  if (given) return given;
  const server = await start();
  if ("why" in server) return skipped(absence(name, server));
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());
  return server.address;
}

/** What is said where a server cannot be had. */
export function absence(name: string, { why }: Absent): string {
  return `Tests against ${name} are skipped: ${why}`;
}
