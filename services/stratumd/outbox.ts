/**
 * The way of shares to the log: what one turn of the event loop brought goes out as one batch, a few batches are
 * under way at once, in order. Whoever waits is told within OUTBOX_MAX_AGE whatever the bus does.
 *
 * @module
 */
import {
  type Bus,
  NotWritten,
  OutcomeUnknown,
  type OutRecord,
  shareSubmissions,
} from "@gopool/bus";
import type { Clock, Logger } from "@gopool/runtime";
import { OUTBOX_MAX_AGE_MS } from "@gopool/shares";
import {
  OUTBOX_BATCH_MAX,
  OUTBOX_GRACE_MS,
  OUTBOX_IN_FLIGHT,
  OUTBOX_MAX_RECORDS,
  OUTBOX_RETRY_MS,
} from "./limits.ts";

/** What became of records: durable, certainly not written, or nobody can say. */
export type Outcome = "written" | "not-stored" | "unknown";

/** What one turn brought: records in order, and who is told of their outcome, once. */
export interface Parcel {
  readonly records: readonly OutRecord[];
  readonly settle: (outcome: Outcome) => void;
}

interface Waiting extends Parcel {
  readonly sinceMs: number;
}

interface Flight {
  readonly parcels: readonly Waiting[];
  readonly sinceMs: number;
  settled: boolean;
}

export interface OutboxDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Outbox {
  #queue: Waiting[] = [];
  #queued = 0;
  readonly #flights = new Set<Flight>();
  #idle: PromiseWithResolvers<void> | null = null;
  /** Failed publishes since the last good one: what status shows. */
  #failures = 0;
  #failedMs = -Infinity;
  #lastError = "";

  constructor(private readonly deps: OutboxDeps) {}

  /** Records that wait or are under way. */
  get depth(): number {
    return this.#queued;
  }

  /**
   * Whether shares cannot be stored now: the last publish has failed, and something waits for the next or it is not
   * long ago. Nobody sends shares to a gateway that is said to be down, so only time can show it well again.
   */
  get isFailing(): boolean {
    if (this.#failures === 0) return false;
    return this.#queued > 0 ||
      this.deps.clock.monotonic() - this.#failedMs <= OUTBOX_MAX_AGE_MS;
  }

  get lastError(): string {
    return this.#lastError;
  }

  /** Takes a parcel. Its outcome is told later, never within this call, except where the outbox is full. */
  put(parcel: Parcel): void {
    if (this.#queued + parcel.records.length > OUTBOX_MAX_RECORDS) {
      parcel.settle("not-stored");
      return;
    }
    this.#queued += parcel.records.length;
    this.#queue.push({ ...parcel, sinceMs: this.deps.clock.monotonic() });
    this.#launch();
  }

  /** Once a second: nothing waits past its time, even behind a bus that never comes back. */
  sweep(): void {
    const nowMs = this.deps.clock.monotonic();
    const oldestMs = nowMs - OUTBOX_MAX_AGE_MS;
    const late = this.#queue.findIndex((parcel) => parcel.sinceMs > oldestMs);
    const expired = this.#queue.splice(0, late < 0 ? this.#queue.length : late);
    this.#settle(expired, "not-stored");
    for (const flight of this.#flights) {
      if (nowMs - flight.sinceMs > OUTBOX_MAX_AGE_MS + OUTBOX_GRACE_MS) {
        this.#land(flight, "unknown");
      }
    }
  }

  /**
   * Gives up what is left, when nobody is there any more to be answered: a bus that is away must not keep the process
   * from its end.
   */
  abandon(): void {
    this.#settle(this.#queue.splice(0), "not-stored");
    for (const flight of [...this.#flights]) this.#land(flight, "unknown");
  }

  /** Resolves when nothing waits and nothing is under way. */
  drained(): Promise<void> {
    if (this.#queued === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  #launch(): void {
    while (this.#flights.size < OUTBOX_IN_FLIGHT && this.#queue.length > 0) {
      let records = 0;
      let count = 0;
      while (count < this.#queue.length) {
        records += this.#queue[count]!.records.length;
        if (count > 0 && records > OUTBOX_BATCH_MAX) break;
        count++;
      }
      const parcels = this.#queue.splice(0, count);
      const flight: Flight = { parcels, sinceMs: parcels[0]!.sinceMs, settled: false };
      this.#flights.add(flight);
      // Ends by itself within the bus's deadline; drained() waits for it. It cannot reject.
      void this.#fly(flight);
    }
  }

  async #fly(flight: Flight): Promise<void> {
    const { bus, clock, log } = this.deps;
    const records = flight.parcels.length === 1
      ? flight.parcels[0]!.records
      : flight.parcels.flatMap((parcel) => parcel.records);
    let outcome: Outcome = "written";
    for (;;) {
      const leftMs = OUTBOX_MAX_AGE_MS - (clock.monotonic() - flight.sinceMs);
      try {
        await bus.publish(shareSubmissions, records, { deadlineMs: Math.max(1, leftMs) });
        this.#failures = 0;
        outcome = "written";
        break;
      } catch (error) {
        this.#failures++;
        this.#failedMs = clock.monotonic();
        this.#lastError = (error as Error).message;
        outcome = error instanceof OutcomeUnknown ? "unknown" : "not-stored";
        if (!(error instanceof NotWritten)) {
          log.error("shares could not be stored", {
            error: error as Error,
            records: records.length,
          });
          break;
        }
        // Certainly not written: the same records may go again while somebody still waits for them.
        if (flight.settled || leftMs <= OUTBOX_RETRY_MS) break;
        await clock.sleep(OUTBOX_RETRY_MS);
      }
    }
    this.#land(flight, outcome);
  }

  #land(flight: Flight, outcome: Outcome): void {
    if (flight.settled) return;
    flight.settled = true;
    this.#flights.delete(flight);
    this.#settle(flight.parcels, outcome);
    this.#launch();
  }

  #settle(parcels: readonly Waiting[], outcome: Outcome): void {
    for (const parcel of parcels) {
      this.#queued -= parcel.records.length;
      parcel.settle(outcome);
    }
    if (this.#queued === 0 && this.#idle !== null) {
      this.#idle.resolve();
      this.#idle = null;
    }
  }
}
