/** Schemes and rates in force, and what PPS and FPPS pay. See migrations/0006_schemes.sql. @module */
export { chainFees, forgetFee, noteFee } from "./chain_fees.ts";
export { notInForce, type WantedSchedule } from "./wanted.ts";
export { type Decision, type SetBy } from "./decisions.ts";
export {
  type FeeChange,
  type FeeRates,
  feesAt,
  type FeesInForce,
  openFees,
  type OwnRates,
  ratesAt,
  ratesOf,
  setFees,
} from "./fees.ts";
export {
  fallBack,
  openSchedule,
  paysFromReserve,
  schemeAt,
  type SchemeName,
  type SchemeParams,
  type SchemePeriod,
  schemePeriods,
  setScheme,
} from "./periods.ts";
export { bookPps, nextPpsMinute, ppsCarries, type PpsCredit, type PpsMinute } from "./pps.ts";
export { moveReserve, type Reserve, reserveOf } from "./reserve.ts";
