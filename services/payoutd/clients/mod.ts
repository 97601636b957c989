/**
 * Clients: what miners ask for by signed requests, and where and from when on they are paid.
 *
 * @module
 */
export { applyRequest, type SignedRequest } from "./apply.ts";
export { type Payee, payeesOf } from "./payees.ts";
export type { ClientRules, RefusedFor, RequestVerdict } from "./rules.ts";
