/**
 * The worst that an operator can do to the books: `share.submissions` is deleted under the pool and made again.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { testKafkaJars } from "../real/kafka.ts";
import { testRedisBinary } from "../real/redis.ts";
import { counted } from "./books.ts";
import { Ground } from "./processes/ground.ts";

const jars = await testKafkaJars();
const redis = await testRedisBinary();

const PATIENCE = { deadlineMs: 90_000 };

Deno.test({
  name: "share.submissions made again: no judge takes the new one for the old, and each says why",
  ignore: jars === null || redis === null,
  fn: async () => {
    await using ground = await Ground.open({ jars: jars!, redis: redis! });
    const { kafka, cluster, bus } = ground;
    await using miners = ground.miners();
    await ground.flows("before the topic is deleted");
    await kafka.deleteTopic(`${cluster.topicPrefix}share.submissions`);
    await cluster.topics("create");
    const judges = cluster.of("shareproc");
    const stopped = async (why: RegExp) => {
      const states = await Promise.all(judges.map((judge) => judge.readiness()));
      return states.every((state) =>
        state?.ready === false && state.reasons.some((reason) => why.test(reason))
      );
    };
    await waitFor(() => stopped(/deleted and made again/), "both judges to stop", PATIENCE);
    const before = await counted(bus);
    // More than the old topic held: every position in the old one stands in the new one, too.
    await ground.flows("into the new topic");
    await ground.flows("into the new topic");
    assertEquals(await counted(bus), before);

    // Who begins anew has never seen the old topic, but share.valid names what stood there.
    for (const judge of judges) {
      await judge.stop();
      await judge.start();
    }
    await waitFor(() => stopped(/GOPOOL_SHAREPROC_LOG_EPOCH/), "both to refuse the log", PATIENCE)
      .catch((error) => {
        throw new Error(`${error.message}\n${judges.map(({ log }) => log).join("\n")}`);
      });
    assertEquals(await counted(bus), before);
    await miners.stop();
  },
});
