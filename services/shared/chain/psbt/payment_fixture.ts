import fc from "@gopool/testing/fc";
import type { Hash } from "../units.ts";
import type { PaymentRequest } from "./request.ts";
import { type SigningKey, signingKey } from "./signing_key.ts";

/** Two keys of ours; their secrets are 32 bytes of 7 and of 9. */
export const OURS: readonly SigningKey[] = [
  signingKey(new Uint8Array(32).fill(7), "p2wpkh"),
  signingKey(new Uint8Array(32).fill(9), "p2tr"),
];

/** Scripts that people are paid to, one of each length and kind. */
const PAYEES = [
  `0014${"11".repeat(20)}`,
  `0020${"22".repeat(32)}`,
  `5120${"33".repeat(32)}`,
  `76a914${"44".repeat(20)}88ac`,
  `a914${"55".repeat(20)}87`,
].map((hex) => Uint8Array.fromHex(hex));

const amount = fc.bigInt({ min: 330n, max: 1_000_000_000n });

const input = fc.record({
  txid: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as Hash),
  vout: fc.nat({ max: 3 }),
  key: fc.constantFrom(0, 1),
  sequence: fc.constantFrom(0xffff_fffd, 0xffff_fffe),
});

/** Payments that spend coins of ours and leave a fee. */
export const payments: fc.Arbitrary<PaymentRequest> = fc.record({
  inputs: fc.uniqueArray(input, {
    minLength: 1,
    maxLength: 4,
    selector: ({ txid, vout }) => `${txid.toHex()}:${vout}`,
  }),
  outputs: fc.array(fc.record({ script: fc.constantFrom(...PAYEES), sats: amount }), {
    minLength: 1,
    maxLength: 6,
  }),
  fee: fc.bigInt({ min: 0n, max: 10_000n }),
  lockTime: fc.nat({ max: 900_000 }),
}).map(({ inputs, outputs, fee, lockTime }) => {
  const paid = outputs.reduce((sum, { sats }) => sum + sats, fee);
  return {
    // The first coin holds what the others do not.
    inputs: inputs.map(({ key, ...coin }, i) => ({
      ...coin,
      script: OURS[key]!.script,
      sats: i === 0 ? paid : 1n,
    })),
    outputs,
    lockTime,
  };
});
