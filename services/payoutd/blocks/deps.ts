/** What payoutd's handling of blocks may touch. @module */
import type { Bus } from "@gopool/bus";
import type { Network } from "@gopool/chain";
import type { ChainListener, Ledger } from "@gopool/ledger";
import type { Nodes } from "@gopool/node";
import type { Clock, Logger, Random, StatusBoard } from "@gopool/runtime";
import type { PoolScripts } from "./coinbase.ts";

export interface BlocksDeps {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Whose blocks these are: others' on the same bus are passed over. */
  readonly pool: string;
  readonly network: Network;
  readonly scripts: PoolScripts;
  /** Blocks until a coinbase can be spent: 100, fewer only on a test chain of one's own. */
  readonly maturity: number;
  /** Told of each block that comes to the best chain or leaves it, in the follower's transactions, in this order. */
  readonly listeners: readonly ChainListener[];
}
