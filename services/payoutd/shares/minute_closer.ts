/**
 * Closes minutes when nothing of them can come any more, sums up hours, and drops what is too old to be needed.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import type { Ledger, Tx } from "@gopool/ledger";
import { nextPpsMinute } from "@gopool/ledger/schemes";
import {
  closeThrough,
  dropMinutes,
  forgetWorkers,
  MINUTE_MS,
  shareBook,
  sumUpHour,
} from "@gopool/ledger/shares";
import type { Clock, Logger, Service, StatusBoard } from "@gopool/runtime";
import { appliedBefore, judgedBefore, type Proof } from "./closable.ts";
import {
  APPLIED_LOOK_MS,
  CLOSE_AFTER_MS,
  CLOSE_EVERY_MS,
  CLOSE_LATE_MS,
  MINUTES_KEPT,
  WORKER_KEPT_MS,
  WORKERS_LOOK_MS,
} from "./limits.ts";

/** The minute of T of the oldest block that is not settled, as far as that is known. */
export type Unsettled =
  | { readonly kind: "none" }
  | { readonly kind: "since"; readonly minute: number }
  /** Such as while block.found is not read to its end: nothing may be dropped. */
  | { readonly kind: "unknown" };

export interface MinuteCloserDeps {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Slices of minutes that it may need are kept. */
  readonly unsettled: (tx: Tx) => Promise<Unsettled>;
}

const PART = "payoutd/minutes";

/**
 * Runs where the keeper's lock is held; two at once would only do the same. Throws what bus and ledger throw: whoever
 * runs it starts it again.
 */
export function createMinuteCloser(deps: MinuteCloserDeps): Service {
  return { name: PART, run: (signal) => run(deps, signal) };
}

async function run(deps: MinuteCloserDeps, signal: AbortSignal): Promise<void> {
  const { ledger, clock } = deps;
  let workersAtMs = -Infinity;
  const waiting = new Waiting(deps);
  while (!signal.aborted) {
    await closeMinutes(deps, waiting, signal);
    while (!signal.aborted && await ledger.transaction(sumUpHour));
    while (!signal.aborted && await ledger.transaction((tx) => dropOld(tx, deps)));
    if (!signal.aborted && clock.monotonic() - workersAtMs >= WORKERS_LOOK_MS) {
      await ledger.transaction((tx) => forgetWorkers(tx, clock.now() - WORKER_KEPT_MS));
      workersAtMs = clock.monotonic();
    }
    await clock.sleep(CLOSE_EVERY_MS, signal);
  }
}

/** Closes every minute that ended long enough ago, once that is proved. */
async function closeMinutes(
  { bus, ledger, clock, log }: MinuteCloserDeps,
  waiting: Waiting,
  signal: AbortSignal,
): Promise<void> {
  const minute = Math.floor((clock.now() - CLOSE_AFTER_MS) / MINUTE_MS);
  const { firstOpenMinute } = await ledger.transaction(shareBook);
  if (firstOpenMinute >= minute) return waiting.over();
  const proof = await judgedBefore(bus, minute);
  if (typeof proof === "string") return waiting.for(proof);
  // What is asked for stays the same meanwhile: who is far behind gets there, however much is new by then.
  for (;;) {
    const reason = await ledger.transaction((tx) => closeWith(tx, proof));
    if (reason === null) break;
    waiting.for(reason);
    await clock.sleep(APPLIED_LOOK_MS, signal);
    if (signal.aborted) return;
  }
  waiting.over();
  log.debug("minutes are closed", { before: minute });
}

/** @returns Null when they are closed, or what that waits for. */
async function closeWith(tx: Tx, proof: Proof): Promise<string | null> {
  const reason = await appliedBefore(tx, proof);
  if (reason === null) await closeThrough(tx, proof.minute - 1);
  return reason;
}

async function dropOld(tx: Tx, { unsettled }: MinuteCloserDeps): Promise<boolean> {
  const block = await unsettled(tx);
  if (block.kind === "unknown") return false;
  // By the minutes that are closed, not by the clock: who comes back after weeks still needs what lies before them.
  const { firstOpenMinute } = await shareBook(tx);
  const needed = block.kind === "none" ? firstOpenMinute : Math.min(block.minute, firstOpenMinute);
  // Who pays per share is paid from the minute's own slices, however late.
  const unpaid = await nextPpsMinute(tx) ?? Infinity;
  return await dropMinutes(tx, Math.min(needed - MINUTES_KEPT, unpaid));
}

/** Says on the board what minutes wait for, when they wait long: settling waits with them. */
class Waiting {
  #sinceMs: number | undefined;

  constructor(private readonly deps: Pick<MinuteCloserDeps, "clock" | "board" | "log">) {}

  for(reason: string): void {
    const { clock, board } = this.deps;
    this.#sinceMs ??= clock.monotonic();
    if (clock.monotonic() - this.#sinceMs < CLOSE_LATE_MS) return;
    board.set(PART, "degraded", `No minute can be closed, and no block settled: ${reason}`);
  }

  over(): void {
    if (this.#sinceMs === undefined) return;
    this.#sinceMs = undefined;
    this.deps.board.set(PART, "ok", "minutes are closed in time");
  }
}
