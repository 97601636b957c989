/**
 * payoutd on the control plane: the ledger, payments, miners' choices. Read, ask, shape; the rules stand in the rooms
 * that are asked, and the ledger's own keep money right whoever asks, on every payoutd, the keeper of the books or not.
 *
 * @module
 */
import type { ServiceImpl } from "@gopool/control";
import { ClientService, LedgerService, PayoutService } from "@gopool/proto/control";
import { clientRulesOf } from "./from_settings.ts";
import { createClientRpc, requestsBy } from "./rpc_clients.ts";
import { createLedgerRpc } from "./rpc_ledger.ts";
import { createLooks } from "./rpc_looks.ts";
import { createPayoutRpc } from "./rpc_payouts.ts";
import { type PayoutdDeps, payoutsDepsOf } from "./service.ts";

/** What a server of payoutd's serves. */
export const SERVES = [LedgerService, PayoutService, ClientService] as const;

export interface PayoutdRpc {
  readonly ledger: ServiceImpl<typeof LedgerService>;
  readonly payouts: ServiceImpl<typeof PayoutService>;
  readonly clients: ServiceImpl<typeof ClientService>;
  /** Miners' signed requests that another part of this process was given; @param who As the audit names it. */
  readonly requestsBy: (who: string) => ReturnType<typeof requestsBy>;
}

/** @param deps With a ledger that is open and has its schedules: see `createPayoutd`. */
export function createPayoutdRpc(deps: PayoutdDeps): PayoutdRpc {
  const { network, settings } = deps;
  const { maturity, reserveFloor } = settings;
  const rules = clientRulesOf(settings, network);
  const looks = createLooks();
  return {
    ledger: createLedgerRpc({ ...deps, maturity, reserveFloor }, looks),
    payouts: createPayoutRpc(payoutsDepsOf(deps), looks),
    clients: createClientRpc({ ...deps, rules, thresholdSats: settings.payouts.thresholdSats }),
    requestsBy: (who) => requestsBy({ ...deps, rules }, who),
  };
}
