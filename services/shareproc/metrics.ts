/**
 * What the judge counts, for Prometheus. All of it stands where it is counted and is read when somebody asks.
 *
 * @module
 */
import { Reason, Verdict } from "@gopool/proto";
import type { Metrics, Sample, StatusBoard } from "@gopool/runtime";
import { isStale } from "@gopool/shares";
import type { Counts } from "./counts.ts";
import type { ShareprocView } from "./service.ts";
import { isPartitionPart } from "./waiting.ts";

export interface ShareprocMetricsDeps {
  readonly metrics: Metrics;
  readonly board: StatusBoard;
  readonly counts: Counts;
  readonly view: () => ShareprocView | null;
}

/** Registers them. */
export function shareprocMetrics({ metrics, board, counts, view }: ShareprocMetricsDeps): void {
  /** Of the run that goes on; nothing is said while none does. */
  const living = (read: (view: ShareprocView) => number) => () => {
    const now = view();
    return now === null ? null : read(now);
  };

  metrics.counter(
    "gopool_shareproc_shares_total",
    "Shares judged, by verdict and by why: the judge's reason where it has one, else the gateway's.",
    () => sharesOf(counts),
  );
  metrics.counter(
    "gopool_shareproc_disagreements_total",
    "Shares about which gateway and judge disagreed on a pure fact: any wants a look.",
    () => counts.disagreements,
  );
  metrics.counter(
    "gopool_shareproc_repeats_total",
    "Repeats of valid shares, answered true again and counted once: retries and restarts.",
    () => counts.repeats,
  );
  metrics.counter(
    "gopool_shareproc_republished_total",
    "Valid records published again at an operator's word.",
    () => counts.republished,
  );
  metrics.counter(
    "gopool_shareproc_overruled_total",
    "Records rejected at an operator's word.",
    () => counts.overruled,
  );
  metrics.counter(
    "gopool_shareproc_stops_total",
    "Times a partition stopped for a job that was never written, or cannot be used.",
    () => counts.stops,
  );
  metrics.gauge(
    "gopool_shareproc_partitions_stopped",
    "Partitions that are not judged on until somebody acts.",
    () =>
      board.all().filter(({ part, health }) => health === "down" && isPartitionPart(part)).length,
  );
  metrics.gauge(
    "gopool_shareproc_partitions",
    "Partitions of share.submissions that this process judges.",
    living((view) => [...view.partitions()].length),
  );
  metrics.gauge(
    "gopool_shareproc_remembered_headers",
    "Headers in memory by which repeats are known, on all partitions of this process.",
    living((view) => [...view.partitions()].reduce((sum, { remembered }) => sum + remembered, 0)),
  );
  metrics.gauge(
    "gopool_shareproc_jobs",
    "Jobs in memory that shares can be judged by.",
    living(({ jobs }) => jobs),
  );
  metrics.gauge(
    "gopool_shareproc_templates",
    "Templates in memory: what a block needs.",
    living(({ templates }) => templates),
  );
  metrics.counter(
    "gopool_shareproc_blocks_total",
    "Candidates by what became of them here: built into a block, or refused because they make none.",
    () => [
      { labels: { outcome: "built" }, value: counts.blocksSolved },
      { labels: { outcome: "refused" }, value: counts.blocksRefused },
    ],
  );
  metrics.counter(
    "gopool_shareproc_blocks_second_road_total",
    "Blocks that a submitter had by the second road, before the bus had confirmed them.",
    living(({ blocksBySecondRoad }) => blocksBySecondRoad),
  );
}

/** Every verdict and reason there is, from zero: a rule must find a zero to rise from. */
function sharesOf(counts: Counts): Sample[] {
  const found = new Map(ZEROS);
  for (const { verdict, reason, count } of counts.byReason()) {
    const key = keyOf(verdict, reason);
    // What a later build names stands under the name of none.
    const known = found.has(key) ? key : keyOf(verdict, Reason.UNSPECIFIED);
    const sample = found.get(known)!;
    found.set(known, { ...sample, value: sample.value + count });
  }
  return [...found.values()];
}

const WORDS = {
  [Verdict.ACCEPTED]: "accepted",
  [Verdict.REJECTED]: "rejected",
  [Verdict.STALE]: "stale",
} as const;

const REASONS = Object.values(Reason).filter((reason): reason is Reason =>
  typeof reason === "number"
);

const ZEROS: ReadonlyMap<string, Sample> = new Map([
  zero(Verdict.ACCEPTED, Reason.UNSPECIFIED, "none"),
  zero(Verdict.STALE, Reason.UNSPECIFIED),
  ...REASONS.map((reason) => zero(isStale(reason) ? Verdict.STALE : Verdict.REJECTED, reason)),
]);

function zero(
  verdict: keyof typeof WORDS,
  reason: Reason,
  word = Reason[reason].toLowerCase(),
): [string, Sample] {
  return [keyOf(verdict, reason), { labels: { verdict: WORDS[verdict], reason: word }, value: 0 }];
}

function keyOf(verdict: Verdict, reason: Reason): string {
  return `${verdict}/${reason}`;
}
