/**
 * What Prometheus would be shown by the pool's processes at work, each under its own permissions.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { targetFromBits } from "@gopool/chain";
import { freshLedger } from "@gopool/ledger/fixture";
import { samplesIn, waitFor } from "@gopool/testing";
import { testKafka } from "../real/kafka.ts";
import { findPromtool } from "../real/promtool.ts";
import { testRedis } from "../real/redis.ts";
import { startCluster } from "./cluster.ts";
import { startNodeProcess } from "./node_process.ts";
import { SteadyMiners } from "./steady_miners.ts";

const kafka = await testKafka();
const redis = await testRedis();
const promtool = await findPromtool();

/** About one hash in 16,384 is a block. */
const NETWORK_BITS = 0x1f03ffff;
/** Blocks that the simulated node begins with. */
const START_HEIGHT = 100;
const ADDRESS = "bcrt1qvahhqmm0dsnhxgrnd9kh2mrpw35k7m3q7k0yj4";
const WORKER = "told-to-nobody";

Deno.test({
  name: "the processes of a pool tell what they do, in a form that promtool takes, and of no miner",
  ignore: kafka === null || redis === null,
  async fn() {
    await using ledger = await freshLedger();
    await using node = await startNodeProcess(NETWORK_BITS);
    await using cluster = await startCluster({
      kafka: kafka!,
      redis: redis!,
      nodeUrl: node.url,
      ledger: ledger.url,
      count: { stratumd: 1, shareproc: 1, payoutd: 1, statsd: 1, apiserver: 1 },
    });
    await using _miners = new SteadyMiners({
      port: cluster.stratumPort,
      networkTarget: targetFromBits(NETWORK_BITS),
      sharesPerSecond: 200,
      username: `${ADDRESS}.${WORKER}`,
    });
    const scrape = async (service: (typeof cluster.members)[number]["service"]) =>
      await cluster.of(service)[0]!.metrics();
    const value = async (service: Parameters<typeof scrape>[0], name: string, labels = "") =>
      samplesIn(await scrape(service), `gopool_${name}`)[labels] ?? -1;
    const withLog = (error: Error): never => {
      throw new Error(`${error.message}\n${cluster.log()}`);
    };
    const until = (what: string, condition: () => Promise<boolean>) =>
      waitFor(condition, what, { deadlineMs: 120_000 }).catch(withLog);

    const accepted = '{verdict="accepted",reason="none"}';
    await until(
      "a gateway that has taken shares",
      async () => await value("stratumd", "stratumd_shares_total", accepted) > 100,
    );
    await until(
      "a judge that has judged them",
      async () => await value("shareproc", "shareproc_shares_total", accepted) > 100,
    );
    await until(
      "a block that a node has accepted",
      async () =>
        await value("blocksubmit", "blocksubmit_blocks_total", '{outcome="accepted"}') > 0,
    );
    const inBooks = ["found", "confirmed"].map((state) => `{state="${state}"}`);
    await until("the block in the books", async () => {
      const blocks = samplesIn(await scrape("payoutd"), "gopool_payoutd_blocks");
      return inBooks.some((labels) => (blocks[labels] ?? 0) > 0);
    });
    await until("the lead", async () => await value("jobmanager", "jobmanager_leading") === 1);
    const valid = '{topic="share.valid",group="payoutd"}';
    await until("a lag", async () => await value("payoutd", "bus_lag_records", valid) >= 0);
    await until(
      "a job that was sent",
      async () => await value("stratumd", "stratumd_job_made_to_sent_seconds_count") > 0,
    );
    await until(
      "statistics that have counted them",
      async () => await value("statsd", "statsd_records_total") > 100,
    );
    await until("the public to be answered with them", async () => {
      const asked = await fetch(`http://127.0.0.1:${cluster.apiPort}/api/v1/pool`);
      const { hashrates = [] } = await asked.json();
      return hashrates.some(({ hashesPerSecond }: { hashesPerSecond: number }) =>
        hashesPerSecond > 0
      );
    });
    await until("a height that the pool's blocks have raised", async () => {
      const [height] = Object.values(samplesIn(await scrape("jobmanager"), "gopool_node_height"));
      return height! > START_HEIGHT;
    });

    const alerts = await Deno.readTextFile(new URL("../../deploy/alerts.yml", import.meta.url));
    const asked = [...new Set(alerts.match(/\b(?:gopool|process)_\w+/g))];
    const told = new Set<string>();
    const untold = () =>
      asked.filter((name) =>
        !told.has(name) && !told.has(name.replace(/_(bucket|sum|count)$/, ""))
      );
    const failures = new Map<unknown, number>();
    /** Members that could not read a metric in this scrape: a store may have been slow in one before. */
    let failing: string[] = [];
    const look = async (): Promise<void> => {
      failing = [];
      for (const member of cluster.members) {
        const text = await member.metrics();
        const failed = samplesIn(text, "gopool_metric_failures_total")[""]!;
        if (failed > (failures.get(member) ?? 0)) failing.push(member.service);
        failures.set(member, failed);
        for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) told.add(name!);
        const chosen = text.split("\n").filter((line) =>
          line.includes(ADDRESS) || line.includes(WORKER) || /"[0-9a-f]{16,}"/.test(line)
        );
        assertEquals(chosen, [], "labels that a miner or a block has chosen");
        if (promtool !== null) {
          assertEquals(await promtool.run(["check", "metrics"], text), { code: 0, says: "" });
        }
      }
    };
    const isWhole = async () => {
      await look();
      return failing.length === 0 && untold().length === 0;
    };
    await waitFor(isWhole, "a scrape in which nothing fails", { deadlineMs: 120_000 })
      .catch((error) => {
        assertEquals(untold(), [], "metrics that a rule asks for, and nobody tells");
        assertEquals(failing, [], "members whose metrics cannot be read");
        throw error;
      });
  },
});
