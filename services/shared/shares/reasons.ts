/**
 * What a miner is told when a share does not count. Firmware looks at the code at most (21 as "stale"), so codes
 * stay within 20 to 25, which every miner knows, and the text says the rest in the field's words.
 *
 * @module
 */
import { Reason } from "@gopool/proto";

/** The `error` of a Stratum answer. */
export interface StratumError {
  readonly code: 20 | 21 | 22 | 23 | 24 | 25;
  readonly text: string;
}

const OTHER: StratumError = { code: 20, text: "Other/Unknown" };

const ERRORS: Readonly<Record<Reason, StratumError>> = {
  [Reason.UNSPECIFIED]: OTHER,
  [Reason.UNKNOWN_JOB]: { code: 21, text: "Job not found" },
  [Reason.STALE_PREVIOUS_BLOCK]: { code: 21, text: "Stale share: new block on the network" },
  [Reason.STALE_JOB]: { code: 21, text: "Stale share: job too old" },
  [Reason.DUPLICATE]: { code: 22, text: "Duplicate share" },
  [Reason.LOW_DIFFICULTY]: { code: 23, text: "Low difficulty share: above target" },
  [Reason.UNAUTHORIZED]: { code: 24, text: "Unauthorized worker" },
  [Reason.NOT_SUBSCRIBED]: { code: 25, text: "Not subscribed" },
  [Reason.BAD_EXTRANONCE2]: { code: 20, text: "Invalid extranonce2 size" },
  [Reason.NTIME_TOO_OLD]: { code: 20, text: "Invalid ntime: too old" },
  [Reason.NTIME_TOO_NEW]: { code: 20, text: "Invalid ntime: too new" },
  [Reason.BAD_VERSION_BITS]: { code: 20, text: "Invalid version bits: outside the mask" },
  [Reason.MALFORMED]: { code: 20, text: "Malformed submit" },
  [Reason.NOT_STORED]: { code: 20, text: "Share not stored, send it again" },
  [Reason.OUTCOME_UNKNOWN]: { code: 20, text: "Outcome unknown" },
  [Reason.REPUBLISHED]: OTHER,
  [Reason.OPERATOR]: OTHER,
};

/** Code and text for a refused share. A reason this build does not know is "other". */
export function stratumError(reason: Reason): StratumError {
  return ERRORS[reason] ?? OTHER;
}

/** Whether the share came too late, rather than wrong: it never counts against a miner. */
export function isStale(reason: Reason): boolean {
  return reason === Reason.STALE_PREVIOUS_BLOCK || reason === Reason.STALE_JOB;
}
