/**
 * The public API under load: kept answers as fast as it gives them and at a fixed rate, answers that must be computed,
 * and what miners notice of it. Run it by `deno task load api`; `--help` tells what it takes.
 *
 * @module
 */
import { readConfig, type Sources } from "@gopool/config";
import { PublicApiService } from "@gopool/proto/control";
import { Fleet } from "../fleet.ts";
import { printGoals } from "../goals.ts";
import { Histogram } from "../histogram.ts";
import { openLoop } from "../modes.ts";
import { canPin, pinSelf, usageOf } from "../processes.ts";
import { figure } from "../report.ts";
import { ADDRESS } from "../settings.ts";
import { poold } from "../subjects.ts";
import { type Asked, askFor, underAsking } from "./ask.ts";
import { type Options, schema } from "./options.ts";
import { type Server, startServer } from "./server.ts";

/** The server's core, and that of the generator, of PostgreSQL and whatever else. */
const SERVER_CORE = 0;
const OWN_CORE = 1;
/** Miners in the open loop of shares, and shares a second: as in the other loads. */
const FLEET = 2_000;
const SHARES = 2_000;
const WARM_MS = 1_500;
const TURNS = 2;

/** @returns What went wrong, in sentences. */
export async function loadApi(sources: Sources): Promise<readonly string[]> {
  const options = readConfig("load api", schema, sources);
  const figures = new Map<string, number>();
  const failures: string[] = [];
  const pinned = await canPin();
  if (pinned) await pinSelf(OWN_CORE);
  else console.log("The processes share the cores: they cannot be kept apart here.");
  const cores = { server: pinned ? SERVER_CORE : null, own: pinned ? OWN_CORE : null };
  if (options.mode !== "stratum") await answers(options, cores, figures, failures);
  if (options.mode !== "answers") await besideShares(options, cores, figures, failures);
  printGoals(figures);
  return failures;
}

interface Cores {
  readonly server: number | null;
  readonly own: number | null;
}

async function answers(
  options: Options,
  cores: Cores,
  figures: Map<string, number>,
  failures: string[],
): Promise<void> {
  await using server = await startServer(options, cores.server);
  await computed(server, figures);
  const poolPages = [
    "/api/v1/pool",
    "/api/v1/pool/chart?range=CHART_RANGE_24H",
    "/api/v1/blocks?page_size=10",
  ];
  const minerPages = server.asked.flatMap((address) => pageOf(address).slice(0, 2));
  for (const [name, paths] of [["pool", poolPages], ["miners", minerPages]] as const) {
    for (const perSecond of [0, options.rate]) {
      const { connections, seconds } = options;
      const asking = { ...server, connections, perSecond, paths, core: cores.own };
      const asked = await askFor(asking, seconds * 1_000);
      const way = perSecond === 0 ? "as fast as it can" : `${perSecond}/s`;
      console.log(`kept, ${name}, ${way}: ${textOf(asked)}`);
      if (asked.failed > 0) {
        failures.push(`${name}: ${asked.failed} requests were not answered 200`);
      }
      if (perSecond === 0) figures.set(`api/${name}/rate`, asked.perSecond);
      else figures.set(`api/${name}/p99`, asked.p99);
    }
  }
  const { answers: kept, routes } = await server.control(PublicApiService).getPublicApi({});
  console.log(
    `of them from memory ${kept?.ready}, while a new one was made ${kept?.stale}, made ${kept?.made}; ` +
      routes.map(({ route, ok, failed }) =>
        `${route} ${ok}${failed > 0n ? ` (${failed} failed)` : ""}`
      )
        .join(", "),
  );
  const usage = await usageOf(server.pid);
  if (usage !== null) console.log(`memory of apiserver: ${(usage.rssKb / 1_024).toFixed(0)} MB`);
}

function textOf({ perSecond, p50, p99, worst, cpuUs, bytesEach }: Asked): string {
  return `${perSecond.toFixed(0)} requests/s, p50 ${figure(p50)} ms, p99 ${figure(p99)} ms, worst ${
    figure(worst)
  } ms, ${figure(cpuUs)} µs of CPU and ${bytesEach.toFixed(0)} bytes each`;
}

/** What a miner's page asks for when it is opened: the miner itself first. */
function pageOf(address: string): string[] {
  const path = `/api/v1/miners/${address}`;
  return [
    path,
    `${path}/chart?range=CHART_RANGE_24H`,
    `${path}/workers?page_size=50`,
    `${path}/payouts?page_size=10`,
    `${path}/earnings?days=30`,
  ];
}

const POOL_PAGE = [
  "/api/v1/pool",
  "/api/v1/pool/chart?range=CHART_RANGE_24H",
  "/api/v1/blocks?page_size=10",
  "/api/v1/miners?page_size=10",
];

