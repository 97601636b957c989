/**
 * Blocks and transactions as Bitcoin Core reads them (primitives/transaction.h, serialize.h). The simulated
 * node reads for itself, on purpose not with the code the pool builds blocks with: a judge that shares the
 * builder's mistakes would pass them.
 *
 * @module
 */
import {
  concat,
  DecodeError,
  decodeHeader,
  type Hash,
  type Header,
  HEADER_BYTES,
  headerHash,
  sha256d,
} from "@gopool/chain";
import { MAX_SIZE, WITNESS_SCALE_FACTOR } from "./rules.ts";

export interface Input {
  /** 32 bytes txid in internal order, then the output's index as u32 LE. */
  readonly outpoint: Uint8Array;
  readonly script: Uint8Array;
  readonly sequence: number;
  readonly witness: readonly Uint8Array[];
}

export interface Output {
  /** As written, so possibly negative or above all money. */
  readonly value: bigint;
  readonly script: Uint8Array;
}

export interface Transaction {
  /** Raw, with witness where it has one. */
  readonly raw: Uint8Array;
  readonly txid: Hash;
  /** Equals txid without a witness. */
  readonly wtxid: Hash;
  readonly version: number;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  readonly lockTime: number;
  readonly hasWitness: boolean;
  /** Bytes without the witness. */
  readonly strippedSize: number;
  /** BIP 141: three times the stripped size plus the whole size. */
  readonly weight: number;
}

export interface Block {
  /** What was read, without any bytes that followed. */
  readonly raw: Uint8Array;
  readonly header: Header;
  readonly hash: Hash;
  readonly transactions: readonly Transaction[];
  readonly strippedSize: number;
  readonly weight: number;
}

class Reader {
  readonly #view: DataView;
  constructor(readonly bytes: Uint8Array, public at = 0) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A view of the next n bytes, not a copy. */
  take(n: number): Uint8Array {
    if (n > this.bytes.length - this.at) throw new DecodeError(`End of data at byte ${this.at}`);
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u32(): number {
    const at = this.at;
    this.take(4);
    return this.#view.getUint32(at, true);
  }

  i64(): bigint {
    const at = this.at;
    this.take(8);
    return this.#view.getBigInt64(at, true);
  }

  /** A compact size in its shortest form (serialize.h refuses any other), no larger than MAX_SIZE. */
  size(): number {
    const start = this.at;
    const first = this.u8();
    if (first < 0xfd) return first;
    const width = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
    let n = 0;
    this.take(width).forEach((byte, i) => n += byte * 2 ** (8 * i));
    if (n < (width === 2 ? 0xfd : width === 4 ? 0x10000 : 2 ** 32)) {
      throw new DecodeError(`Non-canonical compact size at byte ${start}`);
    }
    if (n > MAX_SIZE) throw new DecodeError(`Size too large at byte ${start}`);
    return n;
  }

  bytesWithSize(): Uint8Array {
    return this.take(this.size());
  }

  list<T>(read: () => T): T[] {
    const items: T[] = [];
    // Never sized by the count: a lying one runs out of bytes long before it runs out of memory.
    for (let left = this.size(); left > 0; left--) items.push(read());
    return items;
  }
}

function readInput(reader: Reader): Omit<Input, "witness"> {
  return {
    outpoint: reader.take(36),
    script: reader.bytesWithSize(),
    sequence: reader.u32(),
  };
}

function readOutput(reader: Reader): Output {
  return { value: reader.i64(), script: reader.bytesWithSize() };
}

function readTransaction(reader: Reader): Transaction {
  const start = reader.at;
  const version = reader.u32() | 0;
  let bodyStart = reader.at;
  let inputs = reader.list(() => readInput(reader));
  let outputs: Output[] = [];
  let flags = 0;
  if (inputs.length === 0) {
    // BIP 144: an empty input list is the marker, and what follows the flags; 0 there is an empty output list.
    flags = reader.u8();
    if (flags !== 0) {
      bodyStart = reader.at;
      inputs = reader.list(() => readInput(reader));
      outputs = reader.list(() => readOutput(reader));
    }
  } else {
    outputs = reader.list(() => readOutput(reader));
  }
  const body = reader.bytes.subarray(bodyStart, reader.at);
  const witnesses = (flags & 1) === 1
    ? inputs.map(() => reader.list(() => reader.bytesWithSize()))
    : [];
  const hasWitness = witnesses.some((stack) => stack.length > 0);
  if ((flags & 1) === 1 && !hasWitness) {
    throw new DecodeError(`Superfluous witness record at byte ${start}`);
  }
  if (flags > 1) throw new DecodeError(`Unknown transaction optional data at byte ${start}`);
  const lockTime = reader.u32();
  const raw = reader.bytes.subarray(start, reader.at);
  const strippedSize = 4 + body.length + 4;
  const wtxid = sha256d(raw);
  return {
    raw,
    txid: hasWitness ? sha256d(concat(raw.subarray(0, 4), body, raw.subarray(-4))) : wtxid,
    wtxid,
    version,
    inputs: inputs.map((input, i) => ({ ...input, witness: witnesses[i] ?? [] })),
    outputs,
    lockTime,
    hasWitness,
    strippedSize,
    weight: strippedSize * (WITNESS_SCALE_FACTOR - 1) + raw.length,
  };
}

/**
 * Reads one transaction that fills the bytes exactly.
 *
 * @throws {DecodeError} It is none, or bytes are left over.
 */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  const reader = new Reader(bytes);
  const transaction = readTransaction(reader);
  if (reader.at !== bytes.length) throw new DecodeError("Bytes after the transaction");
  return transaction;
}

/**
 * Reads a block from the front of the bytes; like Bitcoin Core's DecodeHexBlk it ignores what follows.
 *
 * @throws {DecodeError} It is no block.
 */
export function decodeBlock(bytes: Uint8Array): Block {
  const reader = new Reader(bytes);
  const header = reader.take(HEADER_BYTES);
  const transactions = reader.list(() => readTransaction(reader));
  const raw = bytes.subarray(0, reader.at);
  let strippedSize = raw.length;
  for (const tx of transactions) strippedSize -= tx.raw.length - tx.strippedSize;
  return {
    raw,
    header: decodeHeader(header),
    hash: headerHash(header),
    transactions,
    strippedSize,
    weight: strippedSize * (WITNESS_SCALE_FACTOR - 1) + raw.length,
  };
}

/** Its one input spends nothing: the null outpoint. */
export function isCoinbase(tx: Transaction): boolean {
  return tx.inputs.length === 1 && isNullOutpoint(tx.inputs[0]!.outpoint);
}

export function isNullOutpoint(outpoint: Uint8Array): boolean {
  return outpoint.every((byte, i) => byte === (i < 32 ? 0 : 0xff));
}
