/**
 * Takes a checkpoint of the reading of shares once a day. For the one that keeps the books.
 *
 * @module
 */
import type { Ledger } from "@gopool/ledger";
import { takeCheckpoint } from "@gopool/ledger/books_tools";
import type { Clock, Logger, Service } from "@gopool/runtime";

const DAY_MS = 86_400_000;
/** How often it is looked whether a day has passed: a keeper that begins late is late by no more. */
const LOOK_EVERY_MS = 10 * 60_000;

export interface CheckpointerDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createCheckpointer({ ledger, clock, log }: CheckpointerDeps): Service {
  return {
    name: "payoutd/checkpoints",
    async run(signal) {
      while (!signal.aborted) {
        const nowMs = clock.now();
        const taken = await ledger.transaction(
          (tx) => takeCheckpoint(tx, nowMs - DAY_MS, nowMs),
          { money: true },
        );
        if (taken) log.info("a checkpoint of the shares was taken");
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    },
  };
}
