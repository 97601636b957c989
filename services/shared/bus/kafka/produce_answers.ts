/**
 * What a broker says of one partition of a produce request (error codes of Kafka's protocol).
 *
 * @module
 */

export type Verdict =
  | "written"
  /** Written by an earlier request, too long ago for the broker to say where. */
  | "written-before"
  /** This request wrote nothing. */
  | "refused"
  /** This request wrote nothing, because the broker knows the producer's numbers no more. */
  | "stranger"
  /** Perhaps written. */
  | "unknown";

const NONE = 0;
const DUPLICATE_SEQUENCE_NUMBER = 46;

/** Said before anything is appended, and never after. */
const REFUSALS: ReadonlySet<number> = new Set([
  10, // MESSAGE_TOO_LARGE
  17, // INVALID_TOPIC_EXCEPTION
  18, // RECORD_LIST_TOO_LARGE
  19, // NOT_ENOUGH_REPLICAS
  29, // TOPIC_AUTHORIZATION_FAILED
  31, // CLUSTER_AUTHORIZATION_FAILED
  44, // POLICY_VIOLATION
  87, // INVALID_RECORD
]);

const STRANGERS: ReadonlySet<number> = new Set([
  45, // OUT_OF_ORDER_SEQUENCE_NUMBER
  47, // INVALID_PRODUCER_EPOCH
  49, // INVALID_PRODUCER_ID_MAPPING
  59, // UNKNOWN_PRODUCER_ID
]);

export function verdictOn(errorCode: number): Verdict {
  if (errorCode === NONE) return "written";
  if (errorCode === DUPLICATE_SEQUENCE_NUMBER) return "written-before";
  if (REFUSALS.has(errorCode)) return "refused";
  return STRANGERS.has(errorCode) ? "stranger" : "unknown";
}
