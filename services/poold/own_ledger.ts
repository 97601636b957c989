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

export interface Books extends AsyncDisposable {
  /** For who keeps them. */
  readonly ledger: Ledger;
  /** The same books, for who shows them to the public: connections that the server lets read and nothing else. */
  readonly shown: Ledger;
}

/** The ledger that the settings name, or a PostgreSQL of its own beside the pool. */
export async function ledgerOf(
  config: PooldConfig,
  network: Network,
  { clock, signal, board, log }: LedgerDeps,
): Promise<Books> {
  await using open = new AsyncDisposableStack();
  const books = await openPart({ board, log, signal }, "ledger", async (onTrouble) => {
    const place = open.use(
      await ledgerPlace(config, { clock, signal, onTrouble, make: true }),
    );
    const { url, options } = place;
    const book = { ...options, clock, log, signal, onTrouble, pool: config.poolName, network };
    const ledger = open.use(
      await openLedger(url, {
        ...book,
        // Of another's server the schema is not the pool's to change: deno task migrate does.
        migrate: place.embedded,
      }),
    );
    // Beside the pool its user owns all and may act as any role; elsewhere it need not be a member of that one.
    const role = place.embedded ? { role: "gopool_apiserver" } : {};
    const shown = open.use(await openLedger(url, { ...book, ...role, readOnly: true }));
    return { ledger, shown };
  });
  const owned = open.move();
  return { ...books, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
