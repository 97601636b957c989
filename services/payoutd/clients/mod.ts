/**
 * Clients: what miners ask for by signed requests.
 *
 * @module
 */
export { applyRequest, judge, readRequest, type SignedRequest, signerOf } from "./apply.ts";
export type { ClientRules, RefusedFor, RequestVerdict } from "./rules.ts";
export { LEAST_THRESHOLD_SATS } from "./limits.ts";
