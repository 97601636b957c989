/** public-pool's answers about one miner, out of this pool's own figures. @module */
import { Window } from "@gopool/proto/api";
import { ROWS_MAX, type Subject, type Sum } from "@gopool/series";
import { countedOf } from "../public/counted.ts";
import { partsOf, type PublicDeps } from "../public/deps.ts";
import { speedOver } from "../public/figures.ts";
import { ONLINE_MS } from "../public/limits.ts";
import { type Counted, ever, last, lengthOf, secondsOf } from "../public/windows.ts";
import { NAMELESS, sessionIdOf, shownName } from "./names.ts";
import { isoOf, slotsOf } from "./pool_answers.ts";
import type { Client, WorkerGroup, WorkerSession } from "./shapes.ts";

/**
 * Machines that are online, ROWS_MAX at most; somebody who never mined here has none, as in the original. Best
 * difficulties of machines are those of a day, as /api/v1 has them.
 *
 * @param account Canonical.
 * @throws {SeriesUnavailable}
 */
export async function clientOf(deps: PublicDeps, account: string): Promise<Client> {
  const { series } = deps;
  const counted = await countedOf(deps);
  const listed = (ms: number) => series.workers(account, last(ms, counted), { limit: ROWS_MAX });
  const [[all], online, recent, day, started] = await Promise.all([
    series.sums({ kind: "account", account }, [ever(counted)]),
    listed(ONLINE_MS),
    listed(lengthOf(Window.WINDOW_15M)),
    listed(lengthOf(Window.WINDOW_24H)),
    firstSeen(deps, account),
  ]);
  const speeds = new Map(recent.map((one) => [one.worker, speedOf(one, counted)]));
  const bests = new Map(day.map(({ worker, best }) => [worker, best.difficulty]));
  const working = online.filter(({ valid }) => valid.shares > 0);
  return {
    ...all!.lastMs === 0 ? {} : { bestDifficulty: all!.best.difficulty },
    workersCount: working.length,
    workers: working.map(({ worker, lastMs }) => ({
      sessionId: sessionIdOf(account, worker),
      name: shownName(worker),
      bestDifficulty: (bests.get(worker) ?? 0).toFixed(2),
      hashRate: speeds.get(worker) ?? 0,
      startTime: startOf(started, worker),
      lastSeen: isoOf(lastMs),
    })),
  };
}

/** The machine of a name. One that never was has nothing, as in the original. @throws {SeriesUnavailable} */
export async function workerGroupOf(
  deps: PublicDeps,
  account: string,
  name: string,
): Promise<WorkerGroup> {
  const { worker, best } = await namedOf(deps, account, name);
  return {
    name,
    bestDifficulty: Math.floor(best),
    chartData: await slotsOf(deps, { kind: "worker", account, worker }),
  };
}

/** Null: no worker of that name has such a session. @throws {SeriesUnavailable} */
export async function workerSessionOf(
  deps: PublicDeps,
  account: string,
  name: string,
  sessionId: string,
): Promise<WorkerSession | null> {
  const group = namesOf(name).find((worker) => sessionIdOf(account, worker) === sessionId);
  if (group === undefined) return null;
  const { seen } = await soughtOf(deps, account, group, await countedOf(deps));
  if (!seen) return null;
  const startTime = startOf(await firstSeen(deps, account), group);
  return { ...await workerGroupOf(deps, account, name), sessionId, startTime };
}

/** When machines first mined here, as the books have it: how long a connection stands is nobody's business. */
async function firstSeen(
  deps: PublicDeps,
  account: string,
): Promise<ReadonlyMap<string, number>> {
  const nothing: ReadonlyMap<string, number> = new Map();
  return await partsOf(deps).take("ledger", () => deps.books.firstSeen(account), nothing);
}

function startOf(started: ReadonlyMap<string, number>, worker: string): string | null {
  const ms = started.get(worker);
  return ms === undefined ? null : isoOf(ms);
}

function speedOf({ range, valid }: Pick<Sum, "range" | "valid">, counted: Counted): number {
  return speedOver(valid, secondsOf(range, counted)).hashesPerSecond;
}

/** Names that a name in a path may stand for. */
function namesOf(name: string): readonly string[] {
  return name === NAMELESS ? [NAMELESS, ""] : [name];
}

interface Sought {
  readonly worker: string;
  readonly seen: boolean;
  /** Best difficulty of a day. */
  readonly best: number;
}

async function namedOf(deps: PublicDeps, account: string, name: string): Promise<Sought> {
  const counted = await countedOf(deps);
  const [first, ...more] = namesOf(name);
  let found = await soughtOf(deps, account, first!, counted);
  for (const worker of more) {
    if (!found.seen) found = await soughtOf(deps, account, worker, counted);
  }
  return found;
}

async function soughtOf(
  { series }: PublicDeps,
  account: string,
  worker: string,
  counted: Counted,
): Promise<Sought> {
  const subject: Subject = { kind: "worker", account, worker };
  const [day, all] = await series.sums(subject, [
    last(lengthOf(Window.WINDOW_24H), counted),
    ever(counted),
  ]);
  return { worker, seen: all!.lastMs > 0, best: day!.best.difficulty };
}
