/** A miner's machines, as messages. @module */
import type { MessageInitShape } from "@gopool/proto";
import {
  type GetWorkerResponseSchema,
  type ListWorkersRequest,
  type ListWorkersResponseSchema,
  timestampFromMs,
  Window,
  type WorkerSchema,
} from "@gopool/proto/api";
import type { SeriesReader, Subject, Sum, WorkerSum } from "@gopool/series";
import { countedOf } from "./counted.ts";
import { partsOf, type PublicDeps } from "./deps.ts";
import { hashrateOf, hashratesOf, overviewOf, sumOver, totalsOf } from "./figures.ts";
import { ONLINE_MS, WORKERS_MOST, WORKERS_SEEN_MS, WORKERS_USUAL } from "./limits.ts";
import { known } from "./miner.ts";
import { type Counted, last, lengthOf } from "./windows.ts";
import { placeOf, tokenOf, type WorkerPlace } from "./worker_pages.ts";

/** Windows of the speeds of each worker in a list, the shortest first. */
const LISTED = [Window.WINDOW_5M, Window.WINDOW_1H, Window.WINDOW_24H] as const;

type WorkerMessage = MessageInitShape<typeof WorkerSchema>;

/** @throws {BadToken} @throws {NotSeen} @throws {PartsAway} @throws {SeriesUnavailable} */
export async function workersAnswer(
  deps: PublicDeps,
  account: string,
  { pageSize, pageToken }: Pick<ListWorkersRequest, "pageSize" | "pageToken">,
): Promise<MessageInitShape<typeof ListWorkersResponseSchema>> {
  const { series, clock } = deps;
  const parts = partsOf(deps);
  const nowMs = clock.now();
  const now = await countedOf(deps, parts);
  const place = pageToken === "" ? null : placeOf(pageToken);
  // All pages are of one moment, so that a worker which is seen meanwhile does not move to a page that was read.
  const counted = place === null ? now : { ...now, untilMs: Math.min(place.untilMs, now.untilMs) };
  const limit = Math.min(pageSize || WORKERS_USUAL, WORKERS_MOST);
  const { page, next } = await pageOf(series, account, counted, { limit, after: place });
  if (page.length === 0) await known(deps, parts, { kind: "account", account });
  return {
    workers: page,
    nextPageToken: next === null ? "" : tokenOf(next),
    freshness: parts.freshness(nowMs, counted.untilMs),
  };
}

/** One list a window, in one order: those of the page who have a share in a shorter window are its first ones there. */
async function pageOf(
  series: SeriesReader,
  account: string,
  counted: Counted,
  { limit, after }: { readonly limit: number; readonly after: WorkerPlace | null },
): Promise<{ readonly page: WorkerMessage[]; readonly next: WorkerPlace | null }> {
  const asked = {
    limit: limit + 1,
    ...after === null ? {} : { after: { lastMs: after.lastMs, worker: after.worker } },
  };
  const [seen, ...windows] = await Promise.all(
    [WORKERS_SEEN_MS, ONLINE_MS, ...LISTED.map(lengthOf)].map((ms) =>
      series.workers(account, last(ms, counted), asked)
    ),
  );
  const [online, ...sums] = windows.map((list) => new Map(list.map((one) => [one.worker, one])));
  const rows = seen!.slice(0, limit);
  const end = rows.at(-1);
  return {
    page: rows.map((row) => {
      const of = sums.map((byName) => byName.get(row.worker));
      return { ...listed(row, of, counted), online: isOnline(online!.get(row.worker)) };
    }),
    next: seen!.length > limit && end !== undefined
      ? { untilMs: counted.untilMs, lastMs: end.lastMs, worker: end.worker }
      : null,
  };
}

const NO_SHARES = {
  valid: { shares: 0, work: 0, workSquared: 0, expected: 0 },
  rejected: 0,
  stale: 0,
  reasons: {},
  best: { difficulty: 0, atMs: 0 },
} as const;

/** @param windows Its sums over LISTED; absent where it had no share there. */
function listed(
  { worker, lastMs }: WorkerSum,
  windows: readonly (Sum | undefined)[],
  counted: Counted,
): WorkerMessage {
  const day = windows.at(-1);
  return workerMessage(worker, lastMs, day ?? NO_SHARES, {
    hashrates: LISTED.map((window, i) => {
      const { range = last(lengthOf(window), counted), valid = NO_SHARES.valid } = windows[i] ?? {};
      return hashrateOf(window, { range, valid }, counted);
    }),
  });
}

/** As `SeriesReader.online` counts: refused shares show a machine, not that it mines. */
function isOnline(sum: Sum | undefined): boolean {
  return sum !== undefined && sum.valid.shares > 0;
}

function workerMessage(
  name: string,
  lastMs: number,
  day: Omit<Sum, "range" | "lastMs">,
  rest: Pick<WorkerMessage, "hashrates" | "online">,
): WorkerMessage {
  return {
    name,
    shares: totalsOf(day),
    bestDifficulty: day.best.difficulty,
    ...lastMs === 0 ? {} : { lastShareAt: timestampFromMs(lastMs) },
    ...rest,
  };
}

/** @throws {NotSeen} @throws {PartsAway} @throws {SeriesUnavailable} */
export async function workerAnswer(
  deps: PublicDeps,
  account: string,
  worker: string,
): Promise<MessageInitShape<typeof GetWorkerResponseSchema>> {
  const { series, clock } = deps;
  const parts = partsOf(deps);
  const nowMs = clock.now();
  const counted = await countedOf(deps, parts);
  const subject: Subject = { kind: "worker", account, worker };
  const [overview, [online]] = await Promise.all([
    overviewOf(series, subject, counted),
    series.sums(subject, [last(ONLINE_MS, counted)]),
  ]);
  const { lastMs } = overview.all;
  if (lastMs === 0) await known(deps, parts, subject);
  const day = sumOver(overview, Window.WINDOW_24H);
  return {
    worker: workerMessage(worker, lastMs, day, {
      hashrates: hashratesOf(overview, counted),
      online: isOnline(online),
    }),
    freshness: parts.freshness(nowMs, counted.untilMs),
  };
}
