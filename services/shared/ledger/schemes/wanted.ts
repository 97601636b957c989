/**
 * What the settings ask for, held against what is in force: the settings only make a ledger's first schedule.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { minuteOf } from "../shares/mod.ts";
import { type FeeRates, feesAt } from "./fees.ts";
import { schemeAt, type SchemePeriod, schemePeriods } from "./periods.ts";

export interface WantedSchedule extends FeeRates, Pick<SchemePeriod, "scheme" | "params"> {}

/** What is in force now and is not as the settings say, as sentences for the operator; none where all is as they say. */
export async function notInForce(tx: Tx, wanted: WantedSchedule, nowMs: number): Promise<string[]> {
  const { scheme, params } = schemeAt(await schemePeriods(tx), minuteOf(nowMs));
  const { pool } = await feesAt(tx, nowMs);
  const pairs: [what: string, setting: unknown, inForce: unknown][] = [
    ["scheme", wanted.scheme, scheme],
    ["window, in thousandths,", wanted.params.windowThousandths, params.windowThousandths],
    ["fee, in basis points,", wanted.feeBasisPoints, pool.feeBasisPoints],
    ["donation, in basis points,", wanted.donationBasisPoints, pool.donationBasisPoints],
  ];
  return pairs.flatMap(([what, setting, inForce]) =>
    setting === inForce ? [] : [
      `The ${what} is ${inForce} in these books, the settings say ${setting}: they count when books are opened only`,
    ]
  );
}
