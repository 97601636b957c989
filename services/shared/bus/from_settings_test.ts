import { assertEquals, assertThrows } from "@std/assert";
import { busRows, readConfig } from "@gopool/config";
import { busOptionsOf } from "./mod.ts";

const read = (env: Record<string, string> = {}) =>
  readConfig("tried", busRows, {
    args: [],
    env: (name) => ({ GOPOOL_BUS_URL: "memory:", ...env })[name],
  });

Deno.test("settings left alone leave partitions to the bus, and ask for one copy, 30 days, no TLS", () => {
  assertEquals(busOptionsOf(read()), { kafka: { replication: 1, retentionMs: 30 * 86_400_000 } });
});

Deno.test("certificates are read, passwords passed on, everything under its own name", () => {
  const settings = read({
    GOPOOL_SHARE_PARTITIONS: "6",
    GOPOOL_KAFKA_REPLICATION: "3",
    GOPOOL_KAFKA_MIN_IN_SYNC: "2",
    GOPOOL_KAFKA_RETENTION: "60d",
    GOPOOL_KAFKA_TLS: "on",
    GOPOOL_KAFKA_CA: "/ca.pem",
    GOPOOL_KAFKA_CERT: "/cert.pem",
    GOPOOL_KAFKA_KEY: "/key.pem",
    GOPOOL_KAFKA_SASL: "scram-sha-256",
    GOPOOL_KAFKA_USER: "pool",
    GOPOOL_KAFKA_PASSWORD: "word",
  });
  assertEquals(busOptionsOf(settings, (path) => `contents of ${path}`), {
    sharePartitions: 6,
    kafka: {
      replication: 3,
      minInSync: 2,
      retentionMs: 60 * 86_400_000,
      tls: {
        ca: "contents of /ca.pem",
        cert: "contents of /cert.pem",
        key: "contents of /key.pem",
      },
      sasl: { mechanism: "scram-sha-256", username: "pool", password: "word" },
    },
  });
});

Deno.test("a certificate that is not there is an error that names the file", () => {
  const settings = read({ GOPOOL_KAFKA_TLS: "on", GOPOOL_KAFKA_CA: "/nowhere/ca.pem" });
  assertThrows(() => busOptionsOf(settings), Deno.errors.NotFound, "/nowhere/ca.pem");
});
