/** What requests are judged by. @module */
import type { Network } from "@gopool/chain";

export interface ClientRules {
  readonly pool: string;
  readonly network: Network;
  /** How long a changed payout address waits: time for its owner to see and cancel a change that a thief asked for. */
  readonly addressDelayMs: number;
  /** The least that may be chosen: a payment has its price. */
  readonly leastThresholdSats: bigint;
  /** The pool's own scripts, present and former: nobody is paid there. */
  readonly poolScripts: readonly Uint8Array[];
}

/** Why a request is not followed. */
export type RefusedFor =
  | "malformed"
  | "other-pool"
  | "unknown-account"
  | "nonce-used"
  | "expired"
  | "too-far"
  | "too-many"
  | "bad-value"
  | "nothing-pending"
  | "bad-signature";

export type RequestVerdict =
  | {
    readonly kind: "applied";
    readonly requestId: bigint;
    readonly before: string;
    readonly after: string;
    /** When it takes effect, or did. */
    readonly fromMs: number;
    /** It was applied before; nothing was done now. */
    readonly again: boolean;
  }
  /** `why` is a sentence for the one who sent it. */
  | { readonly kind: "refused"; readonly reason: RefusedFor; readonly why: string };

export function refused(reason: RefusedFor, why: string): RequestVerdict & { kind: "refused" } {
  return { kind: "refused", reason, why };
}
