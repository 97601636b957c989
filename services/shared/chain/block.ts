/**
 * Whole blocks: put together from stored bytes, and taken apart again by a strict reader for those who judge one.
 *
 * @module
 */
import { compactSize, concatAll, DecodeError } from "./bytes.ts";
import { decodeHeader, type Header, HEADER_BYTES, headerHash } from "./header.ts";
import { ByteReader } from "./reader.ts";
import { readTransaction, type Transaction } from "./transaction.ts";
import type { Hash } from "./units.ts";

/** No block has more bytes (Bitcoin Core consensus/consensus.h, MAX_BLOCK_SERIALIZED_SIZE). */
export const BLOCK_MAX_BYTES = 4_000_000;

/**
 * A block as `submitblock` takes it. The transactions are copied as they are, never parsed.
 *
 * @param header 80 bytes.
 * @param coinbase With its witness: see `coinbaseWithWitness()`.
 * @param transactions Raw with witness, in block order, without the coinbase.
 * @throws {DecodeError} The header is not 80 bytes.
 */
export function assembleBlock(
  header: Uint8Array,
  coinbase: Uint8Array,
  transactions: readonly Uint8Array[],
): Uint8Array {
  assertHeader(header);
  return concatAll([header, compactSize(1 + transactions.length), coinbase, ...transactions]);
}

/** The hash of a block: that of its first 80 bytes. */
export function blockHash(block: Uint8Array): Hash {
  assertHeader(block.subarray(0, HEADER_BYTES));
  return headerHash(block.subarray(0, HEADER_BYTES));
}

export interface Block {
  readonly header: Header;
  readonly hash: Hash;
  /** In block order; the first should be the coinbase. May be empty: that is for a judge to refuse. */
  readonly transactions: readonly Transaction[];
}

/**
 * Reads a block to its last byte. Shape only: proof of work, roots and values are not judged.
 *
 * @throws {DecodeError} Anything that Bitcoin Core would not deserialise: cut short, bytes left over, a length
 * not in its shortest form, a superfluous witness.
 */
export function decodeBlock(bytes: Uint8Array): Block {
  if (bytes.length > BLOCK_MAX_BYTES) {
    throw new DecodeError(
      `Cannot read a block: must have at most ${BLOCK_MAX_BYTES} bytes, has ${bytes.length}`,
    );
  }
  const reader = new ByteReader(bytes, "a block");
  const headerBytes = reader.take(HEADER_BYTES, "header");
  const count = reader.count("transactions", TRANSACTION_MIN_BYTES);
  const transactions: Transaction[] = [];
  for (let i = 0; i < count; i++) transactions.push(readTransaction(reader));
  reader.end();
  return { header: decodeHeader(headerBytes), hash: headerHash(headerBytes), transactions };
}

/** Version, two empty lists, lock time: nothing shorter deserialises. */
const TRANSACTION_MIN_BYTES = 10;

function assertHeader(header: Uint8Array): void {
  if (header.length !== HEADER_BYTES) {
    throw new DecodeError(`Cannot use a header of ${header.length} bytes: must be 80`);
  }
}
