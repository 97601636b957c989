import { concat, HASH_BYTES } from "./bytes.ts";
import { ByteReader } from "./reader.ts";
import { sha256d } from "./sha256.ts";
import type { Hash, Sats } from "./units.ts";
import type { Output } from "./variant.ts";

export interface Input {
  /** Txid of the transaction whose output is spent, internal order; all zero in a coinbase. */
  readonly previousTxid: Hash;
  /** Which output of it; 0xffffffff in a coinbase. */
  readonly previousIndex: number;
  readonly scriptSig: Uint8Array;
  readonly sequence: number;
  /** Witness items; empty where the input has none. */
  readonly witness: readonly Uint8Array[];
}

/** A transaction as read; byte fields are views into what was read. */
export interface Transaction {
  /** Unsigned here. */
  readonly version: number;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  readonly lockTime: number;
  /** As it was given, with witness. */
  readonly bytes: Uint8Array;
  /** As it was given, without witness: what the txid is the hash of. */
  readonly strippedBytes: Uint8Array;
  readonly txid: Hash;
  /** The txid itself where there is no witness. */
  readonly wtxid: Hash;
  readonly hasWitness: boolean;
}

/**
 * Reads one transaction to the last byte.
 *
 * @throws {DecodeError} What Bitcoin Core would not deserialise.
 */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  const reader = new ByteReader(bytes, "a transaction");
  const transaction = readTransaction(reader);
  reader.end();
  return transaction;
}

/** Outpoint, length of an empty script, sequence. */
const INPUT_MIN_BYTES = 41;
/** Amount, length of an empty script. */
const OUTPUT_MIN_BYTES = 9;
/** BIP 144: no inputs where their number should stand says "extended", and 1 says "with witness". */
const MARKER = 0x00;
const WITNESS_FLAG = 0x01;

/** Reads the transaction that begins where `reader` stands (primitives/transaction.h, UnserializeTransaction). */
export function readTransaction(reader: ByteReader): Transaction {
  const from = reader.at;
  const version = reader.u32("version");
  const hasWitness = reader.peek(0) === MARKER && reader.peek(1) !== 0;
  if (hasWitness && reader.take(2, "marker")[1] !== WITNESS_FLAG) {
    reader.fail("its flag is none that is known");
  }
  const bodyFrom = reader.at;
  const inputs = readInputs(reader);
  const outputs = readOutputs(reader);
  const bodyTo = reader.at;
  const witnesses = hasWitness ? inputs.map(() => readWitness(reader)) : [];
  if (hasWitness && witnesses.every((items) => items.length === 0)) {
    reader.fail("it has the form with witness but no witness");
  }
  const lockTime = reader.u32("lock time");
  const bytes = reader.bytes.subarray(from, reader.at);
  const strippedBytes = hasWitness
    ? concat(
      bytes.subarray(0, 4),
      reader.bytes.subarray(bodyFrom, bodyTo),
      bytes.subarray(bytes.length - 4),
    )
    : bytes;
  const txid = sha256d(strippedBytes);
  return {
    version,
    inputs: inputs.map((input, i) => ({ ...input, witness: witnesses[i] ?? [] })),
    outputs,
    lockTime,
    bytes,
    strippedBytes,
    txid,
    wtxid: hasWitness ? sha256d(bytes) : txid,
    hasWitness,
  };
}

function readInputs(reader: ByteReader): Omit<Input, "witness">[] {
  const inputs: Omit<Input, "witness">[] = [];
  const count = reader.count("inputs", INPUT_MIN_BYTES);
  for (let i = 0; i < count; i++) {
    inputs.push({
      previousTxid: reader.take(HASH_BYTES, "outpoint") as Hash,
      previousIndex: reader.u32("outpoint"),
      scriptSig: reader.sized("scriptSig"),
      sequence: reader.u32("sequence"),
    });
  }
  return inputs;
}

function readOutputs(reader: ByteReader): Output[] {
  const outputs: Output[] = [];
  const count = reader.count("outputs", OUTPUT_MIN_BYTES);
  for (let i = 0; i < count; i++) {
    outputs.push({ sats: reader.u64("amount") as Sats, script: reader.sized("script") });
  }
  return outputs;
}

function readWitness(reader: ByteReader): Uint8Array[] {
  const items: Uint8Array[] = [];
  const count = reader.count("witness items", 1);
  for (let i = 0; i < count; i++) items.push(reader.sized("witness item"));
  return items;
}

/** Whether it has the one null outpoint of a coinbase. */
export function isCoinbase(transaction: Transaction): boolean {
  const [input] = transaction.inputs;
  return transaction.inputs.length === 1 && input!.previousIndex === 0xffff_ffff &&
    input!.previousTxid.every((byte) => byte === 0);
}

/** Weight units: three times without witness, once with (BIP 141). */
export function weightOf(transaction: Transaction): number {
  return transaction.strippedBytes.length * 3 + transaction.bytes.length;
}
