/**
 * What a person sees of the books: balances in the status line, and each payout's way.
 *
 * @module
 */
import { displayHash, type Hash } from "@gopool/chain";
import { type Ledger, LedgerUnavailable } from "@gopool/ledger";
import {
  type PayoutStanding,
  payoutStandings,
  type Summary,
  summaryOf,
} from "@gopool/ledger/summary";
import type { Clock, Logger, Service } from "@gopool/runtime";
import { payoutLine } from "./lines.ts";

/** How often the books are looked at: a payout's steps are minutes apart. */
const LOOK_MS = 2_000;
/** Payouts whose way is told; older ones have ended. */
const PAYOUTS_SHOWN = 20;

export interface BooksView extends Service {
  /** As last read; undefined before the first look. */
  summary(): Summary | undefined;
}

export function createBooksView(
  { ledger, clock, log }: { readonly ledger: Ledger; readonly clock: Clock; readonly log: Logger },
): BooksView {
  let summary: Summary | undefined;
  let told: ReadonlyMap<bigint, string> | undefined;
  return {
    name: "books",
    summary: () => summary,
    async run(signal) {
      while (!signal.aborted) {
        try {
          const seen = await ledger.transaction(async (tx) => ({
            summary: await summaryOf(tx),
            payouts: await payoutStandings(tx, PAYOUTS_SHOWN),
          }), { snapshot: true });
          summary = seen.summary;
          told = tellPayouts(seen.payouts, told, log);
        } catch (error) {
          // The board says so; what was seen last is shown on.
          if (!(error instanceof LedgerUnavailable)) throw error;
        }
        await clock.sleep(LOOK_MS, signal);
      }
    },
  };
}

/** Says what is new. At a start nothing is. */
function tellPayouts(
  payouts: readonly PayoutStanding[],
  before: ReadonlyMap<bigint, string> | undefined,
  log: Logger,
): ReadonlyMap<bigint, string> {
  const now = new Map<bigint, string>();
  for (const payout of payouts.toReversed()) {
    const { id, txid } = payout;
    now.set(id, payout.state);
    if (before === undefined || before.get(id) === payout.state) continue;
    log.info(payoutLine(payout), txid === null ? {} : { txid: displayHash(txid as Hash) });
  }
  return now;
}
