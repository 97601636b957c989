/**
 * What the contract of the series stands on: a store under test, and small makers of points.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { FakeClock } from "@gopool/testing";
import { MINUTE_MS } from "./levels.ts";
import { RETENTIONS, type Retentions } from "./options.ts";
import type { Fold, MinutePoint, PoolMinutePoint, Series, Status, Sum } from "./port.ts";

/** An empty store of an adapter under test. */
export interface Stand extends AsyncDisposable {
  readonly series: Series;
  /** That it was opened with: at about the real time where a server counts retention by its own. Driven by the tests. */
  readonly clock: FakeClock;
  /** The same store, opened again after it was left as a process that is killed leaves it. */
  reopen(): Promise<Series>;
}

export interface ContractAdapter {
  readonly name: string;
  /** Default retentions: RETENTIONS. */
  open(retentions?: Retentions): Promise<Stand>;
  /** How many random histories are tried: fewer where a write takes long. */
  readonly histories: number;
  readonly ignore?: boolean;
}

/** Nothing is ever too old: for histories of a year. */
export const KEEPS_ALL: Retentions = {
  rawMs: 1_000 * 86_400_000,
  minutesMs: 1_000 * 86_400_000,
  hoursMs: 1_000 * 86_400_000,
  daysMs: null,
};

export type Declare = (promise: string, body: (stand: Stand) => Promise<void>) => void;

/** Declares one test of the contract after another, each on a store of its own. */
export function declaring(adapter: ContractAdapter, retentions = RETENTIONS): Declare {
  return (promise, body) =>
    Deno.test({
      name: `${adapter.name}: ${promise}`,
      ignore: adapter.ignore ?? false,
      fn: async () => {
        await using stand = await adapter.open(retentions);
        await body(stand);
      },
    });
}

/** The minute that is so many minutes back: 1 is the newest that is over. */
export function minutesAgo(clock: FakeClock, minutes: number): number {
  return Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS - minutes * MINUTE_MS;
}

/** A minute of one share of difficulty 1, but for what is said. */
export function point(over: Partial<MinutePoint> & { readonly minuteMs: number }): MinutePoint {
  const status: Status = over.status ?? "valid";
  const isValid = status === "valid";
  return {
    account: "bc1qalice",
    worker: "rig1",
    status,
    partition: 0,
    shares: 1,
    work: isValid ? 2 ** 32 : 0,
    workSquared: isValid ? 2 ** 64 : 0,
    expected: isValid ? 1e-12 : 0,
    best: isValid ? { difficulty: 3.5, atMs: over.minuteMs + 7 } : { difficulty: 0, atMs: 0 },
    latencyMs: 40,
    latencyShares: 1,
    lastMs: over.minuteMs + 7,
    reasons: isValid ? {} : { "low-difficulty": over.shares ?? 1 },
    ...over,
  };
}

/** What statsd writes for these minutes: the pool's follow from the workers'. */
export function foldOf(minutes: readonly MinutePoint[], rest: Partial<Fold> = {}): Fold {
  const pool = new Map<string, PoolMinutePoint>();
  for (const { account: _, worker: __, ...own } of minutes) {
    const key = `${own.status} ${own.partition} ${own.minuteMs}`;
    const before = pool.get(key);
    pool.set(key, before === undefined ? own : together(before, own));
  }
  return { minutes, pool: [...pool.values()], raw: [], positions: [], ...rest };
}

function together(a: PoolMinutePoint, b: PoolMinutePoint): PoolMinutePoint {
  const reasons = { ...a.reasons };
  for (const [reason, shares] of Object.entries(b.reasons)) {
    reasons[reason] = (reasons[reason] ?? 0) + shares;
  }
  return {
    ...a,
    shares: a.shares + b.shares,
    work: a.work + b.work,
    workSquared: a.workSquared + b.workSquared,
    expected: a.expected + b.expected,
    best: b.best.difficulty > a.best.difficulty ||
        (b.best.difficulty === a.best.difficulty && b.best.atMs < a.best.atMs)
      ? b.best
      : a.best,
    latencyMs: a.latencyMs + b.latencyMs,
    latencyShares: a.latencyShares + b.latencyShares,
    lastMs: Math.max(a.lastMs, b.lastMs),
    reasons,
  };
}

/** Equal: whole numbers exactly, floats but for the order in which they were added. */
export function assertSum(actual: Sum, wanted: Sum, what: string): void {
  assertEquals(exact(actual), exact(wanted), what);
  for (const name of ["work", "workSquared", "expected"] as const) {
    const [is, ought] = [actual.valid[name], wanted.valid[name]];
    assert(Number.isFinite(is), `${what}: ${name} is ${is}`);
    assertAlmostEquals(is, ought, Math.abs(ought) * 1e-9, `${what}: ${name}`);
  }
}

function exact({ range, valid, rejected, stale, reasons, best, lastMs }: Sum) {
  return { range, shares: valid.shares, rejected, stale, reasons, best, lastMs };
}
