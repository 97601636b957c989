/**
 * The books that the pool works on.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import { type Ledger, openLedger } from "@gopool/ledger";
import { type Clock, type Logger, openPart, type StatusBoard } from "@gopool/runtime";
import type { PooldConfig } from "./config.ts";
import { ledgerPlace } from "./ledger_place.ts";

interface LedgerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly signal: AbortSignal;
}

/** The ledger that the settings name, or a PostgreSQL of its own beside the pool. */
export async function ledgerOf(
  config: PooldConfig,
  network: Network,
  { clock, signal, board, log }: LedgerDeps,
): Promise<Ledger> {
  await using open = new AsyncDisposableStack();
  const ledger = await openPart({ board, log, signal }, "ledger", async (onTrouble) => {
    const place = open.use(
      await ledgerPlace(config, { clock, signal, onTrouble, make: true }),
    );
    return await openLedger(place.url, {
      ...place.options,
      clock,
      log,
      signal,
      onTrouble,
      pool: config.poolName,
      network,
      // Of another's server the schema is not the pool's to change: deno task migrate does.
      migrate: place.embedded,
    });
  });
  open.use(ledger);
  const owned = open.move();
  return {
    name: ledger.name,
    transaction: (work, options) => ledger.transaction(work, options),
    hold: (lock) => ledger.hold(lock),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
