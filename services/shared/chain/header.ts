import { DecodeError, HASH_BYTES } from "./bytes.ts";
import { sha256d } from "./sha256.ts";
import type { Hash, UnixSeconds } from "./units.ts";

/** Bytes of a block header. */
export const HEADER_BYTES = 80;

/** A block header. Integers are unsigned 32-bit, as they travel; hashes are in internal order. */
export interface Header {
  /** Unsigned here; Bitcoin Core reads the same four bytes as a signed integer. */
  readonly version: number;
  readonly previousHash: Hash;
  readonly merkleRoot: Hash;
  readonly time: UnixSeconds;
  readonly nbits: number;
  readonly nonce: number;
}

/**
 * The 80 bytes that are hashed. Integers least significant byte first.
 *
 * @throws {RangeError} A hash is not 32 bytes.
 */
export function encodeHeader(header: Header): Uint8Array {
  const { previousHash, merkleRoot } = header;
  if (previousHash.length !== HASH_BYTES || merkleRoot.length !== HASH_BYTES) {
    throw new RangeError(
      "Cannot write a header: both hashes must be 32 bytes, " +
        `are ${previousHash.length} and ${merkleRoot.length}`,
    );
  }
  const out = new Uint8Array(HEADER_BYTES);
  const view = new DataView(out.buffer);
  view.setUint32(0, header.version, true);
  out.set(previousHash, 4);
  out.set(merkleRoot, 36);
  view.setUint32(68, header.time, true);
  view.setUint32(72, header.nbits, true);
  view.setUint32(76, header.nonce, true);
  return out;
}

/**
 * Reads 80 bytes; the hashes are copies.
 *
 * @throws {DecodeError} Not 80 bytes.
 */
export function decodeHeader(bytes: Uint8Array): Header {
  assertLength(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  return {
    version: view.getUint32(0, true),
    previousHash: bytes.slice(4, 36) as Hash,
    merkleRoot: bytes.slice(36, 68) as Hash,
    time: view.getUint32(68, true) as UnixSeconds,
    nbits: view.getUint32(72, true),
    nonce: view.getUint32(76, true),
  };
}

/**
 * The hash of a header, which is also the hash of its block.
 *
 * @throws {DecodeError} Not 80 bytes.
 */
export function headerHash(bytes: Uint8Array): Hash {
  assertLength(bytes);
  return sha256d(bytes);
}

function assertLength(bytes: Uint8Array): void {
  if (bytes.length !== HEADER_BYTES) {
    throw new DecodeError(`Cannot read a header: must be 80 bytes, is ${bytes.length}`);
  }
}
