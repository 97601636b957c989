/**
 * What is measured side by side: the pool's two processes on a bus, and the bare loop's two.
 *
 * @module
 */
import { type Bus, openBus, shareValid } from "@gopool/bus";
import { dropTopics, makeBareTopics } from "@gopool/bus/bare_kafka";
import { counted } from "@gopool/poold/topics/count";
import { systemClock } from "@gopool/runtime";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { Fleet } from "../fleet.ts";
import { makeJob, publishJob } from "../jobs.ts";
import { openLoop, saturate } from "../modes.ts";
import { Child } from "../processes.ts";
import { MISSES_MAX } from "../settings.ts";
import { checkTopic, expectedSum } from "./books.ts";
import { gatewaySettings, isJudged, startService } from "./pool.ts";
import { readSamples } from "./samples.ts";

/** A burst of shares: as fast as they are answered, or at a fixed rate. */
export interface Burst {
  /** Shares a second; null: as fast as it goes. */
  readonly perSecond: number | null;
  readonly seconds: number;
}

export interface Contender extends AsyncDisposable {
  readonly name: string;
  /** The process that writes submissions, and the one that judges. */
  readonly pids: readonly [number, number];
  /** Resolves with how many shares there were, when all are on the log as judged. */
  run(burst: Burst): Promise<number>;
  /** @throws {Error} Not every share of all bursts arrived, as it was. */
  check(): Promise<void>;
}

export interface Load {
  readonly miners: number;
  /** Shares of a miner under way. */
  readonly places: number;
  /** Flags of the runtime for each process. */
  readonly flags: readonly string[];
}

/** A backlog that is not judged by then never will be. */
const JUDGED_MAX_MS = 60_000;
/** A child that has all its records acknowledged says so by then. */
const STOP_MAX_MS = 60_000;

/** One stratumd and one shareproc on the bus of this URL; the topics are there. */
export async function poolOn(
  name: string,
  busUrl: string,
  load: Load,
): Promise<Contender & { bus: Bus }> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir("gopool-load-"));
  const bus = open.use(await openBus(busUrl, { clock: systemClock }));
  await publishJob(bus, makeJob(1));
  const port = freePort();
  const { flags } = load;
  const env = gatewaySettings(folder.path, port);
  const [stratumd, shareproc] = await Promise.all([
    startService("stratumd", { busUrl, flags, env, port }).then((child) => open.use(child)),
    startService("shareproc", { busUrl, flags }).then((child) => open.use(child)),
  ]);
  const fleet = open.use(await Fleet.login(port, load.miners, load.places));
  const owned = open.move();
  return {
    name,
    bus,
    pids: [stratumd.pid, shareproc.pid],
    async run({ perSecond, seconds }) {
      const before = fleet.accepted + fleet.refusedCount;
      const times = { warmMs: 0, runMs: seconds * 1000 };
      await (perSecond === null
        ? saturate(fleet, stratumd.pid, times)
        : openLoop(fleet, stratumd.pid, { ...times, perSecond }));
      try {
        await waitFor(() => isJudged(bus), "all shares to be judged", {
          deadlineMs: JUDGED_MAX_MS,
        });
      } catch (error) {
        throw new Error(`${name}: ${(error as Error).message}. The judge's log:\n${shareproc.log}`);
      }
      return fleet.accepted + fleet.refusedCount - before;
    },
    async check() {
      if (fleet.problemCount > 0) throw new Error(`${name}: ${fleet.problems.join("; ")}`);
      const allowed = 10 + (fleet.accepted + fleet.refusedCount) * MISSES_MAX;
      if (fleet.refusedCount > allowed) {
        throw new Error(`${name}: refused ${JSON.stringify([...fleet.refusals])}`);
      }
      const { distinct } = await counted(bus, shareValid);
      if (distinct !== fleet.accepted) {
        throw new Error(`${name}: ${fleet.accepted} answered true, ${distinct} valid`);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The bare loop, carrying the bytes of the samples in a file. */
export async function bareLoop(
  { brokers, prefix, partitions }: {
    readonly brokers: string;
    readonly prefix: string;
    readonly partitions: number;
  },
  samplesFile: string,
  load: Load,
): Promise<Contender> {
  await using open = new AsyncDisposableStack();
  const [from, to] = [`${prefix}submissions`, `${prefix}judged`];
  await makeBareTopics(brokers, [{ topic: from, partitions }, { topic: to, partitions }]);
  open.defer(async () => void await dropTopics(brokers, prefix));
  const start = (role: string) => {
    const program = new URL("bare.ts", import.meta.url).pathname;
    const args = ["run", "--quiet", "--permission-set=tests", ...load.flags, program, role];
    return open.use(
      new Child({ args: [...args, brokers, samplesFile, from, to], core: null }),
    );
  };
  const [gateway, judge] = [start("gateway"), start("judge")];
  await Promise.all([gateway.told("ready", STOP_MAX_MS), judge.told("ready", STOP_MAX_MS)]);
  let written = 0;
  const owned = open.move();
  return {
    name: "bare kafkajs",
    pids: [gateway.pid, judge.pid],
    async run({ perSecond, seconds }) {
      await gateway.say(
        perSecond === null ? `saturate ${load.miners * load.places}` : `rate ${perSecond}`,
      );
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      await gateway.say("stop");
      const count = await gateway.told("written", STOP_MAX_MS);
      written += count;
      await waitFor(
        async () => {
          await judge.say("count");
          return await judge.told("judged") >= written;
        },
        "all records to be passed on",
        { deadlineMs: JUDGED_MAX_MS },
      );
      return count;
    },
    async check() {
      const samples = await readSamples(samplesFile);
      await checkTopic(brokers, from, expectedSum(samples, written, new Uint8Array()));
      await checkTopic(brokers, to, expectedSum(samples, written, samples.judgement));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
