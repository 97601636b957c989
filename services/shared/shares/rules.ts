/**
 * The rules that need no hash. Pure: gateway and judge come to the same answer from the same facts.
 *
 * @module
 */
import { EXTRANONCE2_BYTES } from "@gopool/chain";
import { Reason } from "@gopool/proto";

/** A block may be at most two hours ahead of the clock. Source: Bitcoin Core MAX_FUTURE_BLOCK_TIME. */
export const MAX_FUTURE_SECONDS = 2 * 60 * 60;

/** What the cheap rules look at. */
export interface Terms {
  /** The header's whole version field as submitted, and the job's. */
  readonly version: number;
  readonly jobVersion: number;
  /** Version bits that the session may roll on this job. */
  readonly mask: number;
  /** Seconds. */
  readonly ntime: number;
  readonly minNtime: number;
  /** When the share was received: the gateway's clock, which the judge takes from the record. */
  readonly nowSeconds: number;
  /** Bytes of extranonce2. */
  readonly en2Length: number;
}

/**
 * The first rule that a share breaks, or UNSPECIFIED. Sources: BIP 310 (bits outside the mask must equal the
 * job's), getblocktemplate's `mintime`, MAX_FUTURE_BLOCK_TIME. None of them keeps a hash from being a block:
 * the network target is looked at apart from these.
 */
export function checkTerms(terms: Terms): Reason {
  if (terms.en2Length !== EXTRANONCE2_BYTES) return Reason.BAD_EXTRANONCE2;
  if (((terms.version ^ terms.jobVersion) & ~terms.mask) !== 0) return Reason.BAD_VERSION_BITS;
  if (terms.ntime < terms.minNtime) return Reason.NTIME_TOO_OLD;
  if (terms.ntime > terms.nowSeconds + MAX_FUTURE_SECONDS) return Reason.NTIME_TOO_NEW;
  return Reason.UNSPECIFIED;
}
