/** What the desk may touch. @module */
import type { Network } from "@gopool/chain";
import type { Ledger } from "@gopool/ledger";
import type { Clock } from "@gopool/runtime";

export interface DeskDeps {
  readonly ledger: Ledger;
  readonly network: Network;
  readonly clock: Pick<Clock, "now">;
}
