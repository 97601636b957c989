/**
 * Payments as payoutd signs them, judged by Bitcoin Core's own code: it finds valid what payoutd and the simulated node
 * find valid, and what it refuses they refuse too.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { decodeTransaction, type Hash } from "@gopool/chain";
import {
  type PaymentRequest,
  type SigningKey,
  signingKey,
  signPayment,
  takePsbt,
  unsignedPsbt,
  verifyInput,
} from "@gopool/chain/psbt";
import fc from "@gopool/testing/fc";
import { findKernel, startKernel } from "../real/kernel.ts";

const python = await findKernel();

const KEYS: readonly SigningKey[] = [
  signingKey(new Uint8Array(32).fill(3), "p2wpkh"),
  signingKey(new Uint8Array(32).fill(4), "p2tr"),
];

const payments: fc.Arbitrary<PaymentRequest> = fc.record({
  coins: fc.array(fc.record({ key: fc.constantFrom(...KEYS), sats: fc.bigInt(1n, 10n ** 15n) }), {
    minLength: 1,
    maxLength: 5,
  }),
  payees: fc.array(fc.uint8Array({ minLength: 20, maxLength: 20 }), { minLength: 1, maxLength: 5 }),
  lockTime: fc.nat(),
}).map(({ coins, payees, lockTime }) => ({
  inputs: coins.map(({ key, sats }, i) => ({
    txid: new Uint8Array(32).fill(i + 1) as Hash,
    vout: i,
    sats: sats + BigInt(payees.length),
    script: key.script,
    sequence: 0xffff_fffd,
  })),
  outputs: payees.map((hash) => ({ script: Uint8Array.from([0, 20, ...hash]), sats: 1n })),
  lockTime,
}));

Deno.test({
  name: "Bitcoin Core's kernel finds every signature of a payment valid",
  ignore: python === null,
  async fn() {
    await using kernel = await startKernel(python!);
    await fc.assert(
      fc.asyncProperty(payments, async (request) => {
        const { raw } = signPayment(request, KEYS);
        const answers = await kernel.spends(raw, request.inputs);
        assertEquals(answers, request.inputs.map(() => true));
        const taken = takePsbt(request, unsignedPsbt(request));
        assertEquals(taken, { kind: "partly", missing: request.inputs.length });
      }),
      { numRuns: 40 },
    );
  },
});

Deno.test({
  name: "what Bitcoin Core's kernel refuses of a payment, payoutd and the simulated node refuse",
  ignore: python === null,
  async fn() {
    await using kernel = await startKernel(python!);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(payments, fc.nat(), async (request, at) => {
        const { raw } = signPayment(request, KEYS);
        const bit = at % (raw.length * 8);
        raw[bit >> 3]! ^= 1 << (bit & 7);
        let transaction;
        try {
          transaction = decodeTransaction(raw);
        } catch {
          return;
        }
        if (transaction.inputs.length !== request.inputs.length) return;
        const theirs = await kernel.spends(raw, request.inputs);
        const ours = request.inputs.map((_, i) =>
          verifyInput(transaction, i, request.inputs).kind === "valid"
        );
        // A mempool's rules are stricter than a block's: an odd hash type, a high S.
        ours.forEach((valid, i) => assert(!valid || theirs[i], `input ${i}, bit ${bit}`));
        refused += theirs.filter((valid) => !valid).length;
      }),
      { numRuns: 150 },
    );
    assert(refused > 50, `only ${refused} inputs were refused`);
  },
});
