/**
 * For tests: the public answers on an embedded series and a bus in memory, with books that say what a test lets them
 * say.
 *
 * @module
 */
import { encodeRecord, openBus, statsLive } from "@gopool/bus";
import { LedgerUnavailable } from "@gopool/ledger";
import type { MessageInitShape, StatsLiveSchema } from "@gopool/proto";
import {
  type MinutePoint,
  openSeries,
  type Series,
  SeriesUnavailable,
  type Status,
  workOf,
} from "@gopool/series";
import { FakeClock, silent, tempDir, waitFor } from "@gopool/testing";
import type { BooksReader } from "../books/mod.ts";
import { Live } from "../live.ts";
import type { PublicDeps } from "./deps.ts";

/** On a day's beginning, so that tests can tell where steps lie. */
export const NOON_MS = Date.UTC(2026, 10, 23, 12);
export const MINUTE = 60_000;
export const NETWORK_DIFFICULTY = 1_000;
export const ALICE = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
export const BOB = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry";

export interface Mined {
  readonly account?: string;
  readonly worker?: string;
  readonly atMs: number;
  /** In force. */
  readonly difficulty?: number;
  readonly achieved?: number;
  /** Any but "" is refused; those that begin with "stale" are late. */
  readonly reason?: string;
}

export interface Stand extends AsyncDisposable {
  readonly deps: PublicDeps;
  readonly clock: FakeClock;
  readonly series: Series;
  readonly live: Live;
  /** What the books say; all that is not there is away. */
  readonly books: Partial<BooksReader>;
  /** The series does not answer from now on. */
  breakSeries(): void;
  /** All shares of the minutes that they lie in. */
  mine(shares: readonly Mined[]): Promise<void>;
  /** As statsd says it each second. */
  say(record: MessageInitShape<typeof StatsLiveSchema>): Promise<void>;
}

export async function stand(settings: Partial<PublicDeps["settings"]> = {}): Promise<Stand> {
  await using open = new AsyncDisposableStack();
  const clock = new FakeClock(NOON_MS);
  const folder = open.use(await tempDir());
  const series = open.use(
    await openSeries(`sqlite:${folder.path}/series.sqlite`, { clock, raw: false }),
  );
  const bus = open.use(await openBus("memory:", { clock }));
  const live = new Live({ bus, clock, log: silent, pool: "gopool" });
  const stop = new AbortController();
  const following = live.follow({ signal: stop.signal, caughtUp: () => {}, onTrouble: () => {} });
  open.defer(async () => {
    stop.abort();
    await following;
  });
  const books: Partial<BooksReader> = {};
  const seriesGate = gate(
    series,
    () => Promise.reject(new SeriesUnavailable("the file 10.0.0.7:secret is away")),
  );
  const owned = open.move();
  return {
    deps: {
      series: seriesGate.open,
      live,
      books: bookish(books),
      clock,
      log: silent,
      network: "regtest",
      settings: {
        pool: "A pool",
        stratumUrls: ["stratum+tcp://pool.example:3333"],
        finders: "full",
        maturity: 100,
        ...settings,
      },
    },
    clock,
    series,
    live,
    books,
    breakSeries: seriesGate.close,
    mine: (shares) => series.write(foldOf(shares)),
    async say(record) {
      const before = live.latest();
      const message = { pool: "gopool", atMs: BigInt(clock.now()), ...record };
      await bus.publish(statsLive, [encodeRecord(statsLive, message, { key: "gopool" })]);
      await waitFor(() => live.latest() !== before, "the live record");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The same object, until it is closed: then every method of it does what `closed` does. */
function gate<T extends object>(whole: T, closed: () => unknown) {
  let shut = false;
  const open = new Proxy(whole, {
    get(target, name) {
      if (shut) return closed;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { open, close: () => void (shut = true) };
}

/** Books that have what a test gave them, and are away for anything else. */
function bookish(said: Partial<BooksReader>): BooksReader {
  return new Proxy(said, {
    get: (target, name) =>
      Reflect.get(target, name) ??
        (() => Promise.reject(new LedgerUnavailable("10.0.0.8 is away", false))),
  }) as BooksReader;
}

function foldOf(shares: readonly Mined[]) {
  const minutes = new Map<string, MinutePoint>(), pool = new Map<string, MinutePoint>();
  for (const share of shares) {
    add(minutes, share, { account: share.account ?? ALICE, worker: share.worker ?? "rig1" });
    add(pool, share, { account: "", worker: "" });
  }
  return { minutes: [...minutes.values()], pool: [...pool.values()], raw: [], positions: [] };
}

function add(
  into: Map<string, MinutePoint>,
  { atMs, difficulty = 1, achieved = difficulty, reason = "" }: Mined,
  who: { readonly account: string; readonly worker: string },
): void {
  const status: Status = reason === ""
    ? "valid"
    : reason.startsWith("stale")
    ? "stale"
    : "rejected";
  const minuteMs = Math.floor(atMs / MINUTE) * MINUTE;
  const key = JSON.stringify([who, status, minuteMs]);
  const work = status === "valid" ? workOf(difficulty) : 0;
  const before = into.get(key);
  const isBest = status === "valid" && achieved > (before?.best.difficulty ?? 0);
  into.set(key, {
    ...who,
    status,
    partition: 0,
    minuteMs,
    shares: (before?.shares ?? 0) + 1,
    work: (before?.work ?? 0) + work,
    workSquared: (before?.workSquared ?? 0) + work * work,
    expected: (before?.expected ?? 0) + work / workOf(NETWORK_DIFFICULTY),
    best: isBest ? { difficulty: achieved, atMs } : before?.best ?? { difficulty: 0, atMs: 0 },
    latencyMs: 0,
    latencyShares: 0,
    lastMs: Math.max(before?.lastMs ?? 0, atMs),
    reasons: reason === ""
      ? {}
      : { ...before?.reasons, [reason]: (before?.reasons[reason] ?? 0) + 1 },
  });
}
