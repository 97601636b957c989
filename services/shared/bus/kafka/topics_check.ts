/**
 * Compares topics as they stand with how they must. A reader that works on a topic which stands otherwise would lose
 * or pay wrongly, slowly and without a word: so the bus is not opened.
 *
 * @module
 */
import { shareSubmissions, type Topic } from "../topics.ts";
import { type KafkaSettings, MONEY_RETENTION_LEAST_MS } from "./settings.ts";
import { configOf, isMoney, maxMessageBytes } from "./topics_wanted.ts";

/** A topic as the cluster tells of it. */
export interface StandingTopic {
  readonly partitions: number;
  /** Fewest copies of any partition. */
  readonly replication: number;
  /** Its settings in effect, by Kafka's names. */
  readonly config: ReadonlyMap<string, string>;
}

export interface TopicFindings {
  /** Why the bus must not be opened: a sentence each, saying what to change. */
  readonly mistakes: readonly string[];
  /** What works, but otherwise than the settings say. */
  readonly notes: readonly string[];
}

/** @param standing By the topics' own names, without prefix. */
export function checkTopics(
  topics: readonly Topic[],
  standing: ReadonlyMap<string, StandingTopic>,
  settings: KafkaSettings,
): TopicFindings {
  const mistakes: string[] = [];
  const notes: string[] = [];
  const missing = topics.filter(({ name }) => !standing.has(name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => settings.prefix + name).join(", ");
    mistakes.push(`There is no topic ${names}: run \`deno task topics create\``);
  }
  for (const topic of topics) {
    const found = standing.get(topic.name);
    if (found === undefined) continue;
    const partitions = partitionMistake(topic, found, standing, settings);
    if (partitions !== null) mistakes.push(partitions);
    mistakes.push(...configMistakes(topic, found, settings));
    notes.push(...notesOn(topic, found, settings));
  }
  return { mistakes, notes };
}

function partitionMistake(
  topic: Topic,
  { partitions }: StandingTopic,
  standing: ReadonlyMap<string, StandingTopic>,
  { prefix, sharePartitions }: KafkaSettings,
): string | null {
  const name = prefix + topic.name;
  const has = `${name} has ${partitions} ${partitions === 1 ? "partition" : "partitions"}`;
  if (topic.partitions !== "shares") {
    if (partitions === topic.partitions) return null;
    return `${has} and must have ${topic.partitions}: delete it and run \`deno task topics create\``;
  }
  if (topic.name === shareSubmissions.name) {
    if (sharePartitions === undefined || sharePartitions === partitions) return null;
    return `${has}, but GOPOOL_SHARE_PARTITIONS is ${sharePartitions}: set it to ${partitions}, or drain the log and make the share topics again`;
  }
  const needed = standing.get(shareSubmissions.name)?.partitions;
  if (needed === undefined || needed === partitions) return null;
  return `${has} and ${prefix}${shareSubmissions.name} has ${needed}, they must be the same: delete ${name} and run \`deno task topics create\``;
}

/** What a setting must be, and the one to change it to. */
interface Rule {
  readonly name: string;
  readonly isRight: (value: string) => boolean;
  readonly must: string;
}

function rulesFor(topic: Topic): Rule[] {
  const bytes = maxMessageBytes(topic);
  const is = (name: string, value: string): Rule => ({
    name,
    isRight: (found) => found === value,
    must: `be ${value}`,
  });
  const rules = [
    is("message.timestamp.type", "LogAppendTime"),
    is("cleanup.policy", "delete"),
    {
      name: "max.message.bytes",
      isRight: (found: string) => Number(found) >= bytes,
      must: `be ${bytes} or more`,
    },
  ];
  if (!isMoney(topic)) return rules;
  return [
    ...rules,
    is("unclean.leader.election.enable", "false"),
    is("retention.bytes", "-1"),
    {
      name: "retention.ms",
      isRight: (found) => found === "-1" || Number(found) >= MONEY_RETENTION_LEAST_MS,
      must: `be ${MONEY_RETENTION_LEAST_MS} (30 days) or more`,
    },
  ];
}

function configMistakes(
  topic: Topic,
  { config }: StandingTopic,
  settings: KafkaSettings,
): string[] {
  const wanted = configOf(topic, settings);
  const name = settings.prefix + topic.name;
  return rulesFor(topic).flatMap((rule) => {
    const value = config.get(rule.name);
    // A broker that does not tell: it is not known to be wrong.
    if (value === undefined || rule.isRight(value)) return [];
    return [
      `${name} has ${rule.name}=${value} and must ${rule.must}: kafka-configs.sh --bootstrap-server ${settings.shown} --alter --entity-type topics --entity-name ${name} --add-config ${rule.name}=${
        wanted[rule.name]
      }`,
    ];
  });
}

function notesOn(topic: Topic, { replication, config }: StandingTopic, settings: KafkaSettings) {
  const notes: string[] = [];
  const name = settings.prefix + topic.name;
  if (replication !== settings.replication) {
    const copies = replication === 1 ? "1 copy" : `${replication} copies`;
    notes.push(`${name} has ${copies}, GOPOOL_KAFKA_REPLICATION is ${settings.replication}`);
  }
  const wanted = configOf(topic, settings);
  for (const key of ["retention.ms", "min.insync.replicas"]) {
    const value = config.get(key);
    if (value !== undefined && value !== wanted[key]) {
      notes.push(`${name} has ${key}=${value}, the settings say ${wanted[key]}`);
    }
  }
  return notes;
}
