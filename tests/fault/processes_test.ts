/**
 * The pool as processes, through a fault after the other, under load. After each: every share answered `true` is
 * counted exactly once, every block is at the node, and who was refused was told why.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import type { Member, ServiceName } from "../e2e/member.ts";
import { testKafkaJars } from "../real/kafka.ts";
import { testRedisBinary } from "../real/redis.ts";
import { Ground, table } from "./processes/ground.ts";

const jars = await testKafkaJars();
const redis = await testRedisBinary();
const ignore = jars === null || redis === null;

const sleep = (ms: number) => systemClock.sleep(ms);

/** kill -9 of one of them, which is started again a second later. */
function killed(ground: Ground, service: ServiceName, which = (_: Member) => true) {
  return async () => {
    const member = ground.cluster.of(service).find(which)!;
    await member.kill();
    await sleep(1_000);
    await member.start();
    await member.ready();
  };
}

/** Whether a jobmanager made the jobs that miners have. */
const leads = ({ log }: Member) => log.includes(" leading ");

Deno.test({
  name: "no fault of a process or a server loses a share, counts one twice, or loses a block",
  ignore,
  fn: async (t) => {
    await using ground = await Ground.open({
      jars: jars!,
      redis: redis!,
      count: { jobmanager: 2 },
    });
    const { kafka, redis: store, node, cluster } = ground;
    const faults: Record<string, () => Promise<void>> = {
      "no fault": async () => {},
      "kill -9 of a stratumd": killed(ground, "stratumd"),
      "kill -9 of the jobmanager that leads": killed(ground, "jobmanager", leads),
      "kill -9 of a shareproc": killed(ground, "shareproc"),
      "kill -9 of the blocksubmit": killed(ground, "blocksubmit"),
      "kill -9 of the node": async () => {
        await node.kill();
        await sleep(2_000);
        await node.restart();
      },
      "kill -9 of Redis, which has its data again": async () => {
        await store.kill();
        await sleep(2_000);
        await store.restart();
      },
      "kill -9 of the broker": async () => {
        await kafka.kill();
        await sleep(1_000);
        await kafka.restart();
      },
      "SIGSTOP of the broker for 10 s": async () => {
        kafka.stall(true);
        await sleep(10_000);
        kafka.stall(false);
      },
      "a stratumd added, one removed": async () => {
        const [first] = cluster.of("stratumd");
        await cluster.add("stratumd");
        await sleep(2_000);
        await first!.stop();
      },
    };
    for (const [name, happen] of Object.entries(faults)) {
      await t.step(name, async () => void await ground.under(name, happen));
    }
    console.log(table(ground.rows));
  },
});
