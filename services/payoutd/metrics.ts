/**
 * How the books stand, for Prometheus: one look at the ledger for a whole scrape. Every payoutd of a pool says the same of
 * the ledger; what it says of its own reading is told apart by its instance.
 *
 * @module
 */
import type { Ledger } from "@gopool/ledger";
import {
  type AlivePayout,
  alivePayouts,
  payoutControl,
  type PayoutState,
} from "@gopool/ledger/payouts";
import { paysFromReserve, reserveOf, schemeAt, schemePeriods } from "@gopool/ledger/schemes";
import { minuteOf } from "@gopool/ledger/shares";
import { payoutsByState, summaryOf } from "@gopool/ledger/summary";
import type { Clock, Metrics, StatusBoard } from "@gopool/runtime";
import { METRICS_LOOK_MS } from "./limits.ts";

export interface PayoutdMetricsDeps {
  readonly metrics: Metrics;
  readonly ledger: Pick<Ledger, "transaction">;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly board: StatusBoard;
  /** Satoshi. */
  readonly reserveFloor: bigint;
}

const PAYOUT_STATES: readonly PayoutState[] = [
  "awaiting",
  "planned",
  "signed",
  "broadcast",
  "confirmed",
  "cancelled",
];

/** Each partition of share.valid that this process reads has a part of this name while it is stopped by a gap. */
const STOPPED_PARTITION = /^payoutd\/shares\/\d+$/;

/** Registers them. */
export function payoutdMetrics(deps: PayoutdMetricsDeps): void {
  const { metrics, clock, board, reserveFloor } = deps;
  const look = lookAt(deps);
  const gauge = (
    name: string,
    help: string,
    read: (books: Books) => number | null | Record<string, number | bigint>,
    label = "state",
  ) =>
    metrics.gauge(name, help, async () => {
      const now = read(await look());
      if (now === null || typeof now === "number") return now;
      return Object.entries(now).map(([key, value]) => ({
        labels: { [label]: key },
        // Below 2.1e15 satoshi in all: a double holds every one of them.
        value: Number(value),
      }));
    });

  gauge(
    "gopool_payoutd_owed_satoshis",
    "What the pool owes to miners: not yet payable, and payable.",
    ({ summary: { immature, mature } }) => ({ immature, mature }),
  );
  gauge("gopool_payoutd_miners", "Miners with a balance.", ({ summary }) => summary.miners);
  gauge(
    "gopool_payoutd_earned_satoshis",
    "The pool's own earnings that stand in its books.",
    ({ summary }) => Number(summary.fee),
  );
  gauge(
    "gopool_payoutd_paid_satoshis",
    "What confirmed payouts and coinbases have paid to miners.",
    ({ summary }) => Number(summary.paid),
  );
  gauge(
    "gopool_payoutd_blocks",
    "Blocks in the books by state; an orphaned one was taken back, with all that it had credited.",
    ({ summary }) => summary.blocks,
  );
  gauge(
    "gopool_payoutd_payouts",
    "Payouts by state.",
    ({ payouts }) => ({
      ...NO_PAYOUTS,
      ...Object.fromEntries(payouts.map((p) => [p.state, p.count])),
    }),
  );
  gauge(
    "gopool_payoutd_payout_satoshis",
    "What the payees of payouts are debited, by the payouts' state.",
    ({ payouts }) => ({
      ...NO_PAYOUTS,
      ...Object.fromEntries(payouts.map((p) => [p.state, p.sats])),
    }),
  );
  gauge(
    "gopool_payoutd_payout_oldest_age_seconds",
    "Age, since its planning, of the oldest payout that waits: awaiting (an operator's yes), signing, sending, confirming " +
      "(a block). 0 where none does.",
    ({ alive }) => oldestByStage(alive, clock.now()),
    "stage",
  );
  gauge(
    "gopool_payoutd_payouts_vanished",
    "Payouts that spend a coin which vanished: without a replacement none of them will be confirmed.",
    ({ alive }) => alive.filter(({ vanished }) => vanished > 0).length,
  );
  gauge(
    "gopool_payoutd_paused",
    "1 while an operator has paused payouts, else 0.",
    ({ isPaused }) => isPaused ? 1 : 0,
  );
  gauge(
    "gopool_payoutd_reserve_satoshis",
    "What the reserve holds that PPS and FPPS pay from: of blocks that are not mature, and mature.",
    ({ reserve: { immature, mature } }) => ({ immature, mature }),
  );
  gauge(
    "gopool_payoutd_reserve_needed",
    "1 where the schedule pays from the reserve, now or later, else 0.",
    ({ isReserveNeeded }) => isReserveNeeded ? 1 : 0,
  );
  gauge(
    "gopool_payoutd_fallback",
    "1 while PPLNS is in force because the reserve fell below its floor, else 0.",
    ({ isFallback }) => isFallback ? 1 : 0,
  );
  metrics.gauge(
    "gopool_payoutd_reserve_floor_satoshis",
    "Below this the pool falls back from PPS or FPPS to PPLNS.",
    () => Number(reserveFloor),
  );
  metrics.gauge(
    "gopool_payoutd_partitions_stopped",
    "Partitions of share.valid that this process does not count on: something between two records is missing.",
    () =>
      board.all().filter(({ part, health }) => health === "down" && STOPPED_PARTITION.test(part))
        .length,
  );
}

