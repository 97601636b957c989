/**
 * One wrong thing at a time, and what Bitcoin Core says of it. The reasons were confirmed with its own kernel
 * (libbitcoinkernel 31.99 through py-bitcoinkernel 0.1.0a5). For tests only.
 *
 * @module
 */
import { concat, type Hash, heightPush } from "@gopool/chain";
import { outpointOf } from "./coins.ts";
import { type Draft, draftTxid, goodDraft, type Ground, OP_TRUE_WITNESS, spend } from "./draft.ts";
import { MAX_FUTURE_BLOCK_TIME_S } from "./rules.ts";

export { HARMLESS } from "./harmless.ts";

export interface Mutation {
  /** What is wrong, as it reads after "given". */
  readonly given: string;
  readonly reason: string;
  /** Spoils a good draft. */
  readonly spoil: (draft: Draft, ground: Ground) => void;
}

export const MUTATIONS: readonly Mutation[] = [
  // By itself, in the order of CheckBlock.
  { given: "a hash above the target", reason: "high-hash", spoil: (d) => d.unproven = true },
  {
    given: "another merkle root",
    reason: "bad-txnmrklroot",
    spoil: (d) => d.merkleRoot = new Uint8Array(32).fill(7) as Hash,
  },
  {
    given: "its last transaction twice under the same merkle root",
    reason: "bad-txns-duplicate",
    spoil: (d) => d.transactions.push(d.transactions[2]!),
  },
  { given: "no transaction at all", reason: "bad-blk-length", spoil: (d) => d.transactions = [] },
  {
    given: "more than a million bytes without witnesses",
    reason: "bad-blk-length",
    spoil: (d) =>
      d.transactions[1]!.outputs.push({ value: 0n, script: new Uint8Array(1_000_000).fill(0x6a) }),
  },
  { given: "no coinbase", reason: "bad-cb-missing", spoil: (d) => void d.transactions.shift() },
  {
    given: "two coinbases",
    reason: "bad-cb-multiple",
    spoil: (d) => d.transactions[1] = { ...d.transactions[0]!, lockTime: 0 },
  },
  {
    given: "a transaction without inputs and outputs",
    reason: "bad-txns-vin-empty",
    spoil: (d) => d.transactions[1] = { version: 2, inputs: [], outputs: [], lockTime: 0 },
  },
  {
    given: "a transaction without outputs",
    reason: "bad-txns-vout-empty",
    spoil: (d) => d.transactions[1]!.outputs = [],
  },
  {
    given: "an output below nothing",
    reason: "bad-txns-vout-negative",
    spoil: (d) => d.transactions[1]!.outputs[0]!.value = -1n,
  },
  {
    given: "an output above all money",
    reason: "bad-txns-vout-toolarge",
    spoil: (d) => d.transactions[1]!.outputs[0]!.value = 2_100_000_000_000_001n,
  },
  {
    given: "outputs that add up to more than all money",
    reason: "bad-txns-txouttotal-toolarge",
    spoil: (d) => {
      const [output] = d.transactions[1]!.outputs;
      d.transactions[1]!.outputs = [0, 1].map(() => ({
        ...output!,
        value: 2_000_000_000_000_000n,
      }));
    },
  },
  {
    given: "one outpoint twice in a transaction",
    reason: "bad-txns-inputs-duplicate",
    spoil: (d) => d.transactions[1]!.inputs.push(d.transactions[1]!.inputs[0]!),
  },
  {
    given: "a coinbase script of one byte",
    reason: "bad-cb-length",
    spoil: (d) => d.transactions[0]!.inputs[0]!.script = Uint8Array.of(1),
  },
  {
    given: "a coinbase script of 101 bytes",
    reason: "bad-cb-length",
    spoil: (d, { height }) =>
      d.transactions[0]!.inputs[0]!.script = concat(
        heightPush(height),
        new Uint8Array(101 - heightPush(height).length),
      ),
  },
  {
    given: "a null outpoint beside a real one",
    reason: "bad-txns-prevout-null",
    spoil: (d) => d.transactions[1]!.inputs.push(d.transactions[0]!.inputs[0]!),
  },
  {
    given: "20,001 signature operations in outputs",
    reason: "bad-blk-sigops",
    spoil: (d) =>
      d.transactions[1]!.outputs.push({ value: 0n, script: new Uint8Array(20_001).fill(0xac) }),
  },
  // Its header in place, in the order of ContextualCheckBlockHeader.
  {
    given: "an unknown parent",
    reason: "prev-blk-not-found",
    spoil: (d) => d.previousHash = new Uint8Array(32).fill(1) as Hash,
  },
  { given: "harder bits than asked", reason: "bad-diffbits", spoil: (d) => d.nbits = 0x207ffffe },
  {
    given: "the median time itself",
    reason: "time-too-old",
    spoil: (d, { medianTime }) => d.time = medianTime,
  },
  {
    given: "a time beyond two hours ahead",
    reason: "time-too-new",
    // A minute more, so that a judge with a clock of its own agrees.
    spoil: (d, { time }) => d.time = time + MAX_FUTURE_BLOCK_TIME_S + 60,
  },
  { given: "version 1", reason: "bad-version(0x00000001)", spoil: (d) => d.version = 1 },
  { given: "version 3", reason: "bad-version(0x00000003)", spoil: (d) => d.version = 3 },
  {
    given: "a negative version",
    reason: "bad-version(0xa0000000)",
    spoil: (d) => d.version = 0xa0000000,
  },
  // Its body in place, in the order of ContextualCheckBlock.
  {
    given: "a coinbase locked until its own height",
    reason: "bad-txns-nonfinal",
    spoil: (d, { height }) => d.transactions[0]!.lockTime = height,
  },
  {
    given: "a transaction locked until the block's time, which is after the median",
    reason: "bad-txns-nonfinal",
    spoil: (d, { time }) => {
      d.transactions[1]!.lockTime = time;
      d.transactions[1]!.inputs[0]!.sequence = 0;
    },
  },
  {
    given: "the height of its parent in the coinbase",
    reason: "bad-cb-height",
    spoil: (d, { height }) =>
      d.transactions[0]!.inputs[0]!.script = concat(heightPush(height - 1), Uint8Array.of(0)),
  },
  {
    given: "a coinbase without the reserved value",
    reason: "bad-witness-nonce-size",
    spoil: (d) => d.transactions[0]!.inputs[0]!.witness = [],
  },
  {
    given: "a reserved value of 31 bytes",
    reason: "bad-witness-nonce-size",
    spoil: (d) => d.transactions[0]!.inputs[0]!.witness = [new Uint8Array(31)],
  },
  {
    given: "two reserved values",
    reason: "bad-witness-nonce-size",
    spoil: (d) => d.transactions[0]!.inputs[0]!.witness = [new Uint8Array(32), new Uint8Array(32)],
  },
  {
    given: "another reserved value than was committed with",
    reason: "bad-witness-merkle-match",
    spoil: (d) => d.transactions[0]!.inputs[0]!.witness = [new Uint8Array(32).fill(1)],
  },
  {
    given: "a commitment to something else",
    reason: "bad-witness-merkle-match",
    spoil: (d) => d.commitment = new Uint8Array(32).fill(9),
  },
  {
    given: "a witness that nothing commits to",
    reason: "unexpected-witness",
    spoil: (d) => d.commitment = "none",
  },
  {
    given: "a weight above four million",
    reason: "bad-blk-weight",
    spoil: (d) =>
      d.transactions[2]!.inputs[0]!.witness = [new Uint8Array(4_000_000), OP_TRUE_WITNESS],
  },
  // Its coins, in the order of ConnectBlock.
  {
    given: "an outpoint that never was",
    reason: "bad-txns-inputs-missingorspent",
    spoil: (d) =>
      d.transactions[1]!.inputs[0]!.outpoint = outpointOf(new Uint8Array(32).fill(3) as Hash, 0),
  },
  {
    given: "one coin spent by two transactions",
    reason: "bad-txns-inputs-missingorspent",
    spoil: (d, { bare }) => d.transactions.push(spend(bare[0]!, 2_000n)),
  },
  {
    given: "one transaction twice, apart",
    reason: "bad-txns-inputs-missingorspent",
    spoil: (d) => d.transactions.splice(2, 0, d.transactions[2]!, d.transactions[1]!),
  },
  {
    given: "a child before its parent",
    reason: "bad-txns-inputs-missingorspent",
    spoil: (d) => {
      const parent = d.transactions[1]!;
      const outpoint = outpointOf(draftTxid(parent), 0);
      d.transactions.splice(1, 0, spend({ outpoint, value: parent.outputs[0]!.value }, 0n));
    },
  },
  {
    given: "a reward spent before it is ripe",
    reason: "bad-txns-premature-spend-of-coinbase",
    spoil: (d, { young }) => d.transactions[1]!.inputs[0]!.outpoint = young.outpoint,
  },
  {
    given: "a transaction that pays out more than it takes",
    reason: "bad-txns-in-belowout",
    spoil: (d, { bare }) => d.transactions[1]!.outputs[0]!.value = bare[0]!.value + 1n,
  },
  {
    given: "a relative lock that has blocks to run",
    reason: "bad-txns-nonfinal",
    spoil: (d, { height }) => d.transactions[1]!.inputs[0]!.sequence = height,
  },
  {
    given: "80,001 of sigop cost once the scripts behind hashes count",
    reason: "bad-blk-sigops",
    spoil: (d) => {
      // 20,000 in outputs, which is as many as may be, and one more in a script behind a hash.
      d.transactions[1]!.outputs.push({ value: 0n, script: new Uint8Array(20_000).fill(0xac) });
      d.transactions[2]!.inputs[0]!.witness = [Uint8Array.of(0xac)];
    },
  },
  {
    given: "one satoshi too many in the coinbase",
    reason: "bad-cb-amount",
    spoil: (d) => d.transactions[0]!.outputs[0]!.value += 1n,
  },
];

/** The block a mutation gives on this ground, as a draft. */
export function mutated(mutation: Pick<Mutation, "spoil">, ground: Ground): Draft {
  const draft = goodDraft(ground);
  mutation.spoil(draft, ground);
  return draft;
}
