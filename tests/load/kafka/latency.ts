/**
 * How long a block and a job take while shares flow: the pool's processes on Kafka, and kafkajs bare over as many hops
 * with the same bytes, sample by sample in turns.
 *
 * @module
 */
import {
  blockCandidates,
  blockSolved,
  type Bus,
  createTopics,
  encodeRecord,
  miningJobs,
  openBus,
} from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { freePort, tempDir } from "@gopool/testing";
import { makeJob, POOL, publishJob } from "../jobs.ts";
import { Child } from "../processes.ts";
import { figure } from "../report.ts";
import { BareBlocks, BareJobs } from "./bare_ways.ts";
import type { Broker } from "./broker.ts";
import { type BlockKind, CandidateMaker, LARGE, SMALL } from "./candidates.ts";
import type { Options } from "./options.ts";
import { gatewaySettings, type ServiceStart, startService } from "./pool.ts";
import { Probe } from "./probe.ts";
import { printTable, quantile, spread } from "./spread.ts";
import { StandInNode } from "./stand_in_node.ts";

/** The pool may take so many times what kafkajs bare takes, at the 99th of 100. */
const GOAL = 2;
/** Samples that are not counted: the compilers find the way. */
const WARM = 40;
/** Before each sample: what the one before stirred up has settled. */
const PAUSE_MS = 15;
const PAUSE_AFTER_LARGE_MS = 60;
/** Samples are also looked at in so many parts, to see how far they scatter. */
const PARTS = 4;
const MINERS = 100;
/** Fewer have no 99th of 100. */
const LEAST_SAMPLES = 100;
/** Of each service's log, where a sample fails. */
const LOG_LINES = 15;
/** A sample that takes longer is lost. */
const SAMPLE_MAX_MS = 20_000;

/** One way whose length is taken, ms. */
type Way = () => Promise<number>;

export async function latency(broker: Broker, options: Options): Promise<void> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir("gopool-load-"));
  const prefix = `${broker.prefix}ways.`;
  const busUrl = `kafka://${broker.bootstrap}?prefix=${prefix}`;
  await createTopics(busUrl, { clock: systemClock });
  const bus = open.use(await openBus(busUrl, { clock: systemClock }));
  const small = await CandidateMaker.publish(bus, SMALL);
  const large = await CandidateMaker.publish(bus, LARGE);
  await publishJob(bus, makeJob(1));

  const node = open.use(new StandInNode());
  const port = freePort();
  const flags = options.v8?.split(",") ?? [];
  const start = (
    name: Parameters<typeof startService>[0],
    own: Pick<ServiceStart, "env" | "port"> = {},
  ) => startService(name, { busUrl, flags, ...own }).then((child) => open.use(child));
  const services = await Promise.all([
    start("stratumd", { env: gatewaySettings(folder.path, port), port }),
    start("shareproc"),
    start("blocksubmit", { env: { GOPOOL_NODE_URL: node.url } }),
  ]);
  const probe = open.use(await Probe.login(port));
  const miners = open.use(startMiners(port, options.rate));
  await miners.told("ready", SAMPLE_MAX_MS);
  const beganMs = performance.now();

  const pool = {
    block: (maker: CandidateMaker, { transactions, size }: BlockKind): Way => async () => {
      const record = maker.next();
      const given = node.given(record.key);
      const startMs = performance.now();
      await bus.publish(blockCandidates, [record], { deadlineMs: Infinity });
      const { calledMs, bytes } = await given;
      if (bytes < transactions * size) throw new Error(`The node was given ${bytes} bytes`);
      return calledMs - startMs;
    },
    job: jobWay(bus, probe),
  };
  // The very bytes of the pool's own records.
  const files = [];
  for (const [maker, kind] of [[small, SMALL], [large, LARGE]] as const) {
    await pool.block(maker, kind)();
    const solved = await bus.last(blockSolved, 0);
    const file = folder.join(`${kind.transactions}.block`);
    await Deno.writeFile(file, solved!.value);
    files.push(file);
  }
  const place = { brokers: broker.bootstrap, prefix: `${broker.prefix}hops.`, flags };
  const blocks = open.use(await BareBlocks.start(place, files));
  const jobs = open.use(await BareJobs.start(place));
  const bare = {
    block: (maker: CandidateMaker, which: number): Way => () => blocks.take(which, maker.next()),
    job: (() => jobs.take(encodeRecord(miningJobs, nextJob(), { key: POOL }))) as Way,
  };

  const { samples } = options;
  const rows: Row[] = [];
  try {
    rows.push(
      await compare(SMALL.name, samples, PAUSE_MS, pool.block(small, SMALL), bare.block(small, 0)),
      await compare(
        LARGE.name,
        Math.max(LEAST_SAMPLES, Math.ceil(samples / 3)),
        PAUSE_AFTER_LARGE_MS,
        pool.block(large, LARGE),
        bare.block(large, 1),
      ),
      await compare("job", samples, PAUSE_MS, pool.job, bare.job),
    );
  } catch (error) {
    const logs = services.map(({ log }) => log.split("\n").slice(-LOG_LINES).join("\n"));
    throw new Error(`${(error as Error).message}. The services say:\n${logs.join("\n---\n")}`);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  await miners.say("stop");
  const refused = await miners.told("refused", SAMPLE_MAX_MS);
  const accepted = await miners.told("accepted", SAMPLE_MAX_MS);
  report(rows);
  console.log(
    `Beside it ${
      (accepted / seconds).toFixed(0)
    } shares a second were answered true, ${refused} refused.`,
  );
  if (accepted < 0.9 * options.rate * seconds) {
    throw new Error(`Only ${accepted} shares in ${seconds.toFixed(0)} s: the load was not there`);
  }
}

