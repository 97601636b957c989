/** Statistics: how far they are, what did not count, how the store is; summing a range up again. @module */
import {
  type GetSeriesResponse,
  GetSeriesResponseSchema,
  RollUpAgainResponseSchema,
  type SeriesDrops,
  type SeriesPartition,
  SeriesService,
} from "@gopool/proto/control";
import { type Command, InvalidArgumentError } from "commander";
import type { Ctl, Run } from "./context.ts";
import { ago, count, span, time } from "./words.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export function seriesCommands(program: Command, run: Run): void {
  const series = program.command("series")
    .description("statistics: how far they are, what did not count, and the store");
  series.command("show", { isDefault: true })
    .description("how far statistics are, what did not count, and how the store is")
    .action(() => run(show));
  series.command("partitions")
    .description("each partition: how far it is read and written, and which minutes are open")
    .action(() => run(partitions));
  series.command("roll")
    .argument("<from>", "as 2026-01-31T14:00Z; the hour that it lies in is summed", timeOf)
    .argument("<until>", "as 2026-01-31T20:00Z: hours that end by then", timeOf)
    .description("sums hours and days up again from the minutes that the store has")
    .action((from: number, until: number) => run((ctl) => roll(ctl, from, until)));
}

function timeOf(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:00)?)?Z?$/.test(text)
    ? Date.parse(text.endsWith("Z") || !text.includes("T") ? text : `${text}Z`)
    : NaN;
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError("It must be a time in UTC, to the minute: 2026-01-31T14:00Z.");
  }
  return ms;
}

async function show({ pool, out, clock }: Ctl): Promise<void> {
  const all = await pool.of("statsd");
  for (const { client, place } of all) {
    const found = await client(SeriesService).getSeries({}, pool.calling());
    if (out.json) {
      out.list(GetSeriesResponseSchema, [found], () => ({}));
      continue;
    }
    if (all.length > 1) out.line(`${place.name}:`);
    for (const sentence of sentencesOf(found, clock.now())) out.line(sentence);
    out.table("what did not count", found.drops.filter((one) => sumOf(one) > 0n).map(dropRow));
  }
}

function sentencesOf(found: GetSeriesResponse, nowMs: number): string[] {
  const { store, storeAnswers, storeTrouble, leads, writes, live, partitions } = found;
  const behind = partitions.reduce((sum, { lag }) => sum + (lag ?? 0n), 0n);
  const told = [
    storeAnswers ? `${store} answers` : `${store} does NOT answer: ${storeTrouble}`,
    `reads ${count(partitions.length, "partition")} of three topics, ` +
    (found.trouble === ""
      ? `${count(behind, "record")} behind`
      : `how far behind: ${found.trouble}`),
  ];
  if (writes !== undefined) {
    told.push(
      `${count(writes.writes, "write")}, ${count(writes.points, "point")}, ` +
        `${count(writes.rawShares, "raw share")}; the last ${
          ago(writes.lastWriteAtMs, nowMs) ?? "never"
        } ago`,
    );
    if (writes.refused > 0n) {
      const at = ago(writes.lastRefusalAtMs, nowMs);
      told.push(
        `${count(writes.refused, "write")} REFUSED, the last ${at} ago: ${writes.lastRefusal}`,
      );
    }
  }
  if (writes !== undefined && writes.leftOut > 0n) {
    told.push(
      `${count(writes.leftOut, "point")} LEFT OUT: the store refused them for good, see the log`,
    );
  }
  if (found.late > 0n) {
    told.push(`${count(found.late, "share")} came late and count in a later minute`);
  }
  if (found.withoutName > 0n) {
    told.push(
      `${count(found.withoutName, "share")} count without a name: too many names in a minute`,
    );
  }
  told.push(
    leads
      ? `leads; minutes stay as they are until ${
        time(found.settledUntilMs) ?? "a time not known yet"
      }`
      : "stands by: another statsd leads",
    `hours are summed until ${time(found.rolledUntilMs) ?? "none yet"}`,
  );
  if (found.waitsFor !== "") told.push(`the next minute waits: ${found.waitsFor}`);
  if (live !== undefined) {
    const { accounts, workers } = live;
    told.push(
      `live: ${count(accounts, "account")}, ${count(workers, "worker")} of the last ten minutes`,
    );
  }
  return told;
}

function sumOf({ repeated, republished, foreign, unreadable, headless }: SeriesDrops): bigint {
  return repeated + republished + foreign + unreadable + headless;
}

function dropRow({ status, repeated, republished, foreign, unreadable, headless }: SeriesDrops) {
  return {
    topic: `share.${status}`,
    "published again": repeated,
    "answered twice": republished,
    "another pool's": foreign,
    unreadable,
    "of a cut minute": headless,
  };
}

async function partitions({ pool, out, clock }: Ctl): Promise<void> {
  const nowMs = clock.now();
  for (const { client } of await pool.of("statsd")) {
    const found = await client(SeriesService).getSeries({}, pool.calling());
    if (out.json) out.list(GetSeriesResponseSchema, [found], () => ({}));
    else out.rows(found.partitions.map((one) => partitionRow(one, nowMs)));
  }
}

function partitionRow(one: SeriesPartition, nowMs: number) {
  return {
    partition: `share.${one.status}/${one.partition}`,
    state: one.lost ? "lost" : one.catchingUp ? "catches up" : "works",
    behind: one.lag,
    "next offset": one.offset,
    "written to": one.writtenOffset,
    "begins again at": one.keptOffset,
    minutes: one.openMinutes,
    totals: one.totals,
    "oldest minute": time(one.oldestMinuteMs),
    "settled": one.settledUntilMs === 0n ? null : `${span(nowMs - Number(one.settledUntilMs))} ago`,
  };
}

async function roll(ctl: Ctl, from: number, until: number): Promise<void> {
  const { pool, out } = ctl;
  const fromMs = from - from % HOUR_MS;
  // Any of them does it for all.
  const [{ client }] = await pool.of("statsd");
  const untilMs = Math.max(until - until % MINUTE_MS, 0);
  const answer = await client(SeriesService).rollUpAgain(
    { fromMs: BigInt(fromMs), untilMs: BigInt(untilMs) },
    pool.calling(),
  );
  out.said(RollUpAgainResponseSchema, answer, ({ hours, days }) => [
    `${count(hours, "hour")} and ${count(days, "day")} summed again`,
  ]);
}
