/**
 * Random histories of a pool, as statsd would write them: some odd names, minutes dense near the end and sparse far
 * back, minutes written again as they grew.
 *
 * @module
 */
import fc from "@gopool/testing/fc";
import { MINUTE_MS } from "./levels.ts";
import type { MinutePoint, Status } from "./port.ts";

/** Names that stores get wrong: separators, quotes, escapes, controls, other alphabets, length, emptiness. */
export const ODD_NAMES: readonly string[] = [
  "",
  " ",
  "x",
  "X",
  "x\\",
  "x\\\\",
  "\\x",
  "a b",
  "a\\ b",
  "a,b",
  "a\\,b",
  "a=b",
  "x,status=valid",
  "x status=valid 1",
  '"quoted"',
  "'; DROP TABLE worker; --",
  "#comment",
  "%25",
  "%",
  "new\nline",
  "tab\tstop",
  "nul\u0000",
  "nul\u0000more",
  "\u0001\u001f\u007f",
  "\u0085\u2028",
  "⛏️ rig №1",
  "😀",
  "é",
  "e\u0301",
  "w".repeat(300),
  "w".repeat(299) + "v",
  "null",
  "undefined",
  "__proto__",
  "NaN",
  "0",
];

const STATUSES: readonly Status[] = ["valid", "valid", "valid", "rejected", "stale"];
const REASONS = ["low-difficulty", "duplicate", "stale-job", "unknown-job"];

export interface HistoryOptions {
  /** On a minute: the history ends before it. */
  readonly untilMs: number;
  /** How many minutes back it may reach. */
  readonly minutes: number;
  readonly points: number;
}

/** Points with keys of their own: no two for the same worker, status, partition and minute. */
export function history({ untilMs, minutes, points }: HistoryOptions): fc.Arbitrary<MinutePoint[]> {
  const ago = fc.oneof(
    fc.integer({ min: 1, max: Math.min(180, minutes) }),
    fc.integer({ min: 1, max: minutes }),
  );
  const one = fc.record({
    ago,
    account: fc.constantFrom("bc1qalice", "bc1qbob", ""),
    worker: fc.oneof(
      fc.constantFrom(...ODD_NAMES),
      fc.string({ unit: "binary", maxLength: 12 }),
    ),
    status: fc.constantFrom(...STATUSES),
    partition: fc.integer({ min: 0, max: 3 }),
    shares: fc.integer({ min: 1, max: 1_000 }),
    difficulty: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    ms: fc.integer({ min: 0, max: MINUTE_MS - 1 }),
    reason: fc.constantFrom(...REASONS),
  });
  return fc.uniqueArray(one, {
    minLength: 1,
    maxLength: points,
    selector: ({ ago, account, worker, status, partition }) =>
      JSON.stringify([ago, account, worker, status, partition]),
  }).map((all) =>
    all.map(({ ago, difficulty, ms, reason, shares, ...key }, i) => {
      const minuteMs = untilMs - ago * MINUTE_MS;
      const isValid = key.status === "valid";
      const work = difficulty * 2 ** 32;
      return {
        ...key,
        minuteMs,
        shares,
        work: isValid ? shares * work : 0,
        workSquared: isValid ? shares * work * work : 0,
        expected: isValid ? shares * work / 2 ** 76 : 0,
        // No two alike: who has the best of equal ones is not asked here.
        best: isValid
          ? { difficulty: difficulty * 8 + i / 1_024, atMs: minuteMs + ms }
          : { difficulty: 0, atMs: 0 },
        latencyMs: shares * 30,
        latencyShares: shares,
        lastMs: minuteMs + ms,
        reasons: isValid ? {} : { [reason]: shares },
      };
    })
  );
}

/** The minute as it stood when half of its shares were known. */
export function half(point: MinutePoint): MinutePoint {
  const shares = Math.floor(point.shares / 2);
  return {
    ...point,
    shares,
    work: point.work / 3,
    workSquared: point.workSquared / 3,
    expected: point.expected / 3,
    best: { difficulty: 0, atMs: 0 },
    lastMs: point.minuteMs,
    reasons: Object.keys(point.reasons).length > 0 && shares > 0 ? { "unknown-job": shares } : {},
  };
}
