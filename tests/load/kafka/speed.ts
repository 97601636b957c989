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
/** Places in the table. */
const KAFKA = 0, BARE = 1, SQLITE = 2;
/** The pool may add so many times what kafkajs bare costs. */
const GOAL = 1;

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

  const { seconds, rounds, rate } = options;
  const tables = [];
  for (const perSecond of [null, rate]) {
    const burst = { perSecond, seconds };
    tables.push({ burst, results: await inTurns(contenders, broker, burst, rounds) });
  }
  // No figure counts before every share and every byte is accounted for.
  for (const contender of contenders) await contender.check();
  console.log("Every share answered true is valid once; every byte of the bare loop is there.");
  for (const { burst, results } of tables) {
    report(contenders.map(({ name }) => name), burst, results);
  }
}

/** What each contender came to, round by round. */
async function inTurns(
  contenders: readonly Contender[],
  broker: Broker,
  burst: Burst,
  rounds: number,
): Promise<Measured[][]> {
  const results: Measured[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      // Each begins a round in its turn.
      const at = (i + round) % contenders.length;
      results[at]!.push(await measure(contenders[at]!, broker, burst));
    }
  }
  return results;
}

function report(
  names: readonly string[],
  { perSecond }: Burst,
  results: readonly (readonly Measured[])[],
): void {
  const how = perSecond === null ? "as fast as it goes" : `${perSecond} shares a second`;
  console.log(`\n${how}: middle of ${results[0]!.length} bursts (least to most)`);
  printTable([
    ["", "shares/s", "CPU µs a share", "writer", "judge", "broker"],
    ...names.map((name, at) => {
      const of = results[at]!;
      const part = (which: 0 | 1 | 2) => {
        const us = median(of.map(({ cpuUs }) => cpuUs[which]));
        return Number.isNaN(us) ? "?" : figure(us);
      };
      return [name, spread(of.map(rateOf)), spread(of.map(own)), part(0), part(1), part(2)];
    }),
  ]);
  const ratios = (of: (measured: Measured) => number) =>
    [BARE, SQLITE].map((at) => {
      const all = results[KAFKA]!.map((measured, round) => of(measured) / of(results[at]![round]!));
      return `${names[at]}: ${spread(all)}`;
    }).join("  ");
  console.log(`CPU a share, ${names[KAFKA]} to ...  ${ratios(own)}`);
  if (perSecond !== null) return;
  console.log(`shares/s,    ${names[KAFKA]} to ...  ${ratios(rateOf)}`);
  const adds = median(results[KAFKA]!.map(own)) / median(results[BARE]!.map(own)) - 1;
  console.log(
    `${adds <= GOAL ? "met   " : "missed"} the pool adds ${
      adds.toFixed(2)
    } times what bare kafkajs costs; the goal is at most ${GOAL}`,
  );
}

const rateOf = ({ perSecond }: Measured): number => perSecond;

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
