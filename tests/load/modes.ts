/**
 * The ways in which a fleet loads a server, each bounded in time.
 *
 * @module
 */
import { waitFor } from "@gopool/testing";
import type { Fleet } from "./fleet.ts";
import { type Usage, usageOf } from "./processes.ts";

/** An answer later than this is none. */
const ANSWER_MAX_MS = 35_000;
/** A job that took longer to get to all is a failure. */
const JOB_MAX_MS = 10_000;
/** Pause between two jobs: what the one before stirred up has settled. */
const BETWEEN_JOBS_MS = 700;
/** Memory is looked at when what the logins left behind has been cleared away. */
const SETTLE_MS = 3_000;

export interface Rate {
  /** Shares answered true in the time measured, and that time. */
  readonly accepted: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** CPU of the server's process, µs for each answer; null where it cannot be read. */
  readonly cpuUs: number | null;
  /** Part of the time in which the server was ready to run and others had its core; null as above. */
  readonly heldUp: number | null;
  /** Shares that could not be sent in time because too many of the miner's were under way. */
  readonly late: number;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Every miner sends its next share as soon as one is answered. */
export async function saturate(
  fleet: Fleet,
  pid: number,
  times: { readonly warmMs: number; readonly runMs: number },
): Promise<Rate> {
  let sending = true;
  fleet.onAnswers = (client, count) => {
    if (sending) client.submit(count, performance.now());
  };
  for (const client of fleet.clients) client.submit(Infinity, performance.now());
  const rate = await measured(fleet, pid, times);
  sending = false;
  await answered(fleet);
  return { ...rate, late: 0 };
}

/** Shares come at a fixed rate, over the miners in turn, whatever the answers do. */
export async function openLoop(
  fleet: Fleet,
  pid: number,
  options: { readonly perSecond: number; readonly warmMs: number; readonly runMs: number },
): Promise<Rate> {
  const { perSecond } = options;
  fleet.onAnswers = () => {};
  const startMs = performance.now();
  let sent = 0, late = 0, sending = true;
  const send = async () => {
    while (sending) {
      const due = Math.floor((performance.now() - startMs) / 1000 * perSecond);
      for (; sent < due; sent++) {
        // Latency counts from when the share was due: a late generator hides nothing.
        const dueMs = startMs + sent * 1000 / perSecond;
        late += 1 - fleet.clients[sent % fleet.clients.length]!.submit(1, dueMs);
      }
      await sleep(1);
    }
  };
  const sender = send();
  const rate = await measured(fleet, pid, options);
  sending = false;
  await sender;
  await answered(fleet);
  return { ...rate, late };
}

/** Sends a job to all, some times over; gives the times until the last had it, from the job's making and from the first. */
export async function broadcasts(
  fleet: Fleet,
  newJob: () => Promise<number>,
  times: number,
): Promise<{ readonly fromJobMs: number[]; readonly fromFirstMs: number[] }> {
  const fromJobMs: number[] = [], fromFirstMs: number[] = [];
  for (let i = 0; i < times; i++) {
    await sleep(BETWEEN_JOBS_MS);
    fleet.beginRound();
    const madeMs = await newJob();
    const all = () => fleet.informed.count === fleet.clients.length;
    await waitFor(all, "a job at every miner", { deadlineMs: JOB_MAX_MS });
    const { firstMs, lastMs } = fleet.informed;
    fromJobMs.push(lastMs - madeMs);
    fromFirstMs.push(lastMs - firstMs);
  }
  return { fromJobMs, fromFirstMs };
}

/** What the server's process holds for each session of the fleet, kB; null where it cannot be read. */
export async function memoryOf(
  fleet: Fleet,
  pid: number,
  before: Usage | null,
): Promise<number | null> {
  await sleep(SETTLE_MS);
  const after = await usageOf(pid);
  if (before === null || after === null) return null;
  return (after.rssKb - before.rssKb) / fleet.clients.length;
}

async function measured(
  fleet: Fleet,
  pid: number,
  { warmMs, runMs }: { readonly warmMs: number; readonly runMs: number },
): Promise<Omit<Rate, "late">> {
  await sleep(warmMs);
  const before = await usageOf(pid);
  const startMs = performance.now();
  const acceptedBefore = fleet.accepted;
  fleet.latency.clear();
  await sleep(runMs);
  const { latency } = fleet;
  const accepted = fleet.accepted - acceptedBefore;
  const seconds = (performance.now() - startMs) / 1000;
  const [p50, p99, worst] = [latency.quantile(0.5), latency.quantile(0.99), latency.worst];
  const after = await usageOf(pid);
  // The clock ran on while the usage was asked for: its share of time is taken for what it was answered.
  const cpuSeconds = (performance.now() - startMs) / 1000;
  const cpuUs = before === null || after === null
    ? null
    : (after.cpuMs - before.cpuMs) * 1000 / (accepted / seconds * cpuSeconds);
  const heldUp = before === null || after === null
    ? null
    : (after.heldUpMs - before.heldUpMs) / 1000 / cpuSeconds;
  return { accepted, seconds, p50, p99, worst, cpuUs, heldUp };
}

async function answered(fleet: Fleet): Promise<void> {
  await waitFor(() => fleet.waiting === 0, "an answer to every share", {
    deadlineMs: ANSWER_MAX_MS,
  });
}
