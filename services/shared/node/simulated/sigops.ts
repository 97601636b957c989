/**
 * Signature operations as Bitcoin Core counts them (consensus/tx_verify.cpp GetTransactionSigOpCost):
 * legacy and P2SH operations cost 4, those of witness programs version 0 cost 1.
 *
 * @module
 */
import type { Coin } from "./coins.ts";
import { isCoinbase, type Transaction } from "./decode.ts";
import { WITNESS_SCALE_FACTOR } from "./rules.ts";

const OP_PUSHDATA1 = 0x4c;
const OP_1 = 0x51;
const OP_16 = 0x60;
const OP_CHECKSIG = 0xac;
const OP_CHECKSIGVERIFY = 0xad;
const OP_CHECKMULTISIG = 0xae;
const OP_CHECKMULTISIGVERIFY = 0xaf;
/** What CHECKMULTISIG counts where the number of keys is not looked at. */
const MAX_PUBKEYS_PER_MULTISIG = 20;

/**
 * Operations in one script; it ends quietly where a push runs past the end.
 *
 * @param accurate Whether CHECKMULTISIG counts the number of keys pushed before it.
 */
export function countSigops(script: Uint8Array, accurate: boolean): number {
  let count = 0, last = -1;
  for (let at = 0; at < script.length;) {
    const op = script[at++]!;
    if (op <= 0x4e) {
      let length = op;
      if (op >= OP_PUSHDATA1) {
        const width = 1 << (op - OP_PUSHDATA1);
        if (at + width > script.length) break;
        length = 0;
        for (let i = 0; i < width; i++) length += script[at + i]! * 2 ** (8 * i);
        at += width;
      }
      at += length;
      if (at > script.length) break;
    } else if (op === OP_CHECKSIG || op === OP_CHECKSIGVERIFY) {
      count++;
    } else if (op === OP_CHECKMULTISIG || op === OP_CHECKMULTISIGVERIFY) {
      count += accurate && last >= OP_1 && last <= OP_16
        ? last - OP_1 + 1
        : MAX_PUBKEYS_PER_MULTISIG;
    }
    last = op;
  }
  return count;
}

/** Operations in a transaction's own scripts, unscaled: all that is known without the coins it spends. */
export function legacySigops(tx: Transaction): number {
  let count = 0;
  for (const input of tx.inputs) count += countSigops(input.script, false);
  for (const output of tx.outputs) count += countSigops(output.script, false);
  return count;
}

/** The whole cost; `spent` holds the coin of each input, in order. */
export function sigopCost(tx: Transaction, spent: readonly Coin[]): number {
  let cost = legacySigops(tx) * WITNESS_SCALE_FACTOR;
  if (isCoinbase(tx)) return cost;
  tx.inputs.forEach((input, i) => {
    let program = spent[i]!.script;
    if (isP2sh(program)) {
      const redeem = lastPush(input.script) ?? new Uint8Array();
      cost += countSigops(redeem, true) * WITNESS_SCALE_FACTOR;
      program = redeem;
    }
    if (program[0] !== 0) return;
    if (program.length === 22 && program[1] === 20) cost += 1;
    if (program.length === 34 && program[1] === 32) {
      cost += countSigops(input.witness.at(-1) ?? new Uint8Array(), true);
    }
  });
  return cost;
}

function isP2sh(script: Uint8Array): boolean {
  return script.length === 23 && script[0] === 0xa9 && script[1] === 20 && script[22] === 0x87;
}

/** What the last push of a push-only script leaves; null where the script is more than pushes. */
function lastPush(script: Uint8Array): Uint8Array | null {
  let last: Uint8Array | null = null;
  for (let at = 0; at < script.length;) {
    const op = script[at++]!;
    if (op > OP_16) return null;
    let length = op;
    if (op >= OP_PUSHDATA1 && op <= 0x4e) {
      const width = 1 << (op - OP_PUSHDATA1);
      length = 0;
      for (let i = 0; i < width; i++) length += (script[at + i] ?? 0) * 2 ** (8 * i);
      at += width;
    } else if (op > 0x4e) {
      length = 0;
    }
    if (at + length > script.length) return null;
    last = script.subarray(at, at + length);
    at += length;
  }
  return last;
}
