/**
 * Clients: what miners chose for themselves, and the signed requests by which they did.
 *
 * @module
 */
export {
  type AcceptedRequest,
  type Client,
  clientOf,
  effectiveOf,
  greatestNonce,
  type PayoutChoice,
  requestOfNonce,
  requestsOf,
  requestsSince,
} from "./read.ts";
export {
  CLIENT_SETTINGS,
  type ClientRequest,
  type ClientSetting,
  parseRequest,
  REQUEST_MAX_LENGTH,
  requestText,
  VALUE_MAX_LENGTH,
} from "./request_text.ts";
export { addRequest, cancelPending, setNotify, setPayoutScript, setThreshold } from "./write.ts";
