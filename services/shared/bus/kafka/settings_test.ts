import { assertEquals, assertThrows } from "@std/assert";
import { BusNotOpened, type KafkaOptions } from "../options.ts";
import { kafkaSettings } from "./settings.ts";

Deno.test("a URL names brokers by name and by address, and a prefix", () => {
  const { seeds, prefix, shown } = kafkaSettings(
    "kafka://b1:9093, kafka-2.local,[::1]:9094?prefix=pool1.",
  );
  assertEquals(seeds, [
    { host: "b1", port: 9093 },
    { host: "kafka-2.local", port: 9092 },
    { host: "::1", port: 9094 },
  ]);
  assertEquals([prefix, shown], ["pool1.", "b1:9093,kafka-2.local:9092,[::1]:9094"]);
});

Deno.test("without options there is one copy; with more, two must be in step", () => {
  const { replication, minInSync, retentionMs } = kafkaSettings("kafka://b");
  assertEquals([replication, minInSync, retentionMs], [1, 1, undefined]);
  assertEquals(kafkaSettings("kafka://b", { replication: 3 }).minInSync, 2);
  assertEquals(kafkaSettings("kafka://b?prefix=a", { prefix: "b" }).prefix, "b");
});

Deno.test("each mistake is told in a sentence", () => {
  const wrong: readonly (readonly [string, KafkaOptions, string])[] = [
    ["kafka:b1", {}, "must be of the form kafka://"],
    ["kafka://b1/topic", {}, "must be of the form kafka://"],
    ["kafka://user:secret@b1", {}, "GOPOOL_KAFKA_USER and GOPOOL_KAFKA_PASSWORD hold them"],
    ["kafka://", {}, "no broker's address"],
    ["kafka://b1,,b2", {}, "no broker's address"],
    ["kafka://b1:0", {}, '"b1:0" is no broker\'s address'],
    ["kafka://b1:70000", {}, "no broker's address"],
    ["kafka://::1:9092", {}, "IPv6 address in brackets"],
    ["kafka://b1?acks=1", {}, 'has "acks", only prefix is known'],
    ["kafka://b1?prefix=a%20b", {}, 'the prefix "a b"'],
    ["kafka://b1", { replication: 0 }, "cannot have 0 copies"],
    ["kafka://b1", { replication: 1, minInSync: 2 }, "of 1 copies, 2 cannot be in step"],
    ["kafka://b1", { retentionMs: 86_400_000 }, "30 days or longer"],
    ["kafka://b1", { tls: { cert: "x" } }, "belong together"],
  ];
  for (const [url, options, sentence] of wrong) {
    const error = assertThrows(() => kafkaSettings(url, options), BusNotOpened, sentence);
    assertEquals(error.message.includes("secret"), false);
  }
});
