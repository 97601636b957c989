/** What the pool does at this moment: of live figures, which statsd writes once a second. @module */
import { Window } from "@gopool/proto/api";
import type { Figures } from "@gopool/series";
import type { PublicDeps } from "./deps.ts";
import { ONLINE_MS } from "./limits.ts";
import type { Parts } from "./parts.ts";
import { type Counted, last, lengthOf } from "./windows.ts";

export interface Now {
  readonly miners: number;
  readonly workers: number;
  readonly sharesPerSecond: number;
  readonly height: number;
  readonly networkDifficulty: number;
}

const NOTHING: Now = { miners: 0, workers: 0, sharesPerSecond: 0, height: 0, networkDifficulty: 0 };

/** Of the newest live record; where none came, of the last minute that statistics know. */
export async function nowOf(deps: PublicDeps, parts: Parts, counted: Counted | null): Promise<Now> {
  const { live } = deps;
  const newest = live.latest();
  if (newest !== null) {
    if (live.isStale()) parts.old();
    const { accounts, workers, sharesPerSecond, height, networkDifficulty } = newest;
    return { miners: accounts, workers, sharesPerSecond, height, networkDifficulty };
  }
  parts.miss("live");
  if (counted === null) return NOTHING;
  return await parts.take("statistics", () => lastMinuteOf(deps, counted), NOTHING);
}

/** How hard a block is now; 0 where nobody knows. @throws {SeriesUnavailable} */
export async function difficultyOf(deps: PublicDeps, counted: Counted): Promise<number> {
  const { live, series } = deps;
  const newest = live.latest();
  if (newest !== null) return newest.networkDifficulty;
  const figures = await series.figures(last(lengthOf(Window.WINDOW_1H), counted));
  return figures.at(-1)?.networkDifficulty ?? 0;
}

async function lastMinuteOf({ series }: PublicDeps, counted: Counted): Promise<Now> {
  const [online, figures, [minute]] = await Promise.all([
    series.online(last(ONLINE_MS, counted)),
    series.figures(last(lengthOf(Window.WINDOW_1H), counted)),
    series.sums({ kind: "pool" }, [last(lengthOf(Window.WINDOW_1M), counted)]),
  ]);
  const { height, networkDifficulty }: Pick<Figures, "height" | "networkDifficulty"> =
    figures.at(-1) ?? NOTHING;
  return {
    miners: online.accounts,
    workers: online.workers,
    sharesPerSecond: minute!.valid.shares / 60,
    height,
    networkDifficulty,
  };
}