const NO_PAYOUTS: Readonly<Record<string, number>> = Object.fromEntries(
  PAYOUT_STATES.map((state) => [state, 0]),
);

/** What a payout waits for; null for one that a block holds: the chain goes on by itself. */
function stageOf({ state, isSigned, sentAtMs, inBlock }: AlivePayout): Stage | null {
  if (inBlock) return null;
  if (state === "awaiting") return "awaiting";
  if (!isSigned) return "signing";
  return sentAtMs === null ? "sending" : "confirming";
}

type Stage = "awaiting" | "signing" | "sending" | "confirming";

function oldestByStage(alive: readonly AlivePayout[], nowMs: number): Record<Stage, number> {
  const oldest: Record<Stage, number> = { awaiting: 0, signing: 0, sending: 0, confirming: 0 };
  for (const payout of alive) {
    const stage = stageOf(payout);
    if (stage === null) continue;
    oldest[stage] = Math.max(oldest[stage], (nowMs - payout.plannedAtMs) / 1000);
  }
  return oldest;
}

interface Books {
  readonly summary: Awaited<ReturnType<typeof summaryOf>>;
  readonly payouts: Awaited<ReturnType<typeof payoutsByState>>;
  readonly alive: readonly AlivePayout[];
  readonly isPaused: boolean;
  readonly reserve: Awaited<ReturnType<typeof reserveOf>>;
  readonly isReserveNeeded: boolean;
  readonly isFallback: boolean;
}

/** One look for all who ask within METRICS_LOOK_MS; a look that failed is no look. */
function lookAt({ ledger, clock }: PayoutdMetricsDeps): () => Promise<Books> {
  let last: { readonly atMs: number; readonly books: Promise<Books> } | null = null;
  return () => {
    const nowMs = clock.monotonic();
    if (last !== null && nowMs - last.atMs < METRICS_LOOK_MS) return last.books;
    const books = ledger.transaction(async (tx) => {
      const periods = await schemePeriods(tx);
      const minute = minuteOf(clock.now());
      return {
        summary: await summaryOf(tx),
        payouts: await payoutsByState(tx),
        alive: await alivePayouts(tx),
        isPaused: (await payoutControl(tx)).paused,
        reserve: await reserveOf(tx),
        isReserveNeeded: paysFromReserve(periods, minute),
        isFallback: schemeAt(periods, minute).isFallback,
      };
    }, { snapshot: true });
    const mine = last = { atMs: nowMs, books };
    books.catch(() => {
      if (last === mine) last = null;
    });
    return books;
  };
}
