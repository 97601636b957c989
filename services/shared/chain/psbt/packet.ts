/**
 * Payments as PSBTs (BIP 174): made for a signer, and taken back from one. bitcoinjs-lib does the format.
 *
 * @module
 */
import { Psbt, Transaction as Spending } from "bitcoinjs-lib";
import { compactSize, concat, equalBytes } from "../bytes.ts";
import { decodeTransaction } from "../transaction.ts";
import { differenceOf } from "./check_signed.ts";
import "./ecc.ts";
import { assertPayment, PAYMENT_VERSION, type PaymentRequest } from "./request.ts";

/**
 * The request as a PSBT without signatures. Each input carries the amount and script that it spends, so that a signer
 * without a node sees what it pays; for P2PKH coins a PSBT needs the whole transaction that made them, and this has none.
 *
 * @throws {RangeError} No payment (`assertPayment()`).
 */
export function unsignedPsbt(request: PaymentRequest): Uint8Array {
  return packet(request).toBuffer();
}

/**
 * The request as bitcoinjs-lib's transaction, without signatures.
 *
 * @throws {RangeError} No payment (`assertPayment()`).
 */
export function unsignedTransaction(request: PaymentRequest): Spending {
  assertPayment(request);
  const unsigned = new Spending();
  unsigned.version = PAYMENT_VERSION;
  unsigned.locktime = request.lockTime;
  for (const { txid, vout, sequence } of request.inputs) {
    unsigned.addInput(txid.slice(), vout, sequence);
  }
  for (const { script, sats } of request.outputs) unsigned.addOutput(script, sats);
  return unsigned;
}

/**
 * The same as bitcoinjs-lib's object. Read from an empty PSBT round the finished transaction: the library's own way,
 * input by input, takes seconds where there are some hundreds.
 */
export function packet(request: PaymentRequest): Psbt {
  const transaction = unsignedTransaction(request).toBuffer();
  // Key of one byte: the unsigned transaction; behind it an empty map for each input and output.
  const maps = new Uint8Array(1 + request.inputs.length + request.outputs.length);
  const psbt = Psbt.fromBuffer(
    concat(MAGIC, Uint8Array.of(1, 0), compactSize(transaction.length), transaction, maps),
  );
  request.inputs.forEach(({ script, sats }, index) => {
    psbt.updateInput(index, { witnessUtxo: { script, value: sats } });
  });
  return psbt;
}

export type TakenPsbt =
  /** Every input is signed: the transaction, not yet verified (`checkSigned()`). */
  | { readonly kind: "signed"; readonly raw: Uint8Array }
  /** It is this payment, and so many of its inputs have no signature yet. */
  | { readonly kind: "partly"; readonly missing: number }
  /** Why it is of no use, as the rest of a sentence: "it …". */
  | { readonly kind: "bad"; readonly why: string };

/** Bytes of the largest PSBT that is read: a standard transaction's inputs, each with a kilobyte of extras. */
export const PSBT_MAX_BYTES = 4 << 20;

/** "psbt" and a byte that no text has. */
const MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff);

function isPsbt(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, MAGIC.length), MAGIC);
}

/**
 * Takes a PSBT back from a signer: as bytes or as base64 text, with or without a line end. A raw transaction, as bytes
 * or as hex, is taken too. Which coins, amounts and payees it has is held against the request; what else is in it
 * (derivations, unknown fields) is ignored.
 */
export function takePsbt(request: PaymentRequest, given: Uint8Array): TakenPsbt {
  if (given.length > PSBT_MAX_BYTES) {
    return bad(`it has ${given.length} bytes, more than ${PSBT_MAX_BYTES}`);
  }
  const bytes = binaryOf(given);
  if (bytes === null) return bad("it is neither a PSBT nor a transaction");
  if (!isPsbt(bytes)) return takeRaw(request, bytes);
  let psbt: Psbt;
  try {
    psbt = Psbt.fromBuffer(bytes);
  } catch (error) {
    return bad(`it is no PSBT that can be read: ${wordsOf(error)}`);
  }
  try {
    const unsigned = decodeTransaction(psbt.data.getTransaction());
    const difference = differenceOf(request, unsigned);
    if (difference !== null) return bad(difference);
    let missing = 0;
    psbt.data.inputs.forEach((input, index) => {
      if (input.finalScriptSig || input.finalScriptWitness) return;
      const { tapKeySig, partialSig } = input;
      if (tapKeySig === undefined && (partialSig ?? []).length === 0) missing++;
      else finalize(psbt, request, index);
    });
    if (missing > 0) return { kind: "partly", missing };
    return { kind: "signed", raw: psbt.extractTransaction(true).toBuffer() };
  } catch (error) {
    return bad(`its signatures cannot be put together: ${wordsOf(error)}`);
  }
}

/** What is spent is what was asked, whatever the signer wrote about it. */
function finalize(psbt: Psbt, request: PaymentRequest, index: number): void {
  const { script, sats } = request.inputs[index]!;
  delete psbt.data.inputs[index]!.nonWitnessUtxo;
  psbt.data.inputs[index]!.witnessUtxo = { script, value: sats };
  psbt.finalizeInput(index);
}

function takeRaw(request: PaymentRequest, bytes: Uint8Array): TakenPsbt {
  try {
    const transaction = decodeTransaction(bytes);
    const difference = differenceOf(request, transaction);
    if (difference !== null) return bad(difference);
    const missing = transaction.inputs.filter(({ witness, scriptSig }) =>
      witness.length === 0 && scriptSig.length === 0
    ).length;
    return missing > 0 ? { kind: "partly", missing } : { kind: "signed", raw: bytes };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return bad("it is neither a PSBT nor a transaction");
  }
}

/** Bytes as they are, or what text of base64 or hex says. */
function binaryOf(given: Uint8Array): Uint8Array | null {
  if (isPsbt(given)) return given;
  // Text is below 0x80; a transaction begins with its version, which has zeros.
  if (given.some((byte) => byte < 0x09 || byte > 0x7e)) return given.length > 0 ? given : null;
  const text = new TextDecoder().decode(given).trim();
  try {
    return /^([0-9a-fA-F]{2})+$/.test(text)
      ? Uint8Array.fromHex(text)
      : Uint8Array.fromBase64(text);
  } catch {
    return null;
  }
}

/** A library's words, cut: they may quote what was given. */
function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}

function bad(why: string): TakenPsbt {
  return { kind: "bad", why };
}
