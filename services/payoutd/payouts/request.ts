/**
 * The transaction of an attempt as a signer is shown it.
 *
 * @module
 */
import { concatAll, type Hash, sha256, toHex, u32le, u64le } from "@gopool/chain";
import { assertPayment } from "@gopool/chain/psbt";
import { type Attempt, inputsOf, outputsOf, type Payout } from "@gopool/ledger/payouts";
import type { UnsignedPayout } from "../signing/port.ts";
import { SEQUENCE } from "./limits.ts";

/** Digits of the fingerprint in an id: two ledgers that share a signer's folder never mean each other's payments. */
const FINGERPRINT_DIGITS = 12;

/** The same attempt always gives the same request, id included. */
export function requestOf(payout: Payout, attempt: Attempt): UnsignedPayout {
  const inputs = inputsOf(attempt).map(({ txid, vout, sats, script }) => ({
    txid: txid as Hash,
    vout,
    sats,
    script,
    sequence: SEQUENCE,
  }));
  const outputs = outputsOf(payout, attempt).map(({ sats, script }) => ({ sats, script }));
  const request = { inputs, outputs, lockTime: 0 };
  assertPayment(request);
  const parts = [
    ...inputs.flatMap(({ txid, vout }) => [txid, u32le(vout)]),
    ...outputs.flatMap(({ sats, script }) => [u64le(sats), script]),
  ];
  const fingerprint = toHex(sha256(concatAll(parts))).slice(0, FINGERPRINT_DIGITS);
  return { id: `payout-${payout.id}-${attempt.attempt}-${fingerprint}`, ...request };
}
