import { fromHex, type Hash, toHex } from "@gopool/chain";

/** The parameters of `mining.notify` as they stand on the wire. */
export interface NotifyParams {
  /** Up to 16 characters of [0-9a-f]; never used again for other work. */
  readonly jobId: string;
  /** 64 digits: the header's previous hash with the bytes of each 4-byte word turned round. */
  readonly prevHashWire: string;
  /** Hex of the coinbase without witness, up to extranonce1 and from behind extranonce2. */
  readonly coinb1: string;
  readonly coinb2: string;
  /** Sibling hashes from the coinbase up to the root, 64 digits each, internal order, not turned round. */
  readonly branches: readonly string[];
  /** Header version with no bit inside the rolling mask set: miners send back the bits that differ. */
  readonly version: number;
  readonly nbits: number;
  /** Seconds. */
  readonly ntime: number;
  /** Earlier work is void. True only when the previous block changed, or on a session's first job. */
  readonly clean: boolean;
}

/**
 * The wire form of a previous block hash: internal order, the bytes of each of the 8 words reversed. The
 * branches of the same message are not treated so: Stratum's oldest trap.
 */
export function prevHashToWire(hash: Hash): string {
  return toHex(swapWords(hash));
}

/** @throws {SyntaxError} The text is not 64 hex digits. */
export function prevHashFromWire(text: string): Hash {
  const bytes = fromHex(text);
  if (bytes.length !== 32) throw new SyntaxError("Cannot read a previous hash: must be 64 digits");
  return swapWords(bytes) as Hash;
}

function swapWords(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  // Position 0,1,2,3 takes from 3,2,1,0: the two low bits of the index, inverted.
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i ^ 3]!;
  return out;
}
