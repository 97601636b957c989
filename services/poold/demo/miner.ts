/**
 * The demo miner: one core that really hashes and really speaks Stratum over TCP, so that a pool without miners
 * can be seen at work.
 *
 * @module
 */
import { Backoff, type Clock, type Logger, type Random, type Service } from "@gopool/runtime";
import { MinerConnection, type MinerOptions } from "./connection.ts";
import type { Found, Hashed, Work } from "./hasher.ts";

export interface DemoMinerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Asked at each connection. */
  readonly options: () => MinerOptions;
}

export interface DemoMiner extends Service {
  readonly stats: {
    accepted: number;
    refused: number;
    hashesPerSecond: number;
    difficulty: number;
  };
}

/** Pauses between connections: the pool may be starting. */
const RECONNECT = { firstMs: 200, lastMs: 5_000 } as const;
/** Weight of the newest report in the shown rate: some seconds of reports count. */
const RATE_WEIGHT = 0.05;

export function createDemoMiner({ clock, random, log, options }: DemoMinerDeps): DemoMiner {
  const stats = { accepted: 0, refused: 0, hashesPerSecond: 0, difficulty: 0 };

  async function mine(signal: AbortSignal): Promise<void> {
    const worker = new Worker(new URL("./hasher.ts", import.meta.url), { type: "module" });
    let connection: MinerConnection | undefined;
    const { username } = options();
    const fault = Promise.withResolvers<Error>();
    worker.onerror = (event) => {
      event.preventDefault(); // else the whole process is told
      fault.resolve(new Error(`The demo miner's worker failed: ${event.message}`));
    };
    // Messages come before login has resolved: work begins once there is an extranonce to work with.
    const feed = () => {
      if (connection?.subscribed === undefined || connection.notify === undefined) return;
      stats.difficulty = connection.difficulty;
      const { extranonce1, extranonce2Size } = connection.subscribed;
      const { notify, difficulty } = connection;
      worker.postMessage({ notify, extranonce1, extranonce2Size, difficulty } satisfies Work);
    };
    worker.onmessage = ({ data }: MessageEvent<Found | Hashed>) => {
      if (data.kind === "hashed") {
        const rate = data.hashes / (data.ms / 1000);
        stats.hashesPerSecond += (rate - stats.hashesPerSecond) *
          (stats.hashesPerSecond === 0 ? 1 : RATE_WEIGHT);
        return;
      }
      connection?.submit({ worker: username, ...data }).then((answer) => {
        if (answer.accepted) stats.accepted++;
        else {
          stats.refused++;
          log.info("share refused", { error: answer.error });
        }
      }, () => {});
    };
    try {
      connection = await MinerConnection.login(options(), ({ kind }) => {
        if (kind === "notify" || kind === "set_extranonce") feed();
      });
      feed();
      const stop = () => void connection![Symbol.asyncDispose]();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      const broken = await Promise.race([connection.closed, fault.promise]);
      if (broken !== undefined) log.debug("the demo miner lost its connection", { error: broken });
      signal.removeEventListener("abort", stop);
    } finally {
      worker.terminate();
      await connection?.[Symbol.asyncDispose]();
    }
  }

  return {
    name: "demo-miner",
    stats,
    async run(signal) {
      const backoff = new Backoff(RECONNECT, random);
      while (!signal.aborted) {
        const startedMs = clock.monotonic();
        await mine(signal).catch((error) => {
          if (!signal.aborted) log.debug("the demo miner has no connection", { error });
        });
        if (clock.monotonic() - startedMs > RECONNECT.lastMs) backoff.reset();
        if (!signal.aborted) await clock.sleep(backoff.next(), signal);
      }
    },
  };
}
