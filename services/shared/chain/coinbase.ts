/**
 * The coinbase: prefix || extranonce1 || extranonce2 || suffix. The prefix is the job's, the suffix the
 * variant's; miners see both, without the witness, which is added only when a block is assembled.
 *
 * @module
 */
import { compactSize, concat, concatAll, equalBytes, fromHex, u32le, u64le } from "./bytes.ts";
import { heightPush } from "./height.ts";
import type { Hash, Sats } from "./units.ts";
import { coinbaseOutputs, type VariantRecipe } from "./variant.ts";

/** Bytes that tell sessions apart: 2 of gateway, 2 of counter. */
export const EXTRANONCE1_BYTES = 4;
/** Bytes that a miner counts in. */
export const EXTRANONCE2_BYTES = 8;
const EXTRANONCE_BYTES = EXTRANONCE1_BYTES + EXTRANONCE2_BYTES;

/**
 * Longest scriptSig the pool builds. The network allows 100 (consensus/tx_check.cpp); at 70 a coinbase that pays
 * a session's account and a fee stays below the 255 bytes that hobby miners can hold.
 */
export const SCRIPT_SIG_MAX_BYTES = 70;
/** Bytes of a job id, and of the commitment script of BIP 141. */
const JOB_ID_BYTES = 8;
const COMMITMENT_SCRIPT_BYTES = 38;

/** What stands between extranonce2 and the sequence: nothing, the tag stands before the extranonce. */
export const scriptSigTail: Uint8Array = new Uint8Array(0);

/** Not final, so that nLockTime counts (BIP 54); Bitcoin Core >= 30 uses the same value. */
const SEQUENCE = 0xffff_fffe;
/** nLockTime is a height only below this (script.h, LOCKTIME_THRESHOLD). */
const LOCK_TIME_THRESHOLD = 500_000_000;

export interface PrefixParts {
  readonly height: number;
  /** 16 hex digits. In the coinbase, so that no two jobs ever share a header. */
  readonly jobId: string;
  /** The pool's name for block explorers, UTF-8; cut where it does not fit, never inside a character. */
  readonly tag: string;
  /** The tail that `coinbaseSuffix()` will be given. */
  readonly scriptSigTail?: Uint8Array;
}

/**
 * The coinbase up to where extranonce1 begins: version 2, the null outpoint, and the scriptSig's height (BIP 34),
 * tag, job id and the opcode that pushes the extranonce.
 *
 * @throws {RangeError} A height that cannot be mined, or a tail that leaves no room.
 * @throws {SyntaxError} A job id that is not 16 hex digits.
 */
export function coinbasePrefix(parts: PrefixParts): Uint8Array {
  assertMinable(parts.height);
  const jobId = fromHex(parts.jobId);
  if (jobId.length !== JOB_ID_BYTES) {
    throw new SyntaxError(
      `Cannot use job id ${JSON.stringify(parts.jobId)}: must be ${2 * JOB_ID_BYTES} hex digits`,
    );
  }
  const height = heightPush(parts.height);
  const tailBytes = (parts.scriptSigTail ?? scriptSigTail).length;
  const fixed = height.length + 1 + JOB_ID_BYTES + 1 + EXTRANONCE_BYTES + tailBytes;
  const room = SCRIPT_SIG_MAX_BYTES - fixed;
  if (room < 0) {
    throw new RangeError(
      `Cannot build a coinbase: its scriptSig would have ${fixed} bytes without a tag, ` +
        `must have at most ${SCRIPT_SIG_MAX_BYTES}`,
    );
  }
  const tag = tagPush(parts.tag, room);
  return concat(
    u32le(2),
    Uint8Array.of(1),
    new Uint8Array(32),
    u32le(0xffff_ffff),
    Uint8Array.of(fixed + tag.length),
    height,
    tag,
    Uint8Array.of(JOB_ID_BYTES),
    jobId,
    Uint8Array.of(EXTRANONCE_BYTES),
  );
}

/** The tag and the byte that pushes it, in at most `room` bytes; nothing where it is empty. */
function tagPush(tag: string, room: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, room - 1));
  // encodeInto stops before a character that does not fit whole.
  const { written } = new TextEncoder().encodeInto(tag, bytes);
  return written === 0 ? new Uint8Array(0) : concat(
    Uint8Array.of(written),
    bytes.subarray(0, written),
  );
}

