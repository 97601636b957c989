/**
 * What a signature of an input signs. bitcoinjs-lib knows every hash type and hashes the whole transaction for each
 * input; for the types that payments have, which sign all of it, what the inputs have in common is hashed once here.
 * With 700 inputs that is the difference between a second and a quarter of a minute.
 *
 * @module
 */
import { crypto, Transaction as Spending } from "bitcoinjs-lib";
import { compactSize, concat, concatAll, u32le, u64le } from "../bytes.ts";
import { sha256, sha256d } from "../sha256.ts";
import type { Transaction } from "../transaction.ts";
import { p2pkhScript } from "./script_kind.ts";

/** An output that an input spends. */
export interface SpentOutput {
  readonly sats: bigint;
  readonly script: Uint8Array;
}

/** Digests of one transaction's inputs. */
export class Digests {
  readonly #transaction: Transaction;
  readonly #spent: readonly SpentOutput[];
  #common: Common | null = null;
  #read: Spending | null = null;

  /** @param spent One for every input, in their order. */
  constructor(transaction: Transaction, spent: readonly SpentOutput[]) {
    this.#transaction = transaction;
    this.#spent = spent;
  }

  /** The hash that a P2PKH input's signature signs. */
  p2pkh(index: number, hashType: number): Uint8Array {
    return this.#library.hashForSignature(index, this.#spent[index]!.script, hashType);
  }

  /** BIP 143, for P2WPKH. `keyHash` is what the spent script names. */
  p2wpkh(index: number, keyHash: Uint8Array, hashType: number): Uint8Array {
    const code = p2pkhScript(keyHash);
    const { sats } = this.#spent[index]!;
    if (hashType !== Spending.SIGHASH_ALL) {
      return this.#library.hashForWitnessV0(index, code, sats, hashType);
    }
    const { version, lockTime } = this.#transaction;
    const { outpoints, sequences, outputs } = this.#shared;
    return sha256d(concat(
      u32le(version),
      sha256(outpoints.hash),
      sha256(sequences.hash),
      outpoints.parts[index]!,
      compactSize(code.length),
      code,
      u64le(sats),
      sequences.parts[index]!,
      sha256(outputs.hash),
      u32le(lockTime),
      u32le(hashType),
    ));
  }

  /** BIP 341, by the key, without an annex. */
  p2tr(index: number, hashType: number): Uint8Array {
    if (hashType !== Spending.SIGHASH_DEFAULT && hashType !== Spending.SIGHASH_ALL) {
      const scripts = this.#spent.map(({ script }) => script);
      const amounts = this.#spent.map(({ sats }) => sats);
      return this.#library.hashForWitnessV1(index, scripts, amounts, hashType);
    }
    const { version, lockTime } = this.#transaction;
    const { outpoints, amounts, scripts, sequences, outputs } = this.#shared;
    const message = concat(
      // The epoch, and behind the outputs the spend type.
      Uint8Array.of(0, hashType),
      u32le(version),
      u32le(lockTime),
      outpoints.hash,
      amounts.hash,
      scripts.hash,
      sequences.hash,
      outputs.hash,
      Uint8Array.of(0),
      u32le(index),
    );
    return crypto.taggedHash("TapSighash", message);
  }

  get #shared(): Common {
    this.#common ??= commonOf(this.#transaction, this.#spent);
    return this.#common;
  }

  get #library(): Spending {
    this.#read ??= Spending.fromBuffer(this.#transaction.bytes);
    return this.#read;
  }
}

/** One field of all inputs or outputs: each by itself, and the SHA-256 of all. BIP 143 hashes that once more. */
interface Field {
  readonly parts: readonly Uint8Array[];
  readonly hash: Uint8Array;
}

interface Common {
  readonly outpoints: Field;
  readonly sequences: Field;
  readonly amounts: Field;
  readonly scripts: Field;
  readonly outputs: Field;
}

function commonOf({ inputs, outputs }: Transaction, spent: readonly SpentOutput[]): Common {
  const sized = (script: Uint8Array) => concat(compactSize(script.length), script);
  return {
    outpoints: fieldOf(inputs, (input) => concat(input.previousTxid, u32le(input.previousIndex))),
    sequences: fieldOf(inputs, ({ sequence }) => u32le(sequence)),
    amounts: fieldOf(spent, ({ sats }) => u64le(sats)),
    scripts: fieldOf(spent, ({ script }) => sized(script)),
    outputs: fieldOf(outputs, ({ sats, script }) => concat(u64le(sats), sized(script))),
  };
}

function fieldOf<T>(items: readonly T[], bytesOf: (item: T) => Uint8Array): Field {
  const parts = items.map(bytesOf);
  return { parts, hash: sha256(concatAll(parts)) };
}
