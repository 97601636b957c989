/**
 * An apiserver as a process of its own, under its own permissions, on stores that are full.
 *
 * @module
 */
import { encodeRecord, openBus, statsLive } from "@gopool/bus";
import { type ControlClient, controlClient } from "@gopool/control";
import { runArgumentsOf } from "@gopool/poold/permissions";
import { systemClock } from "@gopool/runtime";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { startPostgres } from "@gopool/testing/servers";
import { Child } from "../processes.ts";
import { CONTROL_TOKEN } from "../settings.ts";
import { addressOf, fillBooks } from "./books.ts";
import type { Options } from "./options.ts";
import { fillSeries, hashText } from "./series.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MAX_MS = 60_000;

export interface Server extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly control: ControlClient;
  /** Those that have a week behind them. */
  readonly asked: readonly string[];
  /** Hash of a block that is split over everybody. */
  readonly block: string;
  readonly log: () => string;
}

export async function startServer(
  { miners, blocks, minutes, asked, flags }: Options,
  core: number | null,
): Promise<Server> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir("gopool-load-"));
  const ledger = open.use(await startPostgres());
  const accounts = Array.from({ length: miners }, (_, n) => addressOf(n + 1));
  const untilMs = Math.floor(systemClock.now() / MINUTE_MS) * MINUTE_MS;
  const blocksAtMs = Array.from({ length: blocks }, (_, n) => untilMs - (blocks - n) * 5 * HOUR_MS);
  const startMs = performance.now();
  await fillBooks(ledger.url, { accounts, blocksAtMs });
  const booksMs = performance.now() - startMs;
  const seriesUrl = `sqlite:${folder.path}/series.sqlite`;
  const points = await fillSeries(seriesUrl, { accounts, asked, minutes, untilMs, blocksAtMs });
  const seriesMs = performance.now() - startMs - booksMs;
  console.log(
    `${miners} miners: ${blocks} blocks of as many credits, filled in ${secondsOf(booksMs)} s; ` +
      `${points} points of minutes in ${secondsOf(seriesMs)} s`,
  );

  const busUrl = `sqlite:${folder.path}/bus.db`;
  const [port, controlPort] = [freePort(), freePort()];
  const env: Record<string, string> = {
    GOPOOL_BUS_URL: busUrl,
    GOPOOL_STATE_URL: "memory:",
    GOPOOL_SERIES_URL: seriesUrl,
    GOPOOL_LEDGER_URL: ledger.url,
    GOPOOL_API_LISTEN: `127.0.0.1:${port}`,
    GOPOOL_API_NETWORK: "regtest",
    GOPOOL_API_PAGE: folder.join("page"),
    // All come from one address here.
    GOPOOL_API_RATE: "0",
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${controlPort}`,
    GOPOOL_CONTROL_TOKENS: `load:read+operate:${CONTROL_TOKEN}`,
    GOPOOL_LOG_FORMAT: "json",
  };
  const args = runArgumentsOf("apiserver", { args: [], env: (name) => env[name] });
  const child = open.use(
    new Child({
      args: [args[0]!, ...(flags ?? "").split(",").filter(Boolean), ...args.slice(1)],
      env,
      core,
    }),
  );
  await waitFor(() => listens(port, child), "the API to answer", { deadlineMs: START_MAX_MS });
  open.use(await sayLive(busUrl, miners));
  const control = open.use(controlClient(`http://127.0.0.1:${controlPort}`, CONTROL_TOKEN));
  await waitFor(() => isWhole(port), "answers in which nothing is missing", {
    deadlineMs: START_MAX_MS,
  }).catch((error) => {
    throw new Error(`${error.message}\n${child.log}`);
  });
  const owned = open.move();
  return {
    pid: child.pid,
    port,
    control,
    asked: accounts.slice(0, asked),
    block: hashText(blocks),
    log: () => child.log,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function secondsOf(ms: number): string {
  return (ms / 1_000).toFixed(0);
}

async function listens(port: number, child: Child): Promise<boolean> {
  if (child.ended) throw new Error(`It ended while it started:\n${child.log}`);
  try {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}

async function isWhole(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/pool`);
  const { freshness } = await response.json();
  return freshness?.stale === false;
}

/** What statsd says each second, with as many accounts as it may name. */
async function sayLive(busUrl: string, miners: number): Promise<AsyncDisposable> {
  const bus = await openBus(busUrl, { clock: systemClock });
  const stop = new AbortController();
  const active = Array.from({ length: Math.min(miners, 2_000) }, (_, n) => ({
    account: addressOf(n + 1),
    shares: 1,
    difficulty: 65_536,
    hashrate: 5e12,
    workers: 2,
  }));
  const saying = (async () => {
    while (!stop.signal.aborted) {
      const nowMs = systemClock.now();
      const record = {
        pool: "gopool",
        atMs: BigInt(nowMs),
        hashrate: 1e18,
        workers: 2 * miners,
        accounts: miners,
        sharesPerSecond: 2_000,
        height: 800_100,
        networkDifficulty: 100e12,
        active,
        settledUntilMs: BigInt(Math.floor(nowMs / MINUTE_MS) * MINUTE_MS),
      };
      await bus.publish(statsLive, [encodeRecord(statsLive, record, { key: "gopool" })]);
      await systemClock.sleep(1_000, stop.signal);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await saying;
      await bus[Symbol.asyncDispose]();
    },
  };
}
