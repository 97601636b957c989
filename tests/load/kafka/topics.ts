/**
 * The pool's topics on a broker.
 *
 * @module
 */
import { SHARE_PARTITIONS, TOPICS } from "@gopool/bus";
import { makeBareTopics } from "@gopool/bus/bare_kafka";

export async function makePoolTopics(bootstrap: string, prefix: string): Promise<void> {
  await makeBareTopics(
    bootstrap,
    TOPICS.map(({ name, partitions }) => ({
      topic: prefix + name,
      partitions: partitions === "shares" ? SHARE_PARTITIONS : partitions,
    })),
  );
}
