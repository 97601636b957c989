import { assert, assertEquals, assertThrows } from "@std/assert";
import { displayHash, toHex } from "@gopool/chain";
import { btcdDialect, coreDialect } from "./dialect.ts";
import { NodeMalformed } from "./port.ts";
import { decodeTemplate } from "./template.ts";

const PREVIOUS = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
const COMMITMENT = "e2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9";

function transaction(n: number, changes: Record<string, unknown> = {}) {
  return {
    data: "02".repeat(100),
    txid: `${n}`.padStart(64, "0"),
    hash: `${n}`.padStart(64, "a"),
    depends: [],
    fee: 1_000,
    sigops: 4,
    weight: 400,
    ...changes,
  };
}

/** As Bitcoin Core answers on regtest at height 1, with two transactions put in. */
function answer(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    capabilities: ["proposal"],
    version: 536870912,
    rules: ["csv", "!segwit", "taproot"],
    vbavailable: {},
    vbrequired: 0,
    previousblockhash: PREVIOUS,
    transactions: [transaction(1), transaction(2, { depends: [1] })],
    coinbaseaux: {},
    coinbasevalue: 5_000_002_000,
    longpollid: `${PREVIOUS}1`,
    target: "7fffff0000000000000000000000000000000000000000000000000000000000",
    mintime: 1296688603,
    mutable: ["time", "transactions", "prevblock"],
    noncerange: "00000000ffffffff",
    sigoplimit: 80000,
    sizelimit: 4000000,
    weightlimit: 4000000,
    curtime: 1795397035,
    bits: "207fffff",
    height: 1,
    default_witness_commitment: `6a24aa21a9ed${COMMITMENT}`,
    ...changes,
  };
}

Deno.test("decodeTemplate() reads a template of Bitcoin Core", () => {
  const template = decodeTemplate(answer(), coreDialect);
  assertEquals(template.height, 1);
  assertEquals(displayHash(template.previousHash), PREVIOUS);
  assertEquals(template.version, 0x20000000);
  assertEquals(template.nbits, 0x207fffff);
  assertEquals([template.curtime, template.mintime], [1795397035, 1296688603] as never);
  assertEquals(template.coinbaseValue, 5_000_002_000n as never);
  assertEquals(template.rules, ["csv", "!segwit", "taproot"]);
  assertEquals(template.longPollId, `${PREVIOUS}1`);
  assertEquals(template.weightLimit, 4_000_000);
  assertEquals(toHex(template.witnessCommitment!), COMMITMENT);
  const [first, second] = template.transactions;
  assert(first && second);
  assertEquals(first.data.length, 100);
  assertEquals(displayHash(second.txid), `${2}`.padStart(64, "0"));
  assertEquals(displayHash(second.wtxid), `${2}`.padStart(64, "a"));
  assertEquals([first.fee, first.weight, first.sigops], [1_000n, 400, 4] as never);
});

Deno.test("decodeTemplate() goes without sigops where the node does not tell them", () => {
  const [first] = decodeTemplate(
    answer({ transactions: [transaction(1, { sigops: undefined })] }),
    coreDialect,
  ).transactions;
  assertEquals(first!.sigops, undefined);
});

Deno.test("decodeTemplate() reads a template of btcd: bare commitment, no rules", () => {
  const raw = answer({ default_witness_commitment: COMMITMENT, rules: undefined });
  const template = decodeTemplate(raw, btcdDialect);
  assertEquals(toHex(template.witnessCommitment!), COMMITMENT);
  assertEquals(template.rules, []);
  const without = decodeTemplate(answer({ default_witness_commitment: undefined }), btcdDialect);
  assertEquals(without.witnessCommitment, null);
});

Deno.test("decodeTemplate() gives a negative version as the four bytes of the header", () => {
  assertEquals(decodeTemplate(answer({ version: -1 }), coreDialect).version, 0xffff_ffff);
});

// One thing wrong at a time: the sentence must name that thing.
const wrong: [string, Record<string, unknown>, string][] = [
  ["no previous block", { previousblockhash: undefined }, "previousblockhash of the template"],
  ["a short previous block", { previousblockhash: "00" }, "must be a hash of 64 hex digits"],
  ["bits of 7 digits", { bits: "207ffff" }, "bits of the template must be 8 hex digits"],
  ["negative bits", { bits: "20ffffff" }, "stand for no target"],
  ["a target that is not its bits'", { target: "00".repeat(32) }, "is not what its bits stand for"],
  ["a height of 0", { height: 0 }, "height of the template"],
  ["a height that is a text", { height: "1" }, "height of the template"],
  ["a fractional coinbase value", { coinbasevalue: 0.5 }, "coinbasevalue of the template"],
  ["more coins than there are", { coinbasevalue: 2.1e15 + 1 }, "coinbasevalue of the template"],
  ["a mintime after its curtime", { mintime: 1795397036 }, "mintime of the template"],
  ["too much weight allowed", { weightlimit: 4_000_001 }, "weightlimit of the template"],
  ["no transaction list", { transactions: undefined }, "transactions of the template"],
  ["a transaction that is null", { transactions: [null] }, "transaction 1 must be an object"],
  ["data that is no hex", change({ data: "zz".repeat(100) }), "data of transaction 1 must be hex"],
  ["data that is too short", change({ data: "0200" }), "does not fit its 2 bytes"],
  ["less weight than bytes", change({ weight: 99 }), "weight of transaction 1 is 99"],
  ["more weight than four a byte", change({ weight: 401 }), "weight of transaction 1 is 401"],
  ["a negative fee", change({ fee: -1 }), "fee of transaction 1"],
  ["no txid", change({ txid: undefined }), "txid of transaction 1"],
  ["no wtxid", change({ hash: undefined }), "hash of transaction 1"],
  ["a parent that comes later", change({ depends: [1] }), "depends of transaction 1 names 1"],
  ["the same transaction twice", { transactions: [transaction(1), transaction(1)] }, "twice"],
  ["more weight than its limit", { weightlimit: 799 }, "its transactions weigh 800"],
  ["fees above the coinbase value", { coinbasevalue: 1_999 }, "its fees sum to 2000 sats"],
  ["rules that are no texts", { rules: [1] }, "rules of the template"],
  ["a commitment of another form", { default_witness_commitment: COMMITMENT }, "Bitcoin Core"],
];
for (const [what, changes, words] of wrong) {
  Deno.test(`decodeTemplate() refuses ${what}`, () => {
    assertThrows(() => decodeTemplate(answer(changes), coreDialect), NodeMalformed, words);
  });
}

function change(fields: Record<string, unknown>): Record<string, unknown> {
  return { transactions: [transaction(1, fields), transaction(2)] };
}

Deno.test("decodeTemplate() refuses what is no object", () => {
  for (const raw of [null, "template", [], 1, undefined]) {
    assertThrows(() => decodeTemplate(raw, coreDialect), NodeMalformed, "must be an object");
  }
});
