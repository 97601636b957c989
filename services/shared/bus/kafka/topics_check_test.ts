import { assertEquals } from "@std/assert";
import { BLOCK_MAX_BYTES, miningJobs, shareSubmissions, shareValid, TOPICS } from "../topics.ts";
import { kafkaSettings } from "./settings.ts";
import { checkTopics, type StandingTopic } from "./topics_check.ts";
import { configOf, isMoney, maxMessageBytes, retentionMsOf } from "./topics_wanted.ts";

const DAY_MS = 86_400_000;
const settings = kafkaSettings("kafka://b1:9092?prefix=p.");

/** The topics as `deno task topics create` makes them, with changes. */
function standing(
  changes: Record<string, Partial<Omit<StandingTopic, "config">> & { config?: [string, string] }> =
    {},
): Map<string, StandingTopic> {
  return new Map(TOPICS.map((topic) => {
    const { config: change, ...others } = changes[topic.name] ?? {};
    const config = new Map(Object.entries(configOf(topic, settings)));
    if (change !== undefined) config.set(...change);
    const partitions = topic.partitions === "shares" ? 4 : topic.partitions;
    return [topic.name, { partitions, replication: 1, config, ...others }];
  }));
}

Deno.test("topics as they are created are right", () => {
  assertEquals(checkTopics(TOPICS, standing(), settings), { mistakes: [], notes: [] });
});

Deno.test("a topic that stands otherwise is a mistake, with what to change", () => {
  const alter =
    "kafka-configs.sh --bootstrap-server b1:9092 --alter --entity-type topics --entity-name";
  const cases: readonly (readonly [Parameters<typeof standing>[0], string])[] = [
    [
      { "mining.jobs": { partitions: 2 } },
      "p.mining.jobs has 2 partitions and must have 1: delete it and run `deno task topics create`",
    ],
    [
      { "share.valid": { partitions: 1 } },
      "p.share.valid has 1 partition and p.share.submissions has 4, they must be the same: delete p.share.valid and run `deno task topics create`",
    ],
    [
      { "share.submissions": { config: ["message.timestamp.type", "CreateTime"] } },
      `p.share.submissions has message.timestamp.type=CreateTime and must be LogAppendTime: ${alter} p.share.submissions --add-config message.timestamp.type=LogAppendTime`,
    ],
    [
      { "block.solved": { config: ["max.message.bytes", "1048588"] } },
      `p.block.solved has max.message.bytes=1048588 and must be 8406048 or more: ${alter} p.block.solved --add-config max.message.bytes=8406048`,
    ],
    [
      { "block.found": { config: ["retention.ms", "604800000"] } },
      `p.block.found has retention.ms=604800000 and must be 2592000000 (30 days) or more: ${alter} p.block.found --add-config retention.ms=2592000000`,
    ],
    [
      { "share.valid": { config: ["retention.bytes", "1000"] } },
      `p.share.valid has retention.bytes=1000 and must be -1: ${alter} p.share.valid --add-config retention.bytes=-1`,
    ],
    [
      { "share.valid": { config: ["unclean.leader.election.enable", "true"] } },
      `p.share.valid has unclean.leader.election.enable=true and must be false: ${alter} p.share.valid --add-config unclean.leader.election.enable=false`,
    ],
    [
      { "mining.templates": { config: ["cleanup.policy", "compact"] } },
      `p.mining.templates has cleanup.policy=compact and must be delete: ${alter} p.mining.templates --add-config cleanup.policy=delete`,
    ],
  ];
  for (const [changes, sentence] of cases) {
    assertEquals(checkTopics(TOPICS, standing(changes), settings).mistakes, [sentence]);
  }
});

Deno.test("missing topics are named, and what makes them", () => {
  const some = standing();
  some.delete("block.found");
  some.delete("stats.live");
  assertEquals(checkTopics(TOPICS, some, settings).mistakes, [
    "There is no topic p.block.found, p.stats.live: run `deno task topics create`",
  ]);
});

Deno.test("as many share partitions as were asked for, or any number where none was", () => {
  const asking = kafkaSettings("kafka://b1", {}, 8);
  const eight = Object.fromEntries(
    ["share.submissions", "share.valid", "share.rejected", "share.stale"]
      .map((name) => [name, { partitions: 8 }]),
  );
  assertEquals(checkTopics(TOPICS, standing(eight), asking).mistakes, []);
  assertEquals(checkTopics(TOPICS, standing(eight), settings).mistakes, []);
  assertEquals(checkTopics(TOPICS, standing(), asking).mistakes.length, 1);
});

Deno.test("copies and retention that differ from the settings are noted, no mistake", () => {
  const wanting = kafkaSettings("kafka://b1", { replication: 3, retentionMs: 40 * DAY_MS });
  const { mistakes, notes } = checkTopics(TOPICS, standing(), wanting);
  assertEquals(mistakes, []);
  assertEquals(notes.filter((note) => note.startsWith("share.valid ")), [
    "share.valid has 1 copy, GOPOOL_KAFKA_REPLICATION is 3",
    "share.valid has retention.ms=2592000000, the settings say 3456000000",
    "share.valid has min.insync.replicas=1, the settings say 2",
  ]);
});

Deno.test("jobs are kept a week longer than the shares they are for, whatever the retention", () => {
  for (const days of [30, 90]) {
    const longer = kafkaSettings("kafka://b1", { retentionMs: days * DAY_MS });
    assertEquals(retentionMsOf(shareSubmissions, longer), days * DAY_MS);
    assertEquals(retentionMsOf(miningJobs, longer), (days + 7) * DAY_MS);
  }
});

Deno.test("shares and blocks are money, templates and statistics are not", () => {
  const others = TOPICS.filter((topic) => !isMoney(topic)).map(({ name }) => name);
  assertEquals(others, ["mining.templates", "stats.live"]);
});

Deno.test("the largest value fits a message, and small values fill batches of a mebibyte", () => {
  for (const topic of TOPICS) {
    assertEquals(maxMessageBytes(topic) > topic.maxBytes + 1024, true);
    assertEquals(maxMessageBytes(topic) <= BLOCK_MAX_BYTES + 32 * 1024, true);
  }
  assertEquals(maxMessageBytes(shareValid) > 1024 * 1024, true);
});
