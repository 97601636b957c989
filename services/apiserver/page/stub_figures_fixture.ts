/**
 * Made-up figures in the shapes of the protos, for the page without a pool.
 *
 * @module
 */
import type {
  BlockSummaryJson,
  ChartPointJson,
  GetMinerResponseJson,
  GetPoolResponseJson,
  HashrateJson,
  ReasonCountJson,
  ShareTotalsJson,
  WindowJson,
} from "@gopool/proto/api";

export const ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
export const NOW = Date.now();
export const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
export const hex = (seed: number) =>
  Array.from(
    { length: 64 },
    (_, at) => at < 16 ? "0" : ((seed * 7919 + at * 104_729) % 16).toString(16),
  )
    .join("");
export const freshness = { asOf: ago(1), countedUntil: ago(40) };

export const WINDOWS: [WindowJson, number][] = [
  ["WINDOW_1M", 60],
  ["WINDOW_5M", 300],
  ["WINDOW_15M", 900],
  ["WINDOW_1H", 3600],
  ["WINDOW_6H", 21_600],
  ["WINDOW_24H", 86_400],
  ["WINDOW_7D", 604_800],
];

export function hashrates(mean: number, perSecond: number): HashrateJson[] {
  return WINDOWS.map(([window, seconds], at) => {
    const shares = Math.round(perSecond * seconds);
    return {
      window,
      hashesPerSecond: mean * (1 + Math.sin(at * 2) / Math.sqrt(shares)),
      standardError: mean / Math.sqrt(shares),
      measuredSeconds: Math.min(seconds, 400_000),
      shares: String(shares),
    };
  });
}

export const REASONS: ReasonCountJson[] = [
  {
    reason: "stale-job",
    shares: "1204",
    title: "Late",
    explained:
      "The share came after the pool had gone to a new block. A few are normal: they come while the " +
      "news travels. Many mean a slow line, or a pool that is far away.",
  },
  {
    reason: "low-difficulty",
    shares: "212",
    title: "Above the target",
    explained:
      "The hash did not meet the difficulty that was in force. Hardware errors and overclocking do " +
      "this; a firmware that ignores a new difficulty does it in bursts.",
  },
  {
    reason: "duplicate",
    shares: "17",
    title: "Sent twice",
    explained: "The same share had come before. It counts once.",
  },
];
export const SHARES: ShareTotalsJson = {
  valid: "388112",
  rejected: "229",
  stale: "1204",
  reasons: REASONS,
};

export const STEPS: Record<string, [number, number]> = {
  CHART_RANGE_1H: [60, 60],
  CHART_RANGE_6H: [300, 72],
  CHART_RANGE_24H: [600, 144],
  CHART_RANGE_7D: [3600, 168],
  CHART_RANGE_30D: [21_600, 120],
  CHART_RANGE_1Y: [86_400, 365],
};

export function points(
  range: string,
  mean: number,
): { stepSeconds: number; points: ChartPointJson[] } {
  const [stepSeconds, many] = STEPS[range] ?? STEPS["CHART_RANGE_24H"]!;
  const first = Math.floor(NOW / 1000 / stepSeconds) * stepSeconds - (many - 1) * stepSeconds;
  const list = Array.from({ length: many }, (_, at): ChartPointJson => {
    const error = mean / Math.sqrt(stepSeconds * 2);
    const noise = Math.sin(at * 12.9898) * 43_758.5453;
    const swing = 1 + 0.12 * Math.sin(at / 14) + (at > many * 0.62 ? 0.25 : 0);
    const known = at > many * 0.08;
    return {
      at: new Date((first + at * stepSeconds) * 1000).toISOString(),
      hashesPerSecond: known ? mean * swing + (noise - Math.floor(noise) - 0.5) * 3 * error : 0,
      standardError: known ? error : 0,
      seconds: known ? stepSeconds : 0,
      sharesValid: "1200",
      reasons: known
        ? REASONS.map(({ reason, shares }, nth) => ({
          reason,
          shares: String(Math.round(Number(shares) / 100 * (1 + Math.sin(at * (nth + 1))))),
        }))
        : [],
    };
  });
  return { stepSeconds, points: list };
}

export function block(nth: number): BlockSummaryJson {
  return {
    hash: hex(nth + 1),
    height: 840_123 - nth * 61,
    foundAt: ago(3600 * 2.3 + nth * 37_000),
    state: nth === 3
      ? "BLOCK_STATE_ORPHANED"
      : nth < 3
      ? "BLOCK_STATE_CONFIRMED"
      : "BLOCK_STATE_MATURE",
    confirmations: nth === 3 ? 0 : 14 + nth * 61,
    rewardSats: String(312_500_000n + BigInt(nth) * 1_234_567n + 8_812_345n),
    ...(nth === 0 ? {} : { effort: [0.12, 0.83, 2.41, 1.07, 0.44][nth % 5]! }),
    networkDifficulty: 126.4e12,
    finder: nth % 2 ? ADDRESS : "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    worker: "rig7",
    scheme: "PPLNS",
  };
}

export const pool: GetPoolResponseJson = {
  freshness,
  name: "Copperhead",
  network: "main",
  hashrates: hashrates(312.4e15, 4.5),
  miners: 84,
  workers: 412,
  sharesPerSecond: 4.52,
  shares: SHARES,
  bestShare: { difficulty: 41.2e9, at: ago(8000), address: ADDRESS, worker: "s21" },
  bestShareEver: { difficulty: 131.9e12, at: ago(800_000), address: ADDRESS, worker: "s21" },
  scheme: "PPLNS",
  feeBasisPoints: 100,
  luck: [
    { period: "24h", blocks: 2, expectedBlocks: 1.6, luck: 1.25 },
    { period: "7d", blocks: 10, expectedBlocks: 11.4, luck: 0.877 },
    { period: "all", blocks: 118, expectedBlocks: 112.2, luck: 1.052 },
  ],
  lastBlock: block(0),
  height: 840_137,
  networkDifficulty: 126.4e12,
  expectedSecondsToBlock: 53_820,
  currentEffort: 0.63,
  payoutThresholdSats: "100000",
  maturity: 101,
};

export const miner: GetMinerResponseJson = {
  freshness,
  address: ADDRESS,
  hashrates: hashrates(196.3e12, 0.3),
  workersOnline: 3,
  shares: SHARES,
  bestShare: { difficulty: 912.4e6, at: ago(9000), address: ADDRESS, worker: "s21" },
  bestShareEver: { difficulty: 41.2e9, at: ago(90_000), address: ADDRESS, worker: "s21" },
  lastShareAt: ago(12),
  immatureSats: "312044",
  matureSats: "64210",
  paidSats: "128441230",
  estimatedRewardSats: "201822",
  windowShare: 0.000634,
  payoutThresholdSats: "100000",
  expectedSecondsToBlock: 87_400_000_000,
  payouts: Array.from({ length: 4 }, (_, nth) => ({
    id: String(40 - nth),
    at: ago(86_400 * (nth + 0.3)),
    state: nth === 0 ? "PAYOUT_STATE_BROADCAST" : "PAYOUT_STATE_CONFIRMED",
    sats: String(104_500 + nth * 813),
    feeSats: "312",
    txid: hex(90 + nth),
  })),
};
