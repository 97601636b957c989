/**
 * What looks wrong in a block and is not: Bitcoin Core's kernel takes each of these. For tests only.
 *
 * @module
 */
import { concat, heightPush, u32le } from "@gopool/chain";
import { outpointOf } from "./coins.ts";
import { draftTxid, spend } from "./draft.ts";
import type { Mutation } from "./mutations.ts";

/** What looks wrong and is not. */
export const HARMLESS: readonly Omit<Mutation, "reason">[] = [
  { given: "nothing changed", spoil: () => {} },
  {
    given: "one satoshi left on the table",
    spoil: (d) => d.transactions[0]!.outputs[0]!.value -= 1n,
  },
  {
    given: "no commitment and no witness",
    spoil: (d) => {
      d.commitment = "none";
      d.transactions.pop();
      d.transactions[0]!.inputs[0]!.witness = [];
      d.transactions[0]!.outputs[0]!.value -= 1_000n;
    },
  },
  {
    given: "version bits rolled",
    spoil: (d) => d.version = 0x3fffe000,
  },
  {
    given: "a second after the median time",
    spoil: (d, { medianTime }) => d.time = medianTime + 1,
  },
  {
    given: "a child after its parent",
    spoil: (d) => {
      const parent = d.transactions[1]!;
      const outpoint = outpointOf(draftTxid(parent), 0);
      d.transactions.splice(2, 0, spend({ outpoint, value: parent.outputs[0]!.value }, 0n));
    },
  },
  {
    given: "a relative lock that has just run out",
    spoil: (d, { height }) => d.transactions[1]!.inputs[0]!.sequence = height - 1,
  },
  {
    given: "a lock time that a final sequence switches off",
    spoil: (d, { time }) => d.transactions[1]!.lockTime = time,
  },
  {
    given: "two commitments of which the last is right",
    spoil: (d) =>
      d.transactions[0]!.outputs.push({
        value: 0n,
        script: concat(Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed), new Uint8Array(32)),
      }),
  },
  {
    given: "a coinbase script of 100 bytes",
    spoil: (d, { height }) =>
      d.transactions[0]!.inputs[0]!.script = concat(
        heightPush(height),
        u32le(0),
        new Uint8Array(96 - heightPush(height).length),
      ),
  },
];