export interface SuffixParts {
  readonly recipe: VariantRecipe;
  /** Subsidy and fees: what the outputs add up to. */
  readonly coinbaseValue: Sats;
  /** The session's account; null where it has none. */
  readonly accountScript: Uint8Array | null;
  /** The commitment's whole script, or empty where the block has none. */
  readonly witnessCommitment: Uint8Array;
  readonly scriptSigTail: Uint8Array;
  readonly height: number;
}

/**
 * The coinbase from behind extranonce2: the scriptSig's tail, nSequence, the variant's outputs, the witness
 * commitment as the last output, and nLockTime = height - 1 (BIP 54).
 *
 * @throws {RangeError} Outputs that cannot be had (see `coinbaseOutputs()`), a height that cannot be mined, or a
 * commitment that is neither empty nor a commitment script.
 */
export function coinbaseSuffix(parts: SuffixParts): Uint8Array {
  const { witnessCommitment: commitment } = parts;
  assertMinable(parts.height);
  assertCommitmentScript(commitment);
  const outputs = coinbaseOutputs(parts.recipe, parts.coinbaseValue, parts.accountScript);
  const bytes = outputs.flatMap(({ sats, script }) => output(sats, script));
  if (commitment.length > 0) bytes.push(...output(0n, commitment));
  return concatAll([
    parts.scriptSigTail,
    u32le(SEQUENCE),
    compactSize(outputs.length + (commitment.length > 0 ? 1 : 0)),
    ...bytes,
    u32le(parts.height - 1),
  ]);
}

function output(sats: bigint, script: Uint8Array): Uint8Array[] {
  return [u64le(sats), compactSize(script.length), script];
}

const COMMITMENT_HEAD = fromHex("6a24aa21a9ed");

/** The output script that carries a witness commitment: OP_RETURN and a push of `aa21a9ed` || hash (BIP 141). */
export function commitmentScript(commitment: Hash): Uint8Array {
  const script = concat(COMMITMENT_HEAD, commitment);
  assertCommitmentScript(script);
  return script;
}

function assertCommitmentScript(script: Uint8Array): void {
  if (script.length === 0) return;
  const head = script.subarray(0, COMMITMENT_HEAD.length);
  if (script.length !== COMMITMENT_SCRIPT_BYTES || !equalBytes(head, COMMITMENT_HEAD)) {
    throw new RangeError(
      `Cannot use a witness commitment of ${script.length} bytes: must be the 38-byte script ` +
        "6a24aa21a9ed and a hash",
    );
  }
}

const VERSION_BYTES = 4;
const LOCK_TIME_BYTES = 4;
/** BIP 141 marker and flag, and the coinbase's witness: one item of 32 zero bytes, the reserved value. */
const MARKER_AND_FLAG = Uint8Array.of(0x00, 0x01);
const RESERVED_WITNESS = concat(Uint8Array.of(1, 32), new Uint8Array(32));

/**
 * The coinbase as it stands in a block: with the reserved value as its witness where it has a commitment, as it
 * is where it has none.
 */
export function coinbaseWithWitness(
  coinbaseNoWitness: Uint8Array,
  hasCommitment: boolean,
): Uint8Array {
  if (!hasCommitment) return coinbaseNoWitness;
  const lockTimeAt = coinbaseNoWitness.length - LOCK_TIME_BYTES;
  return concat(
    coinbaseNoWitness.subarray(0, VERSION_BYTES),
    MARKER_AND_FLAG,
    coinbaseNoWitness.subarray(VERSION_BYTES, lockTimeAt),
    RESERVED_WITNESS,
    coinbaseNoWitness.subarray(lockTimeAt),
  );
}

function assertMinable(height: number): void {
  if (!Number.isInteger(height) || height < 1 || height > LOCK_TIME_THRESHOLD) {
    throw new RangeError(
      `Cannot build a coinbase for height ${height}: must be from 1 to ${LOCK_TIME_THRESHOLD}`,
    );
  }
}
