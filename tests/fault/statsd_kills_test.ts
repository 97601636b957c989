/**
 * Two statsd on Kafka with one InfluxDB 3: killed with -9, stopped until Kafka takes them for dead and woken again, and
 * the store away for a while, as shares come. In the end the store has every record of the topics once.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Bus, createTopics, openBus } from "@gopool/bus";
import { seededRandom, systemClock } from "@gopool/runtime";
import { openSeries, type Series } from "@gopool/series";
import { judgedShare, put } from "@gopool/statsd/fixture";
import { SOURCES } from "@gopool/statsd/sources";
import { tempDir, waitFor } from "@gopool/testing";
import {
  freePort,
  startInflux,
  testInfluxPython,
  testKafka,
  testRedis,
} from "@gopool/testing/servers";
import { Member, type Variables } from "../e2e/member.ts";

const kafka = await testKafka();
const redis = await testRedis();
const python = await testInfluxPython();

const PARTITIONS = 2;
const MINUTE_MS = 60_000;
const ACCOUNTS = ["bc1qfirst", "bc1qsecond", "bc1qthird"];
const WORKERS = ["", "one", "two"];
/** Kafka gives a silent member up after 10 s; then another statsd has its partitions. */
const STALL_MS = 14_000;
/** Whoever took a partition over writes its minutes once more after 45 s. */
const EXACT_WITHIN_MS = 120_000;

/** Publishes shares of passing minutes, many to a second, and counts them. */
class Feeder {
  readonly counts = new Map<string, number>();
  readonly #random = seededRandom(5);
  readonly #next: Record<string, number> = {};
  readonly #sent: Record<string, Uint8Array[]> = {};
  #minute = 0;

  constructor(readonly bus: Bus, readonly fromMs: number) {}

