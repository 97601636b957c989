/**
 * getblocktemplate's answer, decoded and held against itself: whatever does not fit is refused whole, because a
 * block built from it would be lost.
 *
 * @module
 */
import {
  displayHash,
  type Hash,
  MAX_SUPPLY_SATS,
  type Sats,
  sats,
  targetFromBits,
  targetToBytes,
  toHex,
  type UnixSeconds,
} from "@gopool/chain";
import type { Dialect } from "./dialect.ts";
import { type BlockTemplate, NodeMalformed, type TemplateTransaction } from "./port.ts";
import { Fields } from "./shape.ts";

const METHOD = "getblocktemplate";

/** BIP 141. A template that allows more is not for this chain. */
const WEIGHT_MAX = 4_000_000;
/** Below this no transaction is valid: 10 bytes of frame, one input, one output (Core's 60 without witness). */
const TRANSACTION_MIN_BYTES = 60;
/** BIP 141: sigop cost of a whole block. */
const SIGOP_COST_MAX = 80_000;
const MAX_SATS = Number(MAX_SUPPLY_SATS);

/** The client rules we can build for: all of Core's that demand something of a coinbase or a block's shape. */
export const RULES: readonly string[] = ["segwit", "signet"];

/** @throws {NodeMalformed} In a sentence. */
export function decodeTemplate(answer: unknown, dialect: Dialect): BlockTemplate {
  const fields = new Fields(METHOD, answer, "the template");
  const nbits = fields.nbits("bits");
  checkTarget(fields, nbits);
  const weightLimit = fields.has("weightlimit")
    ? fields.integer("weightlimit", 1, WEIGHT_MAX)
    : WEIGHT_MAX;
  const coinbaseValue = sats(BigInt(fields.integer("coinbasevalue", 0, MAX_SATS)));
  const curtime = fields.integer("curtime", 0, 0xffff_ffff) as UnixSeconds;
  const mintime = fields.integer("mintime", 0, 0xffff_ffff) as UnixSeconds;
  if (mintime > curtime) throw fields.wrong("mintime", `must not be after its curtime ${curtime}`);
  const transactions = fields.list("transactions").map(decodeTransaction);
  checkTransactions(transactions, weightLimit, coinbaseValue);
  return {
    height: fields.integer("height", 1, 0x7fff_ffff),
    previousHash: fields.hash("previousblockhash"),
    // Signed in JSON; four bytes in the header.
    version: fields.integer("version", -0x8000_0000, 0xffff_ffff) >>> 0,
    nbits,
    curtime,
    mintime,
    coinbaseValue,
    transactions,
    witnessCommitment: readCommitment(fields, dialect),
    rules: readRules(fields),
    longPollId: fields.has("longpollid") ? fields.text("longpollid") : null,
    weightLimit,
  };
}

function decodeTransaction(entry: unknown, index: number): TemplateTransaction {
  const fields = new Fields(METHOD, entry, `transaction ${index + 1}`);
  const data = fields.bytes("data");
  const weight = fields.integer("weight", 1, WEIGHT_MAX);
  // Weight is three times the bytes without witness plus all bytes (BIP 141).
  if (data.length < TRANSACTION_MIN_BYTES || weight < data.length || weight > 4 * data.length) {
    throw fields.wrong("weight", `is ${weight}, which does not fit its ${data.length} bytes`);
  }
  if (fields.has("depends")) {
    for (const parent of fields.list("depends")) {
      if (!Number.isInteger(parent) || (parent as number) < 1 || (parent as number) > index) {
        throw fields.wrong("depends", `names ${parent}, which does not stand before it`);
      }
    }
  }
  return {
    data,
    txid: fields.hash("txid"),
    wtxid: fields.hash("hash"),
    fee: sats(BigInt(fields.integer("fee", 0, MAX_SATS))),
    weight,
    ...(fields.has("sigops") ? { sigops: fields.integer("sigops", 0, SIGOP_COST_MAX) } : {}),
  };
}

function checkTransactions(
  transactions: readonly TemplateTransaction[],
  weightLimit: number,
  coinbaseValue: Sats,
): void {
  let weight = 0;
  let fees = 0n;
  const seen = new Set<string>();
  for (const transaction of transactions) {
    weight += transaction.weight;
    fees += transaction.fee;
    // The 32 bytes as a string of code units: a key without the cost of hex.
    const key = String.fromCharCode(...transaction.txid);
    if (seen.has(key)) {
      throw new NodeMalformed(
        METHOD,
        `transaction ${displayHash(transaction.txid)} stands in the template twice`,
      );
    }
    seen.add(key);
  }
  if (weight > weightLimit) {
    throw new NodeMalformed(
      METHOD,
      `its transactions weigh ${weight}, more than its limit of ${weightLimit}`,
    );
  }
  if (fees > coinbaseValue) {
    throw new NodeMalformed(
      METHOD,
      `its fees sum to ${fees} sats, more than its coinbasevalue of ${coinbaseValue}`,
    );
  }
}

function checkTarget(fields: Fields, nbits: number): void {
  const target = targetFromBits(nbits);
  if (target === 0n) throw fields.wrong("bits", "stand for no target at all");
  if (!fields.has("target")) return;
  const expected = toHex(targetToBytes(target));
  if (fields.text("target").toLowerCase() !== expected) {
    throw fields.wrong("target", `is not what its bits stand for, ${expected}`);
  }
}

function readCommitment(fields: Fields, dialect: Dialect): Hash | null {
  if (!fields.has("default_witness_commitment")) return null;
  const commitment = dialect.commitment(fields.text("default_witness_commitment"));
  if (commitment === null) {
    throw fields.wrong("default_witness_commitment", `is not in the form of ${dialect.name}`);
  }
  return commitment;
}

/** btcd names none. */
function readRules(fields: Fields): readonly string[] {
  if (!fields.has("rules")) return [];
  const rules = fields.list("rules");
  if (!rules.every((rule) => typeof rule === "string")) {
    throw fields.wrong("rules", "must be a list of texts");
  }
  return rules;
}
