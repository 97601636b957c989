/**
 * What every series promises, as tests: port.ts in sentences, checked. An adapter is right when it passes this,
 * whatever it is made of.
 *
 * @module
 */
import { pointsContract } from "./contract_points.ts";
import { questionsContract } from "./contract_questions.ts";
import { rollingContract } from "./contract_rolling.ts";
import { type ContractAdapter, declaring } from "./contract_stand.ts";
import { writingContract } from "./contract_writing.ts";

export type { ContractAdapter, Stand } from "./contract_stand.ts";

export function seriesContract(adapter: ContractAdapter): void {
  const test = declaring(adapter);
  writingContract(test);
  rollingContract(adapter, test);
  questionsContract(adapter, test);
  pointsContract(test);
}
