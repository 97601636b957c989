/**
 * What every bus promises, as tests: port.ts in sentences, checked. An adapter is right when it passes this,
 * whatever it is made of.
 *
 * @module
 */
import { groupsContract } from "./contract_groups.ts";
import { handlersContract } from "./contract_handlers.ts";
import { positionsContract } from "./contract_positions.ts";
import { publishContract } from "./contract_publish.ts";
import { readersContract } from "./contract_readers.ts";
import { retentionContract } from "./contract_retention.ts";
import type { ContractAdapter } from "./contract_stand.ts";

export type { ContractAdapter } from "./contract_stand.ts";

export function busContract(adapter: ContractAdapter): void {
  publishContract(adapter);
  groupsContract(adapter);
  positionsContract(adapter);
  handlersContract(adapter);
  readersContract(adapter);
  if (adapter.takesTheClock) retentionContract(adapter);
}
