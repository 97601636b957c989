/**
 * Blocks that somebody else found, and payments that go into the pool's: made by hand, for a regtest chain.
 *
 * @module
 */
import {
  blockHash,
  concat,
  displayHash,
  fromHex,
  hashFromDisplay,
  heightPush,
  sha256,
  subsidyAt,
  toHex,
} from "@gopool/chain";
import { buildBlock, encodeTransaction, spend } from "@gopool/node/simulated/draft";
import type { RealNode } from "../real/node.ts";

const EASY_BITS = 0x207fffff;
const BLOCK_VERSION = 0x20000000;
/** Pushes 1: whoever shows it may spend what its hash locks. */
const OP_TRUE = Uint8Array.of(0x51);
/** Pays to anybody: a spend needs no key. */
export const ANYBODY: Uint8Array = concat(fromHex("0020"), sha256(OP_TRUE));
const COINBASE_OUTPOINT = concat(new Uint8Array(32), fromHex("ffffffff"));

/** Gives the node empty blocks of another miner, from this one on (display form). Gives the hash of the last. */
export async function rivalBlocks(
  node: Pick<RealNode, "call">,
  previous: string,
  height: number,
  count: number,
): Promise<string> {
  let parent = previous;
  for (let at = height; at < height + count; at++) {
    const template = await node.call("getblocktemplate", { rules: ["segwit"] });
    const { mintime, curtime } = template as { mintime: number; curtime: number };
    const block = buildBlock({
      version: BLOCK_VERSION,
      previousHash: hashFromDisplay(parent),
      time: Math.max(mintime, curtime) + at - height,
      nbits: EASY_BITS,
      transactions: [{
        version: 2,
        inputs: [{
          outpoint: COINBASE_OUTPOINT,
          script: concat(heightPush(at), Uint8Array.of(5), new TextEncoder().encode("rival")),
          sequence: 0xffffffff,
          witness: [],
        }],
        outputs: [{ value: subsidyAt("regtest", at), script: ANYBODY }],
        lockTime: 0,
      }],
      commitment: "none",
    });
    // btcd says nothing for a sibling, Bitcoin Core says that it is one.
    const answer = await node.call("submitblock", toHex(block));
    if (answer !== null && answer !== "inconclusive") throw new Error(`The rival's: ${answer}`);
    parent = displayHash(blockHash(block));
  }
  return parent;
}

/** Fee of a payment: high enough for every node's floor. */
const FEE = 10_000n;

/** Sends a payment out of the reward of the block at this height, which paid to anybody. Gives its txid. */
export async function payFrom(node: RealNode, height: number): Promise<string> {
  const hash = await node.call("getblockhash", height);
  const { tx } = await node.call("getblock", hash, 1) as { tx: string[] };
  const outpoint = concat(hashFromDisplay(tx[0]!), new Uint8Array(4));
  const payment = spend({ outpoint, value: subsidyAt("regtest", height) }, FEE, [OP_TRUE]);
  // What draft.ts pays to no node relays.
  payment.outputs[0]!.script = ANYBODY;
  return String(await node.call("sendrawtransaction", toHex(encodeTransaction(payment))));
}
