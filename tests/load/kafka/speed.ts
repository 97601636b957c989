/**
 * Shares all the way to share.valid, through two processes: the pool on Kafka, kafkajs bare with the same bytes, the
 * pool on sqlite; in turns, so that a noisy machine treats them alike.
 *
 * @module
 */
import { createTopics, shareSubmissions } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { tempDir } from "@gopool/testing";
import { usageOf } from "../processes.ts";
import { figure } from "../report.ts";
import type { Broker } from "./broker.ts";
import { bareLoop, type Burst, type Contender, type Load, poolOn } from "./contenders.ts";
import type { Options } from "./options.ts";
import { takeSamples, writeSamples } from "./samples.ts";
import { median, printTable, spread } from "./spread.ts";

/** Bursts that are not counted: the compilers find the hot paths. */
const WARM: Burst = { perSecond: null, seconds: 4 };
const KAFKA = 0, BARE = 1;

/** What one burst of one contender came to. */
interface Measured {
  readonly perSecond: number;
  /** CPU for each share, µs: of the process that writes submissions, of the judge, of the broker. NaN: not known. */
  readonly cpuUs: readonly [number, number, number];
}

export async function speed(broker: Broker, options: Options): Promise<void> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir("gopool-load-"));
  const load: Load = {
    miners: options.miners,
    places: options.outstanding,
    flags: options.v8?.split(",") ?? [],
  };
  const prefix = `${broker.prefix}pool.`;
  const url = `kafka://${broker.bootstrap}?prefix=${prefix}`;
  await createTopics(url, { clock: systemClock });
  const onKafka = open.use(await poolOn("pool on kafka", url, load));
  await onKafka.run(WARM);
  const samplesFile = folder.join("samples.json");
  await writeSamples(samplesFile, await takeSamples(onKafka.bus));
  const place = {
    brokers: broker.bootstrap,
    prefix: `${broker.prefix}bare.`,
    partitions: (await onKafka.bus.ends(shareSubmissions)).length,
  };
  const bare = open.use(await bareLoop(place, samplesFile, load));
  const sqlite = `sqlite:${folder.path}/bus.db`;
  const onSqlite = open.use(await poolOn("pool on sqlite", sqlite, load));
  const contenders = [onKafka, bare, onSqlite];
  for (const contender of contenders) await contender.run(WARM);

  const { seconds, rounds } = options;
  await compare(contenders, broker, { perSecond: null, seconds }, rounds);
  await compare(contenders, broker, { perSecond: options.rate, seconds }, rounds);
  for (const contender of contenders) await contender.check();
  console.log("Every share answered true is valid once; every byte of the bare loop is there.");
}

async function compare(
  contenders: readonly Contender[],
  broker: Broker,
  burst: Burst,
  rounds: number,
): Promise<void> {
  const results: Measured[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      // Each begins a round in its turn.
      const at = (i + round) % contenders.length;
      results[at]!.push(await measure(contenders[at]!, broker, burst));
    }
  }
  const how = burst.perSecond === null
    ? "as fast as it goes"
    : `${burst.perSecond} shares a second`;
  console.log(`\n${how}: middle of ${rounds} bursts (least to most)`);
  printTable([
    ["", "shares/s", "CPU µs a share", "writer", "judge", "broker"],
    ...contenders.map(({ name }, at) => {
      const of = results[at]!;
      const part = (which: number) => figure(median(of.map(({ cpuUs }) => cpuUs[which]!)));
      return [
        name,
        spread(of.map(({ perSecond }) => perSecond)),
        spread(of.map(own)),
        part(0),
        part(1),
        Number.isNaN(of[0]!.cpuUs[2]) ? "?" : part(2),
      ];
    }),
  ]);
  const ratio = (of: (measured: Measured) => number, at: number) =>
    spread(results[KAFKA]!.map((measured, round) => of(measured) / of(results[at]![round]!)));
  const perSecond = ({ perSecond }: Measured) => perSecond;
  const cpu = contenders.map((_, at) => median(results[at]!.map(own)));
  const adds = cpu[KAFKA]! / cpu[BARE]! - 1;
  console.log(
    `CPU a share, pool on kafka to ...  bare: ${ratio(own, BARE)}  sqlite: ${ratio(own, 2)}`,
  );
  if (burst.perSecond === null) {
    console.log(
      `shares/s, pool on kafka to ...     bare: ${ratio(perSecond, BARE)}  sqlite: ${
        ratio(perSecond, 2)
      }`,
    );
    console.log(
      `${adds <= 1 ? "met   " : "missed"} the pool adds ${
        figure(adds)
      } of what bare kafkajs costs; the goal is at most 1.0`,
    );
  }
}

/** CPU of the two processes together. */
function own({ cpuUs: [writer, judge] }: Measured): number {
  return writer + judge;
}

async function measure(contender: Contender, broker: Broker, burst: Burst): Promise<Measured> {
  const pids = [...contender.pids, broker.pid];
  const usages = () =>
    Promise.all(pids.map(async (pid) => pid === null ? NaN : (await usageOf(pid))?.cpuMs ?? NaN));
  const before = await usages();
  const startMs = performance.now();
  const shares = await contender.run(burst);
  const seconds = (performance.now() - startMs) / 1000;
  const after = await usages();
  const cpuUs = after.map((ms, i) => (ms - before[i]!) * 1000 / shares);
  return { perSecond: shares / seconds, cpuUs: [cpuUs[0]!, cpuUs[1]!, cpuUs[2]!] };
}
