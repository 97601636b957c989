import { compactSize, displayHash } from "../bytes.ts";
import { type Hash, MAX_SUPPLY_SATS } from "../units.ts";

/** A coin to spend. */
export interface PaymentInput {
  readonly txid: Hash;
  readonly vout: number;
  readonly sats: bigint;
  readonly script: Uint8Array;
  readonly sequence: number;
}

export interface PaymentOutput {
  readonly script: Uint8Array;
  readonly sats: bigint;
}

/** A transaction to be signed: exactly these inputs and outputs, in this order. What the outputs leave is the fee. */
export interface PaymentRequest {
  readonly inputs: readonly PaymentInput[];
  readonly outputs: readonly PaymentOutput[];
  readonly lockTime: number;
}

export interface SignedPayment {
  /** As it goes to a node, with witnesses. */
  readonly raw: Uint8Array;
  readonly txid: Hash;
}

/** Transactions have version 2: sequences then mean what BIP 68 says. */
export const PAYMENT_VERSION = 2;

const UINT32_MAX = 0xffff_ffff;

/**
 * Checks what no signer may be shown: coins twice, amounts that are none, more paid than spent.
 *
 * @throws {RangeError} In a sentence.
 */
export function assertPayment(request: PaymentRequest): void {
  const refuse = (why: string): never => {
    throw new RangeError(`Cannot make this payment: ${why}`);
  };
  const { inputs, outputs, lockTime } = request;
  if (inputs.length === 0) refuse("it spends nothing");
  if (outputs.length === 0) refuse("it pays nobody");
  if (!isUint32(lockTime)) refuse(`its lock time is ${lockTime}`);
  const coins = new Set<string>();
  let left = 0n;
  for (const { txid, vout, sats, sequence } of inputs) {
    const coin = `${displayHash(txid)}:${vout}`;
    if (txid.length !== 32 || !isUint32(vout)) refuse(`${coin} names no output`);
    if (!isUint32(sequence)) refuse(`the sequence of ${coin} is ${sequence}`);
    if (!isAmount(sats)) refuse(`${coin} is said to hold ${sats} sats`);
    if (coins.has(coin)) refuse(`it spends ${coin} twice`);
    coins.add(coin);
    left += sats;
  }
  for (const { script, sats } of outputs) {
    if (script.length === 0) refuse("an output has no script");
    if (!isAmount(sats)) refuse(`an output pays ${sats} sats`);
    left -= sats;
  }
  if (left < 0n) refuse(`it pays ${-left} sats more than it spends`);
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= UINT32_MAX;
}

function isAmount(sats: bigint): boolean {
  return sats > 0n && sats <= MAX_SUPPLY_SATS;
}

/** Bytes of a length as it stands before a list or a script. */
export function lengthBytes(n: number): number {
  return compactSize(n).length;
}
