/**
 * What a jobmanager says of its work, for Prometheus: jobs by cause, how fast they follow a tip, what it works from.
 *
 * @module
 */
import { type Clock, type Metrics, SECONDS_BOUNDS } from "@gopool/runtime";
import type { Desk } from "./desk.ts";
import type { JobCause, JobTiming } from "./job_book.ts";

export interface JobmanagerMetricsDeps {
  readonly metrics: Metrics;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /** Asked at each scrape. */
  readonly desk: () => Pick<Desk, "leads" | "held" | "counters" | "book">;
}

const KINDS = ["full", "empty"] as const;
const CAUSES: readonly JobCause[] = [
  "new-tip",
  "fees-rose",
  "new-split",
  "interval",
  "asked",
  "new-leader",
];

/** Registers them. What is returned wants to be told of each job that this process has published. */
export function jobmanagerMetrics(
  { metrics, clock, desk }: JobmanagerMetricsDeps,
): (timing: JobTiming) => void {
  /** Kind and cause → jobs. */
  const jobs = new Map(
    KINDS.flatMap((kind) =>
      CAUSES.map((cause) => [
        `${kind} ${cause}`,
        { labels: { kind, cause: cause.replace("-", "_") }, value: 0 },
      ])
    ),
  );
  metrics.gauge(
    "gopool_jobmanager_leading",
    "1 while this process leads and makes the jobs, 0 while it stands by.",
    () => desk().leads ? 1 : 0,
  );
  metrics.counter(
    "gopool_jobmanager_jobs_total",
    "Jobs of this process that the bus has confirmed: full, or an empty block's; and why they were made.",
    () => [...jobs.values()].map((job) => ({ ...job })),
  );
  metrics.counter(
    "gopool_jobmanager_templates_total",
    "Templates asked for by this process: had, or failed.",
    () => {
      const { templates, failedTemplates } = desk().counters;
      return [
        { labels: { outcome: "had" }, value: templates },
        { labels: { outcome: "failed" }, value: failedTemplates },
      ];
    },
  );
  metrics.gauge(
    "gopool_jobmanager_template_age_seconds",
    "Age of the newest template of this leader; absent where another leads, or there was none yet.",
    () => {
      const { held } = desk();
      return held === null ? null : Math.max(0, clock.monotonic() - held.atMs) / 1000;
    },
  );
  metrics.gauge(
    "gopool_jobmanager_template_transactions",
    "Transactions in the newest template of this leader.",
    () => desk().held?.template.transactions.length ?? null,
  );
  metrics.gauge(
    "gopool_jobmanager_job_height",
    "Height of the block that the newest job is for, whoever made it.",
    () => desk().book.current?.job.height ?? null,
  );
  metrics.gauge(
    "gopool_jobmanager_job_age_seconds",
    "How long ago the newest job was made, whoever made it.",
    () => {
      const { current } = desk().book;
      if (current === null) return null;
      return Math.max(0, clock.now() - Number(current.job.createdAtMs)) / 1000;
    },
  );
  const tipToMade = Object.fromEntries(KINDS.map((kind) => [
    kind,
    metrics.histogram(
      "gopool_jobmanager_tip_to_job_seconds",
      "From the moment in which a node told of a new tip until a job on it was made, for jobs that a tip has caused.",
      SECONDS_BOUNDS,
      { kind },
    ),
  ]));
  const published = metrics.histogram(
    "gopool_jobmanager_job_publish_seconds",
    "From a job's making until the bus had confirmed it.",
    SECONDS_BOUNDS,
  );
  return ({ cause, empty, tipToMadeMs, madeToPublishedMs }) => {
    const kind = empty ? "empty" : "full";
    jobs.get(`${kind} ${cause}`)!.value++;
    if (tipToMadeMs !== null) tipToMade[kind]!.observe(tipToMadeMs / 1000);
    published.observe(madeToPublishedMs / 1000);
  };
}