interface Row {
  readonly name: string;
  readonly pool: readonly number[];
  readonly bare: readonly number[];
}

/** The two ways in turns. */
async function compare(
  name: string,
  samples: number,
  pauseMs: number,
  pool: Way,
  bare: Way,
): Promise<Row> {
  const row = { name, pool: [] as number[], bare: [] as number[] };
  const rest = () => new Promise((resolve) => setTimeout(resolve, pauseMs));
  for (let i = -Math.min(WARM, samples); i < samples; i++) {
    for (
      const [whose, way, times] of [["pool", pool, row.pool], ["bare", bare, row.bare]] as const
    ) {
      await rest();
      const ms = await within(`${name} (${whose}, ${i})`, way());
      if (i >= 0) times.push(ms);
    }
  }
  return row;
}

async function within(name: string, sample: Promise<number>): Promise<number> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`A ${name} did not arrive within ${SAMPLE_MAX_MS} ms`)),
    SAMPLE_MAX_MS,
  );
  try {
    return await Promise.race([sample, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function report(rows: readonly Row[]): void {
  console.log("\nfrom publish to arrival, ms");
  printTable([
    [
      "",
      "samples",
      "pool p50",
      "p99",
      "worst",
      "bare p50",
      "p99",
      "worst",
      "p99 to p99",
      "by parts",
    ],
    ...rows.map(({ name, pool, bare }) => [
      name,
      String(pool.length),
      ...[pool, bare].flatMap((of) => [0.5, 0.99, 1].map((part) => figure(quantile(of, part)))),
      figure(quantile(pool, 0.99) / quantile(bare, 0.99)),
      spread(parts(pool).map((part, i) => quantile(part, 0.99) / quantile(parts(bare)[i]!, 0.99))),
    ]),
  ]);
  for (const { name, pool, bare } of rows) {
    const found = quantile(pool, 0.99) / quantile(bare, 0.99);
    console.log(
      `${found <= GOAL ? "met   " : "missed"} ${name}: p99 ${
        figure(found)
      } times that of kafkajs bare; the goal is at most ${GOAL}`,
    );
  }
}

function parts(values: readonly number[]): number[][] {
  const size = Math.ceil(values.length / PARTS);
  return Array.from({ length: PARTS }, (_, i) => values.slice(i * size, (i + 1) * size))
    .filter((part) => part.length > 0);
}

let serial = 1;
/** The next job for the same block: the work before it stays good. */
function nextJob() {
  return makeJob(++serial, { clean: false, height: makeJob(1).height });
}

function jobWay(bus: Bus, probe: Probe): Way {
  return async () => {
    const job = nextJob();
    const told = probe.job(job.id);
    const startMs = performance.now();
    await publishJob(bus, job);
    return await told - startMs;
  };
}

function startMiners(port: number, perSecond: number): Child {
  const program = new URL("miners.ts", import.meta.url).pathname;
  const args = [String(port), String(MINERS), String(perSecond)];
  return new Child({
    args: ["run", "--quiet", "--permission-set=tests", program, ...args],
    core: null,
  });
}
