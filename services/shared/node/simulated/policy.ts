/**
 * What a mempool asks of a transaction beyond what a block does: those of Bitcoin Core's rules that somebody who pays
 * out can run into (policy/policy.cpp, policy/rbf.cpp, validation.cpp). Where Core's versions from 28 on differ, the
 * strictest: a payment that is taken here is taken by each of them.
 *
 * Left out, because the node's own coins are nothing standard: which scripts an output may have, the smallest size, data
 * outputs, the number of descendants, and a mempool that asks for more when it is full.
 *
 * @module
 */
import type { Transaction } from "./decode.ts";
import type { MempoolEntry } from "./mempool.ts";
import { WITNESS_SCALE_FACTOR } from "./rules.ts";

/** Satoshis per 1000 virtual bytes below which nothing waits (DEFAULT_MIN_RELAY_TX_FEE until 29; 100 from 30 on). */
export const MIN_RELAY_FEE = 1_000n;
/** What a replacement pays for its own size beyond what it replaces (DEFAULT_INCREMENTAL_RELAY_FEE, likewise). */
export const INCREMENTAL_RELAY_FEE = 1_000n;
/** Above this rate an output is worth spending (DUST_RELAY_TX_FEE). */
const DUST_RELAY_FEE = 3_000n;
/** MAX_STANDARD_TX_WEIGHT. */
const STANDARD_WEIGHT_MAX = 400_000;
/** MAX_REPLACEMENT_CANDIDATES: what one replacement may throw out, children included. */
const REPLACED_MAX = 100;
/** DEFAULT_ANCESTOR_LIMIT: waiting transactions that one may hang on, itself included. */
const ANCESTORS_MAX = 25;

/** Why a transaction is not taken: the reason, and what Core says after it. */
export interface Refusal {
  readonly reason: string;
  readonly details?: string;
}

/** BIP 141: the weight in bytes of a block that had no witness discount, rounded up. */
export function virtualSize(tx: Transaction): number {
  return Math.ceil(tx.weight / WITNESS_SCALE_FACTOR);
}

/** By itself: no larger than is passed on, and no output that costs more to spend than it is worth. */
export function standardness(tx: Transaction): Refusal | null {
  if (tx.weight > STANDARD_WEIGHT_MAX) return { reason: "tx-size" };
  if (tx.outputs.some(({ value, script }) => value < dustLimit(script))) return { reason: "dust" };
  return null;
}

/** GetDustThreshold: the fee of making and of spending such an output. */
export function dustLimit(script: Uint8Array): bigint {
  if (script[0] === 0x6a) return 0n; // OP_RETURN: nobody will
  const made = 8 + (script.length < 0xfd ? 1 : 3) + script.length;
  // An outpoint, a sequence, an empty script's length, and a signature with its key: in a witness or not.
  const spent = isWitnessProgram(script)
    ? 32 + 4 + 1 + Math.floor(107 / 4) + 4
    : 32 + 4 + 1 + 107 + 4;
  return DUST_RELAY_FEE * BigInt(made + spent) / 1000n;
}

/** BIP 141: a version, and one push of 2 to 40 bytes. */
function isWitnessProgram(script: Uint8Array): boolean {
  const [version, length] = script;
  return script.length >= 4 && script.length <= 42 && length === script.length - 2 &&
    (version === 0 || (version! >= 0x51 && version! <= 0x60));
}

export function relayFee({ tx, fee }: MempoolEntry): Refusal | null {
  const wanted = feeAt(MIN_RELAY_FEE, virtualSize(tx));
  return fee >= wanted ? null : { reason: "min relay fee not met", details: `${fee} < ${wanted}` };
}

/** @param ancestors Waiting transactions that it hangs on. */
export function chainLength(ancestors: number): Refusal | null {
  return ancestors + 1 <= ANCESTORS_MAX ? null : {
    reason: "too-long-mempool-chain",
    details: `too many unconfirmed ancestors [limit: ${ANCESTORS_MAX}]`,
  };
}

/** The waiting transactions around one that spends what they spend. */
export interface Rivalry {
  readonly entry: MempoolEntry;
  /** Those that spend a coin it spends. */
  readonly direct: readonly MempoolEntry[];
  /** The same and all that hang on them. */
  readonly all: readonly MempoolEntry[];
  /** Ids of those it hangs on itself, near and far. */
  readonly ancestors: ReadonlySet<string>;
}

/** Whether it may take their place (BIP 125 but for the signal, which nobody needs since Core 28). */
export function replacement({ entry, direct, all, ancestors }: Rivalry): Refusal | null {
  const { id, tx, fee, parents } = entry;
  const rejecting = `rejecting replacement ${id}`;
  const size = virtualSize(tx);
  for (const one of direct) {
    if (ancestors.has(one.id)) {
      return {
        reason: "bad-txns-spends-conflicting-tx",
        details: `${id} spends conflicting transaction ${one.id}`,
      };
    }
    const oldSize = virtualSize(one.tx);
    if (fee * BigInt(oldSize) <= one.fee * BigInt(size)) {
      return {
        reason: "insufficient fee",
        details: `${rejecting}; new feerate ${rate(fee, size)} <= old feerate ${
          rate(one.fee, oldSize)
        }`,
      };
    }
  }
  if (all.length > REPLACED_MAX) {
    return {
      reason: "too many potential replacements",
      details: `${rejecting}; too many potential replacements (${all.length} > ${REPLACED_MAX})`,
    };
  }
  const before = new Set(direct.flatMap((one) => [...one.parents]));
  if (!parents.isSubsetOf(before)) {
    return {
      reason: "replacement-adds-unconfirmed",
      details: `replacement ${id} adds unconfirmed input`,
    };
  }
  const replaced = all.reduce((sum, one) => sum + one.fee, 0n);
  if (fee < replaced) {
    return {
      reason: "insufficient fee",
      details: `${rejecting}, less fees than conflicting txs; ${fee} < ${replaced}`,
    };
  }
  const wanted = feeAt(INCREMENTAL_RELAY_FEE, size);
  if (fee - replaced < wanted) {
    return {
      reason: "insufficient fee",
      details: `${rejecting}, not enough additional fees to relay; ${fee - replaced} < ${wanted}`,
    };
  }
  return null;
}

/** Rounded up, as from Core 29 on: a size has a fee even where the rate is a fraction. */
function feeAt(ratePerKvb: bigint, size: number): bigint {
  return (ratePerKvb * BigInt(size) + 999n) / 1000n;
}

function rate(fee: bigint, size: number): string {
  return `${fee * 1000n / BigInt(size)} sat/kvB`;
}
