/**
 * What is counted of blocks and of the nodes' answers to them, for Prometheus.
 *
 * @module
 */
import { type BlockFound, SubmitVerdict } from "@gopool/proto";
import { type Clock, type Metrics, SECONDS_BOUNDS } from "@gopool/runtime";
import type { Dossier } from "./dossiers.ts";

export interface BlocksubmitMetricsDeps {
  readonly metrics: Metrics;
  readonly clock: Pick<Clock, "now">;
  readonly counts: { readonly accepted: number; readonly lost: number };
  /** Names of the nodes: `host:port`. */
  readonly nodes: readonly string[];
  /** The blocks that are known here; asked at each scrape. */
  readonly dossiers: () => readonly Pick<Dossier, "state" | "takenAtMs">[];
}

const ANSWERS = {
  [SubmitVerdict.ACCEPTED]: "accepted",
  [SubmitVerdict.DUPLICATE]: "duplicate",
  [SubmitVerdict.INCONCLUSIVE]: "inconclusive",
  [SubmitVerdict.REFUSED]: "refused",
  [SubmitVerdict.UNREACHABLE]: "unreachable",
} as const;

/** Registers them. What is returned wants to be told of each block whose fate was decided here. */
export function blocksubmitMetrics(
  { metrics, clock, counts, nodes, dossiers }: BlocksubmitMetricsDeps,
): (
  found: BlockFound,
  times: Pick<Dossier, "receivedAtMs" | "builtAtMs"> | undefined,
) => void {
  /** Node and answer → attempts. */
  const answers = new Map(
    nodes.flatMap((node) =>
      Object.values(ANSWERS).map((answer) => [
        `${node} ${answer}`,
        { labels: { node, answer }, value: 0 },
      ])
    ),
  );
  metrics.counter(
    "gopool_blocksubmit_blocks_total",
    "Blocks whose fate was decided here: accepted, or lost.",
    () => [
      { labels: { outcome: "accepted" }, value: counts.accepted },
      { labels: { outcome: "lost" }, value: counts.lost },
    ],
  );
  metrics.counter(
    "gopool_blocksubmit_answers_total",
    "What the nodes have answered to blocks whose fate is decided, by node.",
    () => [...answers.values()].map((one) => ({ ...one })),
  );
  const open = () => dossiers().filter(({ state }) => state === "open");
  metrics.gauge(
    "gopool_blocksubmit_blocks_open",
    "Blocks that are being given to the nodes.",
    () => open().length,
  );
  metrics.gauge(
    "gopool_blocksubmit_block_oldest_age_seconds",
    "How long the oldest of them is here; 0 where there is none.",
    () => {
      const oldestMs = Math.min(...open().map(({ takenAtMs }) => takenAtMs));
      return oldestMs === Infinity ? 0 : Math.max(0, clock.now() - oldestMs) / 1000;
    },
  );
  const step = (name: string) =>
    metrics.histogram(
      "gopool_blocksubmit_block_path_seconds",
      "A block's way by its steps: share_to_block (received until built), block_to_node (built until the first node had " +
        "it), share_to_node (both). Clocks of up to three machines.",
      SECONDS_BOUNDS,
      { step: name },
    );
  const shareToBlock = step("share_to_block");
  const blockToNode = step("block_to_node");
  const shareToNode = step("share_to_node");

  return ({ attempts }, times) => {
    for (const { node, verdict } of attempts) {
      const answer = ANSWERS[verdict as keyof typeof ANSWERS];
      const count = answers.get(`${node} ${answer}`);
      if (count !== undefined) count.value++;
    }
    if (times === undefined) return;
    const { receivedAtMs, builtAtMs } = times;
    const took = attempts.filter(({ verdict }) =>
      verdict === SubmitVerdict.ACCEPTED || verdict === SubmitVerdict.DUPLICATE
    ).map(({ atMs, tookMs }) => Number(atMs) + tookMs);
    const firstMs = Math.min(...took);
    // 0: a gateway or a judge of a build that does not tell.
    const observe = (histogram: typeof shareToNode, fromMs: number, toMs: number) => {
      if (fromMs > 0 && toMs > 0 && toMs < Infinity) {
        histogram.observe(Math.max(0, toMs - fromMs) / 1000);
      }
    };
    observe(shareToBlock, receivedAtMs, builtAtMs);
    observe(blockToNode, builtAtMs, firstMs);
    observe(shareToNode, receivedAtMs, firstMs);
  };
}
