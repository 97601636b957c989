/**
 * Bus.consume on real brokers: a member of the group, its partitions each at work by itself, and their positions.
 *
 * @module
 */
import type { BusClock } from "../log_store.ts";
import { GroupMember, type MemberLog } from "../member.ts";
import type { Batch, ConsumeOptions } from "../port.ts";
import type { Topic } from "../topics.ts";
import { Wakeups } from "../wakeups.ts";
import { Away } from "./away.ts";
import type { KafkaClient } from "./client.ts";
import { Committer } from "./committer.ts";
import { Fetching } from "./fetching.ts";
import { Link } from "./link.ts";
import { Membership } from "./membership.ts";
import { boundsOf } from "./offsets.ts";
import { PartitionsAtWork } from "./partitions_at_work.ts";

/** Consumes until `signal` aborts and the batches in hand are done. */
export async function consume(
  client: KafkaClient,
  clock: BusClock,
  topic: Topic,
  options: ConsumeOptions,
  signal: AbortSignal,
  handle: (batch: Batch, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const topicName = client.topicName(topic);
  const wakeups = new Wakeups();
  const links = {
    fetch: new Link(client, topicName, true),
    group: new Link(client, topicName, true),
  };
  const log: MemberLog = {
    position: (partition) => membership.position(partition),
    earliest: async (partition) => {
      // Not on the group's connections: a partition that has no leader would end the membership again and again.
      const link = new Link(client, topicName, true);
      try {
        return await link.use(async (cluster) =>
          (await boundsOf(cluster, topicName, [partition])).get(partition)!.earliest
        );
      } finally {
        await link.close();
      }
    },
    setPosition: (partition, next) => committer.set(partition, next),
    settle: () => committer.settle(),
    open: (partition, from) => fetching.add(partition, from),
    close: (partition) => fetching.remove(partition),
  };
  const member = new GroupMember({ log, wakeups, clock }, topic, options, handle);
  const away = new Away(member.trouble);
  const fetching = new Fetching({ link: links.fetch, topic, topicName, wakeups, away });
  const work = new PartitionsAtWork(member);
  const membership = new Membership({
    link: links.group,
    groupId: client.groupId(options.group),
    topicName,
    away,
    work,
  });
  const committer = new Committer((positions) => membership.commit(positions));

  const over = new AbortController();
  const running = [fetching.run(over.signal), membership.run(over.signal)];
  await aborted(signal);
  // Still a member: the heart beats, and positions can be written, until the last batch is done.
  membership.beginEnd();
  await work.end();
  over.abort();
  await Promise.all(running);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
