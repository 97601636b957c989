/**
 * One process at a time keeps the books: it settles, follows the chain and pays. Others stand by. This spares work and
 * noise; that money moves once rests on the ledger's own rules.
 *
 * @module
 */
import type { Ledger } from "@gopool/ledger";
import { runTogether, type Service, supervise, type SuperviseDeps } from "@gopool/runtime";
import { KEEPER_RETRY_MS } from "./limits.ts";

/** The name of the lock in the ledger. */
const LOCK = "payoutd keeper";
const PART = "payoutd/keeper";

export interface KeeperDeps extends SuperviseDeps {
  readonly ledger: Ledger;
}

/**
 * Runs the services while this process is the keeper, each under supervision; ends them when the lock is lost, and tries
 * again.
 */
export function createKeeper(deps: KeeperDeps, services: readonly Service[]): Service {
  const { ledger, clock, board, log } = deps;
  return {
    name: PART,
    async run(signal) {
      while (!signal.aborted) {
        await using held = await ledger.hold(LOCK);
        if (held === null) {
          board.set(PART, "ok", "standing by: another payoutd keeps the books");
          await clock.sleep(KEEPER_RETRY_MS, signal);
          continue;
        }
        board.set(PART, "ok", "keeping the books");
        log.info("keeping the books");
        const until = AbortSignal.any([signal, held.lost]);
        await runTogether(until, ...services.map((service) => supervise(service, deps).run));
      }
    },
  };
}
