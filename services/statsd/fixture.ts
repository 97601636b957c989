/**
 * Judged shares, and statsd at work on them, for tests. Imported by tests only.
 *
 * @module
 */
import type { Bus, Placement, Topic } from "@gopool/bus";
import { targetFromDifficulty, targetToBytes, workOfTarget } from "@gopool/chain";
import { Reason, Verdict } from "@gopool/proto";
import {
  type Clock,
  createStatusBoard,
  type Logger,
  type Metrics,
  seededRandom,
  silent,
  type StatusBoard,
} from "@gopool/runtime";
import { openSeries, type Series } from "@gopool/series";
import { appendJudgement, type Judged, SubmissionWriter } from "@gopool/shares";
import { openState, type State } from "@gopool/state";
import { createStatsd, type Statsd } from "./service.ts";
import { SOURCES } from "./sources.ts";

/** 2026-01-01T00:00:00Z, where a FakeClock begins. */
export const START_MS = 1_767_225_600_000;
export const POOL = "test";
/** nBits of difficulty 1. */
export const NBITS = 0x1d00_ffff;
/** Of difficulty 1, hashes. */
export const WORK_1: number = Number(workOfTarget(targetFromDifficulty(1)));

const writer = new SubmissionWriter();

export type ShareChange = Partial<Omit<Judged, "work">> & { readonly difficulty?: number };

/** The bytes of a judged share; what matters can be said. */
export function judgedShare(sourceOffset: number, change: ShareChange = {}): Uint8Array {
  const target = targetFromDifficulty(change.difficulty ?? 1);
  const loggedAtMs = change.loggedAtMs ?? START_MS + sourceOffset;
  const hex = workOfTarget(target).toString(16);
  const submission = writer.write({
    pool: POOL,
    gateway: "gw",
    session: "00000001",
    jobId: "0000000100000000",
    variant: 0,
    account: "bc1qaccount",
    worker: "rig",
    extranonce1: new Uint8Array(4),
    extranonce2: new Uint8Array(8),
    ntime: 0,
    nonce: 0,
    version: 0,
    target: targetToBytes(target),
    headerHash: new Uint8Array(32),
    verdict: Verdict.ACCEPTED,
    reason: Reason.UNSPECIFIED,
    receivedAtMs: loggedAtMs,
    jobSentAtMs: loggedAtMs - 1_000,
    processingUs: 0,
    userAgentClass: "",
    versionMask: 0,
    unlisted: 0,
    ...change,
  });
  return appendJudgement(submission, {
    logId: change.logId ?? "log",
    sourcePartition: change.sourcePartition ?? 0,
    sourceOffset,
    previousValidOffset: -1,
    loggedAtMs,
    work: Uint8Array.from(
      (hex.length % 2 === 0 ? hex : `0${hex}`).match(/../g)!,
      (byte) => parseInt(byte, 16),
    ),
    nbits: change.nbits ?? NBITS,
    height: change.height ?? 1,
    achievedDifficulty: change.achievedDifficulty ?? change.difficulty ?? 1,
    judgedReason: change.judgedReason ?? Reason.UNSPECIFIED,
    mark: change.mark ?? false,
  });
}

export function put(
  bus: Bus,
  topic: Topic,
  partition: number,
  ...values: Uint8Array[]
): Promise<Placement[]> {
  return bus.publish(topic, values.map((value) => ({ partition, value, key: new Uint8Array() })));
}

/** A store of its own in a new file, gone with the test. */
export async function tempSeries(clock: Clock): Promise<Series & { readonly path: string }> {
  const folder = await Deno.makeTempDir({ prefix: "gopool_statsd_" });
  const path = `${folder}/series.sqlite`;
  const series = await openSeries(`sqlite:${path}`, { clock, raw: true });
  const close = series[Symbol.asyncDispose].bind(series);
  return Object.assign(series, {
    path,
    async [Symbol.asyncDispose]() {
      await close();
      await Deno.remove(folder, { recursive: true });
    },
  });
}

export interface StandDeps {
  readonly bus: Bus;
  readonly series: Series;
  readonly clock: Clock;
  readonly state?: State;
  readonly log?: Logger;
  readonly seed?: number;
  readonly raw?: boolean;
  readonly metrics?: Metrics;
}

export interface Running extends AsyncDisposable {
  readonly statsd: Statsd;
  readonly board: StatusBoard;
  readonly state: State;
  stop(): Promise<void>;
}

/** A statsd at work until it is stopped. */
export async function run(deps: StandDeps): Promise<Running> {
  const { clock, log = silent, seed = 1, raw = false } = deps;
  const board = createStatusBoard(clock);
  const state = deps.state ?? await openState("memory:", { clock });
  const random = seededRandom(seed);
  const settings = { raw };
  const statsd = createStatsd({ ...deps, state, random, log, board, pool: POOL, settings });
  const over = new AbortController();
  const running = statsd.run(over.signal);
  let stopped: Promise<void> | undefined;
  const stop = () =>
    stopped ??= (async () => {
      over.abort();
      await running;
      if (deps.state === undefined) await state[Symbol.asyncDispose]();
    })();
  return { statsd, board, state, stop, [Symbol.asyncDispose]: stop };
}

/** Whether everything that stands in the share topics is in the store. */
export async function isWritten(bus: Bus, { statsd }: Pick<Running, "statsd">): Promise<boolean> {
  const parts = statsd.keeping.writer()?.parts;
  if (parts === undefined) return false;
  for (const { topic, status } of SOURCES) {
    for (const { partition, next } of await bus.ends(topic)) {
      const part = parts.get(`${status}/${partition}`);
      if (part === undefined || part.writtenNext < next) return false;
    }
  }
  return true;
}
