/**
 * Why a share does not count, in words for the one whose share it was: what it means, and what to do.
 *
 * @module
 */
import { Reason } from "@gopool/proto";

export interface Explanation {
  /** Its name for people. */
  readonly title: string;
  /** What it means, and what a miner can do. */
  readonly explained: string;
}

const NO_FAULT = "It is not the miner's fault, and there is nothing to do.";

const EXPLANATIONS: Readonly<Record<Exclude<Reason, Reason.UNSPECIFIED>, Explanation>> = {
  [Reason.UNKNOWN_JOB]: {
    title: "Unknown job",
    explained:
      "The share named a job that the pool does not know any more. A few right after a reconnect pass by themselves; if they go on, restart the miner, and leave out proxies that keep old work.",
  },
  [Reason.STALE_PREVIOUS_BLOCK]: {
    title: "Too late: new block",
    explained:
      "The share came after the network had found a new block. A few tenths of a percent are usual; more means a slow connection: use a wired one, and the pool's server that is nearest.",
  },
  [Reason.STALE_JOB]: {
    title: "Too late: old job",
    explained:
      "The share was for a job that newer work had replaced too long ago. The machine, or a proxy before it, takes up new work slowly: update its firmware and look at the connection.",
  },
  [Reason.DUPLICATE]: {
    title: "Sent twice",
    explained:
      "The same share had come before. Firmware that repeats its work does this: update it, and see that no two machines stand behind a proxy that gives them the same work.",
  },
  [Reason.LOW_DIFFICULTY]: {
    title: "Above the target",
    explained:
      "The share is not as hard as the pool had asked for. Usually the firmware ignores a new difficulty or garbles the work it was given; unstable overclocking does it too. Update the firmware, lower the clock.",
  },
  [Reason.UNAUTHORIZED]: {
    title: "Not logged in",
    explained:
      "The share was sent for a user name that is not logged in on this connection. The user name must begin with a payout address of this network, and a dot and the worker's name may follow.",
  },
  [Reason.NOT_SUBSCRIBED]: {
    title: "Out of order",
    explained:
      "The share came before the connection was set up (mining.subscribe). Restart the miner; if it goes on, its firmware or a proxy before it is at fault.",
  },
  [Reason.BAD_EXTRANONCE2]: {
    title: "Wrong extranonce2",
    explained:
      "The share's extranonce2 has another length than the pool had given. Firmware or a proxy that cuts it does this: update it, or connect the miner directly.",
  },
  [Reason.NTIME_TOO_OLD]: {
    title: "Clock behind",
    explained:
      "The share's time is earlier than a block could have. The machine changes the time by itself and is wrong: turn ntime rolling off, or update the firmware.",
  },
  [Reason.NTIME_TOO_NEW]: {
    title: "Clock ahead",
    explained:
      "The share's time is more than two hours ahead. Set the machine's clock, or turn ntime rolling off.",
  },
  [Reason.BAD_VERSION_BITS]: {
    title: "Wrong version bits",
    explained:
      "The share changed bits of the block's version that it may not. The firmware does not hold to the version mask that it was given (AsicBoost): update it, or turn version rolling off.",
  },
  [Reason.MALFORMED]: {
    title: "Unreadable",
    explained:
      "Something was missing in the share or could not be read. Firmware or a proxy does this: update it, or connect the miner directly.",
  },
  [Reason.NOT_STORED]: {
    title: "Not stored",
    explained: `The pool could not store the share in time, and it was not counted. ${NO_FAULT}`,
  },
  [Reason.OUTCOME_UNKNOWN]: {
    title: "Outcome unknown",
    explained:
      `The pool did not learn in time whether the share was stored; if it was, it is counted. ${NO_FAULT}`,
  },
  [Reason.REPUBLISHED]: {
    title: "Repeated by the pool",
    explained: `The pool itself wrote the share twice after a restart; it counts once. ${NO_FAULT}`,
  },
  [Reason.OPERATOR]: {
    title: "Taken out by the operator",
    explained: "The pool's operator took this record out by hand. Ask the operator.",
  },
};

const UNKNOWN: Explanation = {
  title: "Other",
  explained: "The pool gave no reason that this page knows. Ask the operator.",
};

/** A reason's name in figures: "low-difficulty" for LOW_DIFFICULTY. */
export function reasonName(reason: Reason): string {
  return (Reason[reason] ?? "unspecified").toLowerCase().replaceAll("_", "-");
}

const BY_NAME: ReadonlyMap<string, Explanation> = new Map(
  Object.entries(EXPLANATIONS).map(([reason, words]) => [reasonName(Number(reason)), words]),
);

/** @param name As figures have it. One that this build does not know is "other". */
export function explanationOf(name: string): Explanation {
  return BY_NAME.get(name) ?? UNKNOWN;
}
