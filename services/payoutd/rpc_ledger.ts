/** LedgerService: the books, read and set right by hand. @module */
import type { ServiceImpl } from "@gopool/control";
import type { LedgerService } from "@gopool/proto/control";
import { ledgerReads, type LedgerRpcDeps } from "./rpc_ledger_reads.ts";
import { ledgerBlocks } from "./rpc_ledger_blocks.ts";
import { ledgerChanges } from "./rpc_ledger_changes.ts";
import { createLooks, type Looks } from "./rpc_looks.ts";
import { verifying } from "./rpc_verify.ts";

export type { LedgerRpcDeps } from "./rpc_ledger_reads.ts";

/** @param looks Shared with PayoutService in a process. */
export function createLedgerRpc(
  deps: LedgerRpcDeps,
  looks: Looks = createLooks(),
): ServiceImpl<typeof LedgerService> {
  return {
    ...ledgerReads(deps, looks),
    ...ledgerBlocks(deps, looks),
    ...ledgerChanges(deps),
    verify: verifying(deps),
  };
}
