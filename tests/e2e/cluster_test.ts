/**
 * The pool as its operators run it: gateways, judges, job manager and block submitter as processes of their own under
 * their own permissions, on a real Kafka and a real Redis, before miners on TCP that find blocks.
 *
 * @module
 */
import { assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { openBus } from "@gopool/bus";
import { targetFromBits } from "@gopool/chain";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { compare, counted, owedBlocks, unjudged, unknownBlocks } from "../fault/books.ts";
import { testKafka } from "../real/kafka.ts";
import { testRedis } from "../real/redis.ts";
import { startCluster } from "./cluster.ts";
import { startNodeProcess } from "./node_process.ts";
import { SteadyMiners } from "./steady_miners.ts";

const kafka = await testKafka();
const redis = await testRedis();

/** About one hash in 16,384 is a block: rare among shares, found in milliseconds when one is wanted. */
const NETWORK_BITS = 0x1f03ffff;

Deno.test({
  name:
    "processes on Kafka and Redis: every share answered true is counted once, every block is at the node",
  ignore: kafka === null || redis === null,
  fn: async () => {
    await using node = await startNodeProcess(NETWORK_BITS);
    await using cluster = await startCluster({ kafka: kafka!, redis: redis!, nodeUrl: node.url });
    await using bus = await openBus(cluster.busUrl, { clock: systemClock });
    await using miners = new SteadyMiners({
      port: cluster.stratumPort,
      networkTarget: targetFromBits(NETWORK_BITS),
      sharesPerSecond: 600,
    });
    const { answers } = miners;
    const withLog = (error: Error): never => {
      throw new Error(`${error.message}\n${cluster.log()}`);
    };
    const found = () => answers.all().filter(({ candidate }) => candidate).length;
    const startedMs = performance.now();
    const enough = () => miners.accepted >= 5_000 && found() >= 3;
    await waitFor(enough, "5000 shares and 3 blocks", { deadlineMs: 120_000 }).catch(withLog);
    const seconds = (performance.now() - startedMs) / 1000;
    await miners.stop();
    const judged = async () => await unjudged(bus) === 0;
    await waitFor(judged, "all shares to be judged", { deadlineMs: 60_000 }).catch(withLog);
    const valid = await counted(bus);
    const books = compare(answers.all(), valid);
    const { lost, doubled, strange, mute } = books;
    assertEquals({ lost, doubled, strange, mute }, {
      lost: [],
      doubled: [],
      strange: [],
      mute: [],
    });
    const owed = owedBlocks(answers.all(), valid);
    assertGreaterOrEqual(owed.length, 3);
    const atNode = async () => (await unknownBlocks(node.url, owed)).length === 0;
    await waitFor(atNode, "every block to reach the node", { deadlineMs: 60_000 }).catch(withLog);
    assertGreater(Number(await node.call("getblockcount")), 100);
    for (const member of cluster.members) assertEquals(await member.stop(), 0, member.log);
    console.log(
      `${books.submitted} shares in ${seconds.toFixed(1)} s: ${JSON.stringify(books.told)}, ` +
        `refused ${JSON.stringify(books.reasons)}, counted ${books.counted}, blocks ${owed.length}`,
    );
  },
});
