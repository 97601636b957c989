/** Paying per share: PPS and FPPS from a reserve. @module */
export { createPpsBooker, type PpsDeps } from "./booker.ts";
export { createFeeListener } from "./fee_listener.ts";
export { type Pay, payMinute } from "./pay.ts";
export { guardReserve, type ReserveStanding, reserveStanding } from "./reserve.ts";
