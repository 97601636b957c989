/**
 * A raw block's coinbase as the books need it. Pure.
 *
 * @module
 */
import {
  type Block,
  decodeBlock,
  displayHash,
  equalBytes,
  type Hash,
  heightPush,
  isCoinbase,
  merkleRoot,
} from "@gopool/chain";
import type { Coinbase } from "@gopool/ledger/blocks";

/** A node's answer that is no block, or not the one asked for. */
export class NotThatBlock extends Error {
  override name = "NotThatBlock";
}

/** The scripts that pay the pool: of its address, and of those it had before. */
export class PoolScripts {
  readonly #known: ReadonlySet<string>;

  constructor(readonly all: readonly Uint8Array[]) {
    this.#known = new Set(all.map((script) => script.toHex()));
  }

  has(script: Uint8Array): boolean {
    return this.#known.has(script.toHex());
  }
}

/**
 * Reads a block that was asked for by its hash.
 *
 * @throws {NotThatBlock} It cannot be read, has another hash, another merkle root, or no coinbase.
 */
export function readBlock(raw: Uint8Array, hash: Uint8Array): Block {
  const refuse = (why: string): never => {
    throw new NotThatBlock(`Cannot use block ${displayHash(hash as Hash)}: ${why}`);
  };
  let block: Block;
  try {
    block = decodeBlock(raw);
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (!equalBytes(block.hash, hash)) refuse(`the node gave ${displayHash(block.hash)}`);
  const [first] = block.transactions;
  if (first === undefined || !isCoinbase(first)) refuse("it does not begin with a coinbase");
  const root = merkleRoot(block.transactions.map(({ txid }) => txid));
  if (!equalBytes(root, block.header.merkleRoot)) refuse("its merkle root is another");
  return block;
}

/** The outputs of a block's coinbase that are worth something. */
export function coinbaseOfBlock({ transactions }: Block, scripts: PoolScripts): Coinbase {
  const { txid, outputs } = transactions[0]!;
  return {
    txid,
    outputs: outputs.flatMap(({ sats, script }, position) =>
      sats > 0n ? [{ position, sats, script, isPool: scripts.has(script) }] : []
    ),
  };
}

/** Whether its coinbase says that it is of this height (BIP 34). */
export function isOfHeight({ transactions }: Block, height: number): boolean {
  const push = heightPush(height);
  return equalBytes(transactions[0]!.inputs[0]!.scriptSig.subarray(0, push.length), push);
}

/** What is otherwise in the chain than was announced, as a sentence; null where it is the same. What counts is the chain. */
export function differenceTo(
  { outputs }: Coinbase,
  announced: readonly { readonly sats: bigint; readonly script: Uint8Array }[],
): string | null {
  const said = announced.filter(({ sats }) => sats > 0n);
  const isSame = said.length === outputs.length &&
    said.every(({ sats, script }, i) =>
      sats === outputs[i]!.sats && equalBytes(script, outputs[i]!.script)
    );
  return isSame
    ? null
    : "Its coinbase's outputs are others than announced: those in the chain count";
}
