/**
 * What the gateway counts, for Prometheus. All of it stands where it is counted and is read when somebody asks.
 *
 * @module
 */
import { Reason } from "@gopool/proto";
import { type Clock, type Histogram, type Metrics, SECONDS_BOUNDS } from "@gopool/runtime";
import { isStale } from "@gopool/shares";
import type { Candidates } from "./candidates.ts";
import type { Door } from "./door.ts";
import type { Gateway } from "./gateway.ts";
import type { JobTable } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";
import type { Spool } from "./spool.ts";
import type { Intake } from "./submit.ts";

/** The parts of one run of the gateway: another run has others, and counts from zero. */
export interface MeasuredLife {
  readonly gateway: Pick<Gateway, "sessions" | "working" | "retargets">;
  readonly door: Pick<Door, "refused">;
  readonly candidates: Pick<Candidates, "count" | "open" | "bySecondRoad">;
  readonly jobs: Pick<JobTable, "current">;
  readonly intake: Pick<Intake, "counts" | "refusals">;
  readonly spool: Pick<Spool, "oldestMs">;
}

export interface StratumdMetricsDeps {
  readonly metrics: Metrics;
  readonly clock: Pick<Clock, "now">;
  readonly outbox: Pick<Outbox, "depth">;
  /** Null while the gateway does not run. */
  readonly life: () => MeasuredLife | null;
}

/** What has to be told as it happens. */
export interface StratumdMeasure {
  /** From a job's making, by the leader's clock, until this gateway has sent it to its sessions. */
  readonly jobMadeToSent: Histogram;
}

/** Reasons with which a gateway refuses, each as a line of its own from the start. */
const REFUSING = Object.values(Reason).filter((reason): reason is Reason =>
  typeof reason === "number" && ![
    Reason.NOT_STORED,
    Reason.OUTCOME_UNKNOWN,
    Reason.REPUBLISHED,
    Reason.OPERATOR,
  ].includes(reason)
);

/** Registers them. */
export function stratumdMetrics(deps: StratumdMetricsDeps): StratumdMeasure {
  const { metrics, clock, outbox, life } = deps;
  /** Of the run that goes on; nothing is said while none does. */
  const living = <T>(read: (life: MeasuredLife) => T | null) => () => {
    const now = life();
    return now === null ? null : read(now);
  };

  metrics.counter(
    "gopool_stratumd_shares_total",
    "Shares submitted, by what became of them and why.",
    living(({ intake: { counts, refusals } }) => [
      share("accepted", "none", counts.accepted),
      share("not_stored", "not_stored", counts.notStored),
      share("outcome_unknown", "outcome_unknown", counts.outcomeUnknown),
      ...REFUSING.map((reason) =>
        share(
          isStale(reason) ? "stale" : "rejected",
          Reason[reason].toLowerCase(),
          refusals[reason] ?? 0,
        )
      ),
    ]),
  );
  metrics.gauge(
    "gopool_stratumd_sessions",
    "Connections of miners: working, or not yet given work.",
    living(({ gateway: { sessions, working } }) => [
      { labels: { state: "working" }, value: working },
      { labels: { state: "joining" }, value: sessions.size - working },
    ]),
  );
  metrics.counter(
    "gopool_stratumd_connections_refused_total",
    "Connections turned away at the door, by the limit that did it.",
    living(({ door }) =>
      Object.entries(door.refused).map(([reason, value]) => ({
        labels: { reason: reason.replaceAll("-", "_") },
        value,
      }))
    ),
  );
  metrics.counter(
    "gopool_stratumd_difficulty_changes_total",
    "Difficulties given to sessions in the place of another, by direction.",
    living(({ gateway: { retargets } }) => [
      { labels: { direction: "up" }, value: retargets.up },
      { labels: { direction: "down" }, value: retargets.down },
    ]),
  );
  metrics.gauge(
    "gopool_stratumd_difficulty",
    "Difficulty of the sessions that work: the lowest, the one in the middle, the highest.",
    living(({ gateway }) => difficulties([...gateway.sessions])),
  );
  metrics.gauge(
    "gopool_stratumd_waiting_records",
    "Records of shares that wait for the bus, or are on their way to it.",
    () => outbox.depth,
  );
  metrics.gauge(
    "gopool_stratumd_job_height",
    "Height of the block that miners work on here.",
    living(({ jobs }) => jobs.current?.prepared.height ?? null),
  );
  metrics.gauge(
    "gopool_stratumd_job_age_seconds",
    "How long ago the newest job came into the log; absent before the first.",
    living(({ jobs: { current } }) =>
      current === null ? null : Math.max(0, clock.now() - current.loggedAtMs) / 1000
    ),
  );
  metrics.counter(
    "gopool_stratumd_candidates_total",
    "Shares that met the network target.",
    living(({ candidates }) => candidates.count),
  );
  metrics.counter(
    "gopool_stratumd_candidates_second_road_total",
    "Candidates that a judge had by the second road, before the bus had confirmed them.",
    living(({ candidates }) => candidates.bySecondRoad),
  );
  metrics.gauge(
    "gopool_stratumd_candidates_open",
    "Candidates whose end is not known: they lie in the spool until block.found names them.",
    living(({ candidates }) => candidates.open),
  );
  metrics.gauge(
    "gopool_stratumd_candidate_oldest_age_seconds",
    "How long the oldest candidate without an end waits; 0 where there is none.",
    living(({ spool }) => {
      const oldestMs = spool.oldestMs();
      return oldestMs === undefined ? 0 : Math.max(0, clock.now() - oldestMs) / 1000;
    }),
  );
  return {
    jobMadeToSent: metrics.histogram(
      "gopool_stratumd_job_made_to_sent_seconds",
      "From a job's making, by the clock of who made it, until it was sent to the sessions here.",
      SECONDS_BOUNDS,
    ),
  };
}

function share(verdict: string, reason: string, value: number) {
  return { labels: { verdict, reason }, value };
}

function difficulties(sessions: readonly { vardiff: { difficulty: number } | null }[]) {
  const rising = Float64Array.from(sessions.flatMap(({ vardiff }) => vardiff?.difficulty ?? []))
    .sort();
  if (rising.length === 0) return null;
  const at = (level: string, index: number) => ({ labels: { level }, value: rising[index]! });
  return [
    at("lowest", 0),
    at("middle", Math.floor((rising.length - 1) / 2)),
    at("highest", rising.length - 1),
  ];
}