/** Each asked for once after a flush, one after the other: nothing of it is kept anywhere. */
async function computed(server: Server, figures: Map<string, number>): Promise<void> {
  const { port, asked, block, control } = server;
  const flush = () => control(PublicApiService).flushAnswers({});
  const took = async (paths: readonly string[]) => {
    const startMs = performance.now();
    await Promise.all(paths.map(async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
    }));
    return performance.now() - startMs;
  };
  const measure = async (name: string, rounds: readonly (readonly string[])[]) => {
    const latency = new Histogram();
    for (const paths of rounds) {
      await flush();
      latency.add(await took(paths));
    }
    console.log(
      `computed, ${name}: p50 ${figure(latency.quantile(0.5))} ms, p99 ${
        figure(latency.quantile(0.99))
      } ms, worst ${figure(latency.worst)} ms, ${latency.size} times`,
    );
    return latency.quantile(0.99);
  };
  // The compiler, PostgreSQL's caches and the estimates of rewards find their ways first.
  for (let i = 0; i < 5; i++) {
    await measureQuietly([...POOL_PAGE, ...pageOf(asked[i % asked.length]!)]);
  }
  const often = Array.from({ length: 20 });
  figures.set(
    "api/miner/computed",
    await measure("a miner", asked.map((one) => [pageOf(one)[0]!])),
  );
  figures.set("api/miner/page", await measure("a miner's page, all at once", asked.map(pageOf)));
  figures.set("api/pool/computed", await measure("the pool", often.map(() => ["/api/v1/pool"])));
  await measure("the pool's page, all at once", often.map(() => POOL_PAGE));
  for (const path of POOL_PAGE.slice(1)) await measure(path, often.map(() => [path]));
  for (const path of pageOf(asked[0]!).slice(1)) {
    const name = path.replace(asked[0]!, "ADDRESS");
    await measure(name, asked.slice(0, 20).map((one) => [path.replace(asked[0]!, one)]));
  }
  await measure("a block's split, 100 credits", often.map(() => [`/api/v1/blocks/${block}/split`]));

  async function measureQuietly(paths: readonly string[]): Promise<void> {
    await flush();
    await took(paths);
  }
}

/** Shares at a fixed rate into the whole pool in one process, without and with requests to its API, in turns. */
async function besideShares(
  options: Options,
  cores: Cores,
  figures: Map<string, number>,
  failures: string[],
): Promise<void> {
  await using pool = await poold({ core: cores.server, flags: [] });
  if (pool.api === null) throw new Error("The pool has no public port");
  const paths = [
    "/api/v1/pool",
    "/api/v1/pool/chart?range=CHART_RANGE_1H",
    "/api/v1/blocks",
    "/api/v1/connection",
    `/api/v1/miners/${ADDRESS}`,
    `/api/v1/miners/${ADDRESS}/chart?range=CHART_RANGE_1H`,
  ];
  await using fleet = await Fleet.login(pool.port, FLEET, 8);
  const times = { perSecond: SHARES, warmMs: WARM_MS, runMs: options.seconds * 1_000 };
  const work = () => openLoop(fleet, pool.pid, times);
  // The miner is known once its first minute is counted; until then its page is 404, which is no measure.
  await work();
  await known(pool.api, paths.at(-1)!);
  for (let turn = 0; turn < TURNS; turn++) {
    const without = await work();
    console.log(
      `shares ${SHARES}/s, nobody asks: p50 ${figure(without.p50)} ms, p99 ${
        figure(without.p99)
      } ms`,
    );
    const asking = {
      port: pool.api,
      connections: 16,
      perSecond: options.beside,
      paths,
      core: cores.own,
      pid: null,
    };
    const { result, asked } = await underAsking(asking, work);
    console.log(
      `shares ${SHARES}/s, ${options.beside} requests/s: p50 ${figure(result.p50)} ms, p99 ${
        figure(result.p99)
      } ms; ${textOf(asked)}`,
    );
    const worst = (name: string, p99: number) =>
      figures.set(name, Math.max(figures.get(name) ?? 0, p99));
    worst("api/stratum/without", without.p99);
    worst("api/stratum/with", result.p99);
    if (asked.failed > 0) {
      failures.push(`${asked.failed} requests beside shares were not answered 200`);
    }
  }
}

/** A minute of shares and a few seconds of statistics at most. */
const KNOWN_MAX_MS = 150_000;

async function known(port: number, path: string): Promise<void> {
  const endMs = performance.now() + KNOWN_MAX_MS;
  while (true) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const text = await response.text();
    if (response.status === 200) return;
    if (performance.now() >= endMs) throw new Error(`${path}: ${response.status} ${text}`);
    await new Promise<void>((resolve) => setTimeout(resolve, 1_000));
  }
}
