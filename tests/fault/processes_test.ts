/**
 * The pool as processes, through a fault after the other, under load. After each: every share answered `true` is
 * counted exactly once, by the reference reader and in the ledger, every block is at the node, and who was refused was
 * told why.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import type { Member, ServiceName } from "../e2e/member.ts";
import { testKafkaJars } from "../real/kafka.ts";
import { testRedisBinary } from "../real/redis.ts";
import { unjudged } from "./books.ts";
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

/** Whether a payoutd keeps the books, rather than standing by. */
const keeps = ({ log }: Member) => log.includes("keeping the books");

/** After so long without a word from a member a group goes on without it. */
const SESSION_MS = 10_000;
const LATE_JOBS = new URL("./processes/late_jobs.ts", import.meta.url).pathname;

Deno.test({
  name: "no fault of a process or a server loses a share, counts one twice, or loses a block",
  ignore,
  fn: async (t) => {
    await using ground = await Ground.open({
      jars: jars!,
      redis: redis!,
      count: { jobmanager: 2, payoutd: 2 },
    });
    const { kafka, redis: store, postgres, node, cluster } = ground;
    const faults: Record<string, () => Promise<void>> = {
      "no fault": async () => {},
      "kill -9 of a stratumd": killed(ground, "stratumd"),
      "kill -9 of the jobmanager that leads": killed(ground, "jobmanager", leads),
      "kill -9 of a shareproc": killed(ground, "shareproc"),
      "kill -9 of the blocksubmit": killed(ground, "blocksubmit"),
      "kill -9 of the payoutd that keeps the books": killed(ground, "payoutd", keeps),
      "kill -9 of PostgreSQL": async () => {
        await postgres.kill();
        await sleep(2_000);
        await postgres.restart();
      },
      "a payoutd stopped past its session, another taking over, then woken": async () => {
        const [member] = cluster.of("payoutd");
        member!.stall(true);
        await sleep(SESSION_MS + 2_000);
        member!.stall(false);
      },
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
      "a shareproc stopped past its session, another taking over, then woken": async () => {
        const [member] = cluster.of("shareproc");
        member!.stall(true);
        // Without another one to judge its partitions they would be thousands behind by then.
        await sleep(SESSION_MS + 2_000);
        const judged = () => unjudged(ground.bus).then((count) => count < 1_000, () => false);
        await waitFor(judged, "the other to take over", { deadlineMs: 60_000 });
        member!.stall(false);
      },
      "Redis loses all its data": async () => {
        await store.ask("FLUSHALL");
        await store.kill();
        await sleep(1_000);
        await store.restart();
      },
      "the jobs five seconds behind the shares": async () => {
        const late = await cluster.add("shareproc", LATE_JOBS);
        const prompt = cluster.of("shareproc").filter((member) => member !== late);
        for (const member of prompt) await member.stop();
        await sleep(15_000);
        for (const member of prompt) await member.start();
        for (const member of prompt) await member.ready();
        await late.stop();
      },
    };
    for (const [name, happen] of Object.entries(faults)) {
      await t.step(name, async () => void await ground.under(name, happen));
    }
    console.log(table(ground.rows));
  },
});

Deno.test({
  name: "with three brokers, the death of any of them loses nothing and stops nothing for long",
  ignore,
  fn: async (t) => {
    await using ground = await Ground.open({ jars: jars!, redis: redis!, brokers: 3 });
    const { kafka } = ground;
    // Each leads some partitions, and one of them the cluster.
    for (const broker of kafka.brokers.keys()) {
      const name = `kill -9 of broker ${broker + 1} of three`;
      await t.step(name, async () => {
        await ground.under(name, async () => {
          await kafka.kill(broker);
          await sleep(8_000);
          await kafka.restart(broker);
        });
      });
    }
    console.log(table(ground.rows));
  },
});