  get untilMs(): number {
    return this.fromMs + (this.#minute + 1) * MINUTE_MS;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (let i = 0; i < 40; i++) await this.#some();
      if (this.#pick(3) === 0) this.#minute++;
      await systemClock.sleep(150, signal);
    }
  }

  async #some(): Promise<void> {
    const { topic, status } = SOURCES[this.#pick(SOURCES.length)]!;
    const partition = this.#pick(PARTITIONS);
    const place = `${status}/${partition}`;
    const values: Uint8Array[] = [];
    for (let n = 1 + this.#pick(8); n > 0; n--) {
      const account = ACCOUNTS[this.#pick(ACCOUNTS.length)]!;
      const worker = WORKERS[this.#pick(WORKERS.length)]!;
      const offset = this.#next[place] = (this.#next[place] ?? -1) + 1;
      const loggedAtMs = this.fromMs + this.#minute * MINUTE_MS + offset % MINUTE_MS;
      values.push(
        judgedShare(offset, { sourcePartition: partition, account, worker, loggedAtMs }),
      );
      const key = `${status} ${account}.${worker}`;
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    }
    // Now and then the judge publishes again what it had published.
    const sent = this.#sent[place] ??= [];
    if (this.#pick(40) === 0) await put(this.bus, topic, partition, ...sent.slice(-20));
    await put(this.bus, topic, partition, ...values);
    sent.push(...values);
  }

  #pick(n: number): number {
    return this.#random.uint32() % n;
  }
}

/** Shares by status, account and worker, over the whole time, as the store has them. */
async function stored(series: Series, fromMs: number, untilMs: number) {
  const found = new Map<string, number>();
  for (const account of ACCOUNTS) {
    for (const worker of WORKERS) {
      const [sum] = await series.sums({ kind: "worker", account, worker }, [{ fromMs, untilMs }]);
      const { valid, rejected, stale } = sum!;
      for (const [status, count] of Object.entries({ valid: valid.shares, rejected, stale })) {
        if (count > 0) found.set(`${status} ${account}.${worker}`, count);
      }
    }
  }
  return found;
}

function member(label: string, variables: Variables): Member {
  const healthPort = freePort();
  return new Member("statsd", label, healthPort, {
    GOPOOL_SERIES_RAW: "off",
    GOPOOL_SHARE_PARTITIONS: String(PARTITIONS),
    GOPOOL_POOL: "test",
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${healthPort}`,
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_CONTROL_TOKENS: "tests:operate:0123456789abcdef0123",
    ...variables,
  });
}

/** Waits until the store has what was fed, to the share. */
async function exact(series: Series, feeder: Feeder, log: () => string): Promise<void> {
  let last: unknown;
  await waitFor(
    async () => {
      last = sorted(await stored(series, feeder.fromMs, feeder.untilMs));
      return JSON.stringify(last) === JSON.stringify(sorted(feeder.counts));
    },
    "exact totals",
    { deadlineMs: EXACT_WITHIN_MS },
  ).catch((error) => {
    console.log(log());
    assertEquals(last, sorted(feeder.counts), error.message);
  });
}

/** Hours ago, so that no minute is of the future. */
const startOfFeeding = () => Math.floor(Date.now() / MINUTE_MS - 300) * MINUTE_MS;

const sorted = (counts: ReadonlyMap<string, number>) =>
  [...counts].sort(([a], [b]) => a < b ? -1 : 1);

Deno.test(
  "statsd killed, stopped and woken, and a store that was away: every record of the topics counts once",
  {
    ignore: kafka === null || redis === null || python === null,
  },
  async () => {
    const prefix = `${crypto.randomUUID().slice(0, 8)}.`;
    const busUrl = `${kafka}?prefix=${prefix}`;
    const options = { clock: systemClock, sharePartitions: PARTITIONS };
    await createTopics(busUrl, options);
    await using bus = await openBus(busUrl, options);
    await using influx = await startInflux(python!);
    const seriesUrl = `${influx.url}/statsd_${prefix.slice(0, 8)}`;
    const variables = {
      GOPOOL_BUS_URL: busUrl,
      GOPOOL_STATE_URL: `${redis}?prefix=${prefix}`,
      GOPOOL_SERIES_URL: seriesUrl,
    };
    await using one = member("statsd 1", variables);
    await using two = member("statsd 2", variables);
    await Promise.all([one.start(), two.start()]);
    await Promise.all([one.ready(), two.ready()]);
    const feeder = new Feeder(bus, startOfFeeding());
    const over = new AbortController();
    const feeding = feeder.run(over.signal);
    const wait = (ms: number) => systemClock.sleep(ms);

    await wait(3_000);
    await one.kill();
    await wait(1_500);
    await one.start();
    await wait(4_000);
    two.stall(true);
    await wait(STALL_MS);
    two.stall(false);
    await wait(2_000);
    await influx.kill();
    await wait(3_000);
    await two.kill();
    await influx.restart();
    await wait(2_000);
    await two.start();
    await wait(1_000);
    await two.kill();
    over.abort();
    await feeding;

    await using series = await openSeries(seriesUrl, {
      clock: systemClock,
      access: "read",
      raw: false,
    });
    const log = () => `${one.log}\n${two.log}`;
    await exact(series, feeder, log);
    assert([...feeder.counts.values()].reduce((a, b) => a + b) > 2_000);
    assertEquals(await one.stop(), 0, log());
    // What is written at its end takes nothing away.
    assertEquals(
      sorted(await stored(series, feeder.fromMs, feeder.untilMs)),
      sorted(feeder.counts),
    );
  },
);

Deno.test("statsd killed again and again on embedded stores: every record of the topics counts once", async () => {
  await using folder = await tempDir();
  const busUrl = `sqlite:${folder.join("bus.db")}`;
  const options = { clock: systemClock, sharePartitions: PARTITIONS };
  await using bus = await openBus(busUrl, options);
  const seriesUrl = `sqlite:${folder.join("series.db")}`;
  await using statsd = member("statsd", { GOPOOL_BUS_URL: busUrl, GOPOOL_SERIES_URL: seriesUrl });
  const feeder = new Feeder(bus, startOfFeeding());
  const over = new AbortController();
  const feeding = feeder.run(over.signal);
  const random = seededRandom(8);
  for (let kills = 0; kills < 4; kills++) {
    await statsd.start();
    await statsd.ready();
    await systemClock.sleep(500 + random.uint32() % 2_500);
    await statsd.kill();
  }
  over.abort();
  await feeding;
  await statsd.start();
  await using series = await openSeries(seriesUrl, {
    clock: systemClock,
    access: "read",
    raw: false,
  });
  await exact(series, feeder, () => statsd.log);
  assertEquals(await statsd.stop(), 0, statsd.log);
  assertEquals(sorted(await stored(series, feeder.fromMs, feeder.untilMs)), sorted(feeder.counts));
});
