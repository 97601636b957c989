import { assertEquals } from "@std/assert";
import { Transaction as Spending } from "bitcoinjs-lib";
import fc from "@gopool/testing/fc";
import { decodeTransaction } from "../transaction.ts";
import { Digests } from "./digest.ts";
import { packet } from "./packet.ts";
import { payments } from "./payment_fixture.ts";
import { p2pkhScript } from "./script_kind.ts";

/** SIGHASH_DEFAULT, ALL, NONE, SINGLE, and those with ANYONECANPAY. */
const HASH_TYPES = [0x00, 0x01, 0x02, 0x03, 0x81, 0x82, 0x83];

Deno.test("digests are those of bitcoinjs-lib for every hash type, input, amount and lock time", () => {
  fc.assert(
    fc.property(payments, fc.constantFrom(...HASH_TYPES), (request, hashType) => {
      const { inputs } = request;
      const bytes = packet(request).data.getTransaction();
      const library = Spending.fromBuffer(bytes);
      const digests = new Digests(decodeTransaction(bytes), inputs);
      const scripts = inputs.map(({ script }) => script);
      const amounts = inputs.map(({ sats }) => sats);
      const keyHash = new Uint8Array(20).fill(5);
      inputs.forEach(({ script, sats }, i) => {
        // The library counts on a taproot script; SINGLE without such an output is refused before, by BIP 341.
        const isJudged = (hashType & 3) !== 3 || i < request.outputs.length;
        if (isJudged && script.length === 34) {
          assertEquals(
            digests.p2tr(i, hashType),
            library.hashForWitnessV1(i, scripts, amounts, hashType),
          );
        }
        const code = p2pkhScript(keyHash);
        assertEquals(
          digests.p2wpkh(i, keyHash, hashType),
          library.hashForWitnessV0(i, code, sats, hashType),
        );
        assertEquals(digests.p2pkh(i, hashType), library.hashForSignature(i, script, hashType));
      });
    }),
    { numRuns: 60 },
  );
});
