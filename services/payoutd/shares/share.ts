/**
 * What a record of share.valid says, as the books need it: its link in the chain of valid offsets, and what it is worth
 * to whom. Pure.
 *
 * @module
 */
import type { Message } from "@gopool/bus";
import {
  AddressError,
  canonicalAddress,
  type Network,
  scriptOfAddress,
  targetFromBits,
  VARIANT_SOLO,
} from "@gopool/chain";
import { minuteOf } from "@gopool/ledger/shares";
import { Reason, Verdict } from "@gopool/proto";
import { type CreditFields, decodeCredit, type Link, MalformedShare } from "@gopool/shares";
import { ACCOUNTS_MAX } from "./limits.ts";

/** A share that counts. */
export interface Share {
  readonly sourceOffset: number;
  readonly loggedAtMs: number;
  /** Canonical address. */
  readonly account: string;
  readonly worker: string;
  /** Its coinbase pays its session's account itself. */
  readonly coinbase: boolean;
  readonly nbits: number;
  readonly height: number;
  /** Above 0. */
  readonly work: bigint;
}

/**
 * A record as it was understood:
 * - "unreadable": not even its link is certain. It is passed; if it was a valid share, the next one's link shows a gap.
 * - "unpayable": its link is good, so the chain goes on over it; what it says cannot be credited.
 * - "foreign": a share of another pool.
 */
export type ReadShare =
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "mark"; readonly link: Link }
  | { readonly kind: "share"; readonly link: Link; readonly share: Share }
  | { readonly kind: "unpayable"; readonly link: Link; readonly reason: string }
  | { readonly kind: "foreign"; readonly link: Link; readonly pool: string };

export interface Books {
  readonly pool: string;
  readonly network: Network;
}

const HASH_BYTES = 32;
const WORK_MAX = (1n << 256n) - 1n;
/** Minutes are int4 in the ledger. */
const MINUTE_MAX = 2 ** 31 - 1;

/** Reads records, and remembers what it found out about accounts and nBits. */
export class ShareReader {
  readonly #payable = new Map<string, string | null>();
  readonly #bits = new Map<number, boolean>();

  constructor(readonly books: Books) {}

  read({ value }: Message, partition: number): ReadShare {
    let judged: CreditFields;
    try {
      judged = decodeCredit(value);
    } catch (error) {
      if (error instanceof MalformedShare) return { kind: "unreadable", reason: error.message };
      throw error;
    }
    if (judged.mark) return { kind: "mark", link: judged };
    const broken = brokenLink(judged, partition);
    if (broken !== null) return { kind: "unreadable", reason: broken };
    if (judged.pool !== this.books.pool) {
      return { kind: "foreign", link: judged, pool: judged.pool };
    }
    const work = numberOf(judged.work);
    const reason = this.#unpayable(judged, work);
    if (reason !== null) return { kind: "unpayable", link: judged, reason };
    return {
      kind: "share",
      link: judged,
      share: {
        sourceOffset: judged.sourceOffset,
        loggedAtMs: judged.loggedAtMs,
        account: judged.account,
        worker: judged.worker,
        coinbase: judged.variant === VARIANT_SOLO,
        nbits: judged.nbits,
        height: judged.height,
        work,
      },
    };
  }

  /** Why a share cannot be credited; null where it can. */
  #unpayable(share: CreditFields, work: bigint): string | null {
    if (share.verdict !== Verdict.ACCEPTED || share.judgedReason !== Reason.UNSPECIFIED) {
      return `it was not accepted (verdict ${share.verdict}, reason ${share.judgedReason})`;
    }
    if (work <= 0n || work > WORK_MAX) {
      return `its work is no number from 1 to 2^256 - 1 (${share.work.length} bytes)`;
    }
    if (!this.#knownBits(share.nbits)) return `its nBits ${share.nbits.toString(16)} are no target`;
    if (share.loggedAtMs <= 0 || minuteOf(share.loggedAtMs) > MINUTE_MAX) {
      return `its log time ${share.loggedAtMs} is no time`;
    }
    return this.#unpayableAccount(share.account);
  }

  #knownBits(nbits: number): boolean {
    let known = this.#bits.get(nbits);
    if (known === undefined) {
      // Few ever: one a fortnight. Nonsense must not fill the memory.
      if (this.#bits.size >= ACCOUNTS_MAX) this.#bits.clear();
      this.#bits.set(nbits, known = targetFromBits(nbits) !== 0n);
    }
    return known;
  }

  #unpayableAccount(account: string): string | null {
    let reason = this.#payable.get(account);
    if (reason === undefined) {
      if (this.#payable.size >= ACCOUNTS_MAX) this.#payable.clear();
      this.#payable.set(account, reason = unpayableAccount(account, this.books.network));
    }
    return reason;
  }
}

/** Why the link cannot be believed; null where it can. */
function brokenLink(judged: CreditFields, partition: number): string | null {
  const { logId, headerHash, sourcePartition, previousValidOffset: p, sourceOffset: o } = judged;
  if (logId === "") return "it names no log";
  if (headerHash.length !== HASH_BYTES) return `its hash has ${headerHash.length} bytes, not 32`;
  if (sourcePartition !== partition) {
    return `it says that it is of partition ${sourcePartition}, and stands on ${partition}`;
  }
  if (p < -2 || p >= o) return `it says that offset ${p} comes before its own, ${o}`;
  return null;
}

function unpayableAccount(account: string, network: Network): string | null {
  try {
    const canonical = canonicalAddress(scriptOfAddress(account, network), network);
    if (canonical === account) return null;
    return `its account ${JSON.stringify(account)} is not written as it must be: ${canonical}`;
  } catch (error) {
    if (error instanceof AddressError) return error.message;
    throw error;
  }
}

/** Big-endian; more than a work can be where it is longer than one. */
function numberOf(bytes: Uint8Array): bigint {
  if (bytes.length > HASH_BYTES) return WORK_MAX + 1n;
  // Six bytes fit a double exactly, which is what nearly all are.
  if (bytes.length <= 6) {
    let small = 0;
    for (let i = 0; i < bytes.length; i++) small = small * 256 + bytes[i]!;
    return BigInt(small);
  }
  let value = 0n;
  for (const byte of bytes) value = value << 8n | BigInt(byte);
  return value;
}
