import { displayHash, equalBytes } from "../bytes.ts";
import { decodeTransaction, type Transaction } from "../transaction.ts";
import { Digests } from "./digest.ts";
import { PAYMENT_VERSION, type PaymentRequest } from "./request.ts";
import { verifyInput } from "./verify_input.ts";

/** Whether a signed transaction is what was asked for; if not, why, as the rest of a sentence: "it …". */
export type SignedCheck =
  | { readonly kind: "good"; readonly transaction: Transaction }
  | { readonly kind: "bad"; readonly why: string };

/**
 * Holds a signed transaction against what was to be signed: version, lock time, inputs and outputs in their order, and
 * every signature, which for taproot and witness inputs covers the amounts. A signer is never trusted without this.
 */
export function checkSigned(request: PaymentRequest, raw: Uint8Array): SignedCheck {
  let transaction: Transaction;
  try {
    transaction = decodeTransaction(raw);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return bad(`it cannot be read: ${error.message}`);
  }
  const difference = differenceOf(request, transaction);
  if (difference !== null) return bad(difference);
  const digests = new Digests(transaction, request.inputs);
  for (let index = 0; index < request.inputs.length; index++) {
    const verdict = verifyInput(transaction, index, request.inputs, digests);
    if (verdict.kind !== "valid") {
      return bad(`its input ${index} is not signed as it must be: ${verdict.reason}`);
    }
  }
  return { kind: "good", transaction };
}

/** What a transaction, signed or not, has other than asked for; null where nothing. */
export function differenceOf(request: PaymentRequest, transaction: Transaction): string | null {
  const { inputs, outputs, lockTime } = request;
  if (transaction.version !== PAYMENT_VERSION) {
    return `its version is ${transaction.version}, asked for was ${PAYMENT_VERSION}`;
  }
  if (transaction.lockTime !== lockTime) {
    return `its lock time is ${transaction.lockTime}, asked for was ${lockTime}`;
  }
  if (transaction.inputs.length !== inputs.length) {
    return `it has ${transaction.inputs.length} inputs, asked for were ${inputs.length}`;
  }
  for (const [i, { txid, vout, sequence }] of inputs.entries()) {
    const found = transaction.inputs[i]!;
    if (!equalBytes(found.previousTxid, txid) || found.previousIndex !== vout) {
      return `its input ${i} spends ${displayHash(found.previousTxid)}:${found.previousIndex}, ` +
        `asked for was ${displayHash(txid)}:${vout}`;
    }
    if (found.sequence !== sequence) {
      return `the sequence of its input ${i} is ${found.sequence}, asked for was ${sequence}`;
    }
  }
  if (transaction.outputs.length !== outputs.length) {
    return `it has ${transaction.outputs.length} outputs, asked for were ${outputs.length}`;
  }
  for (const [i, { script, sats }] of outputs.entries()) {
    const found = transaction.outputs[i]!;
    if (found.sats !== sats) {
      return `its output ${i} pays ${found.sats} sats, asked for were ${sats}`;
    }
    if (!equalBytes(found.script, script)) {
      return `its output ${i} pays to script ${found.script.toHex()}, asked for was ` +
        script.toHex();
    }
  }
  return null;
}

function bad(why: string): SignedCheck {
  return { kind: "bad", why };
}
