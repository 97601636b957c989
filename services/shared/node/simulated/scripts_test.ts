import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { concat, type Hash, sha256 } from "@gopool/chain";
import { signingKey, signPayment } from "@gopool/chain/psbt";
import { decodeTransaction } from "./decode.ts";
import { encodeTransaction } from "./draft.ts";
import { OWN_BARE, OWN_P2SH, OWN_P2WSH } from "./own_scripts.ts";
import { blockReason, mempoolReason, ScriptChecker } from "./scripts.ts";

const FALSE = "Script evaluated without error but finished with a false/empty top stack element";
const TXID = new Uint8Array(32).fill(9) as Hash;
const KEYS = [
  signingKey(new Uint8Array(32).fill(1), "p2wpkh"),
  signingKey(new Uint8Array(32).fill(2), "p2tr"),
];

/** A payment that both keys sign. */
const signed = (() => {
  const inputs = KEYS.map(({ script }, vout) => ({
    txid: TXID,
    vout,
    sats: 50_000n,
    script,
    sequence: 0xfffffffd,
  }));
  const outputs = [{ script: KEYS[0]!.script, sats: 90_000n }];
  return signPayment({ inputs, outputs, lockTime: 0 }, KEYS).raw;
})();
const SPENT = KEYS.map(({ script }) => coin(script));

function coin(script: Uint8Array, value = 50_000n) {
  return { height: 1, coinbase: false, value, script };
}

/** What is said of the payment with one byte changed, found from its end on. */
function faultAt(fromEnd: number) {
  const raw = signed.slice();
  raw[raw.length - fromEnd]! ^= 1;
  return new ScriptChecker().check(decodeTransaction(raw), SPENT);
}

Deno.test("what its key signed is good: P2WPKH and P2TR", () => {
  assertEquals(new ScriptChecker().check(decodeTransaction(signed), SPENT), null);
});

Deno.test("a changed signature, key, amount or output is not", () => {
  // From the end: lock time 4, schnorr signature 64, its length 1, its count 1, then the key.
  assertEquals(faultAt(4 + 10), { input: 1, reason: "Invalid Schnorr signature" });
  assertEquals(faultAt(4 + 64 + 2 + 5), {
    input: 0,
    reason: "Script failed an OP_EQUALVERIFY operation",
  });
  const unfit = faultAt(4 + 64 + 2 + 33 + 1 + 20);
  assertEquals(unfit!.input, 0);
  assertEquals(blockReason(unfit!), `block-script-verify-flag-failed (${FALSE})`);
  assertStringIncludes(mempoolReason(unfit!), "mempool-script-verify-flag-failed (Signature must");
  const richer = [SPENT[0]!, coin(SPENT[1]!.script, 50_001n)];
  assertEquals(new ScriptChecker().check(decodeTransaction(signed), richer)!.input, 1);
  const raw = signed.slice();
  const at = raw.indexOf(0x90); // 90,000 sats are 0x015f90
  raw[at]! ^= 1;
  assertEquals(new ScriptChecker().check(decodeTransaction(raw), SPENT)!.input, 0);
});

/** What is said of a spend of one of the node's own scripts. */
function own(script: Uint8Array, scriptSig: Uint8Array, witness: Uint8Array[]) {
  const tx = {
    version: 2,
    inputs: [{ outpoint: new Uint8Array(36), script: scriptSig, sequence: 0, witness }],
    outputs: [{ value: 1_000n, script: OWN_BARE }],
    lockTime: 0,
  };
  const checker = new ScriptChecker();
  return checker.check(decodeTransaction(encodeTransaction(tx)), [coin(script)])?.reason ?? null;
}

const NOTHING = new Uint8Array();
const TRUE = Uint8Array.of(0x51);

Deno.test("the node's own scripts want what opens them and nothing else", () => {
  assertEquals(own(OWN_BARE, NOTHING, []), null);
  assertEquals(own(OWN_BARE, NOTHING, [TRUE]), "Witness provided for non-witness script");
  assertEquals(own(OWN_BARE, TRUE, []), "Stack size must be exactly one after execution");
  assertEquals(own(OWN_P2SH, Uint8Array.of(1, 0x51), []), null);
  assertEquals(own(OWN_P2SH, Uint8Array.of(1, 0x52), []), FALSE);
  assertEquals(own(OWN_P2SH, NOTHING, []), "Operation not valid with the current stack size");
  assertEquals(own(OWN_P2WSH, NOTHING, [TRUE]), null);
  assertEquals(
    own(OWN_P2WSH, NOTHING, [TRUE, TRUE]),
    "Stack size must be exactly one after execution",
  );
  assertEquals(own(OWN_P2WSH, NOTHING, [NOTHING]), "Witness program hash mismatch");
  assertEquals(own(OWN_P2WSH, NOTHING, []), "Witness program was passed an empty witness");
  assertEquals(own(OWN_P2WSH, TRUE, [TRUE]), "Witness requires empty scriptSig");
});

Deno.test("a script that the node cannot judge is refused in so many words", () => {
  const multisig = concat(Uint8Array.of(0x51, 0x21), new Uint8Array(33), Uint8Array.of(0x51, 0xae));
  for (
    const script of [
      multisig,
      concat(Uint8Array.of(0x00, 32), sha256(multisig)),
      concat(Uint8Array.of(0xa9, 20), new Uint8Array(20), Uint8Array.of(0x87)),
      Uint8Array.of(0x52, 2, 1, 1),
      Uint8Array.of(0x52),
    ]
  ) {
    const reason = own(script, NOTHING, []);
    assert(reason?.startsWith("the simulated node cannot check such a script"), String(reason));
  }
});

Deno.test("a transaction that was good is not looked at again, one that was not always is", () => {
  const checker = new ScriptChecker();
  const good = decodeTransaction(signed);
  assertEquals(checker.check(good, SPENT), null);
  // Nothing real gives other coins for the same outpoints: it shows that nobody looked.
  assertEquals(checker.check(decodeTransaction(signed), [coin(TRUE), coin(TRUE)]), null);
  const bad = signed.slice();
  bad[bad.length - 14]! ^= 1;
  for (let i = 0; i < 2; i++) {
    assertEquals(checker.check(decodeTransaction(bad), SPENT)?.input, 1);
  }
});
