/**
 * The methods that show and steer the chain (rpc/blockchain.cpp).
 *
 * @module
 */
import {
  difficultyFromBits,
  displayHash,
  targetFromBits,
  targetToBytes,
  toHex,
} from "@gopool/chain";
import { bitcoins } from "./amounts.ts";
import type { Entry } from "./block_index.ts";
import { forkOf } from "./block_index.ts";
import { outpointOf } from "./coins.ts";
import type { Methods, RpcContext } from "./methods.ts";
import type { Params } from "./params.ts";
import { RPC, RpcError } from "./rpc_error.ts";
import { COINBASE_MATURITY } from "./rules.ts";
import { bitsHex } from "./template.ts";
import { quickMaturity } from "./world.ts";

export const chainMethods: Methods = {
  getblockchaininfo: {
    names: [],
    run({ world: { chain, maturity }, controls }) {
      const { tip } = chain;
      return {
        chain: "regtest",
        blocks: tip.height,
        headers: tip.height,
        bestblockhash: tip.id,
        bits: bitsHex(tip.nbits),
        target: targetHex(tip.nbits),
        difficulty: difficultyFromBits(tip.nbits),
        time: tip.header.time,
        mediantime: tip.medianTime,
        verificationprogress: controls.syncing ? 0.5 : 1,
        initialblockdownload: controls.syncing,
        chainwork: workHex(tip.chainWork),
        size_on_disk: 0,
        pruned: false,
        warnings: maturity === COINBASE_MATURITY ? [] : [quickMaturity(maturity)],
      };
    },
  },
  getbestblockhash: { names: [], run: ({ world }) => world.chain.tip.id },
  getblockcount: { names: [], run: ({ world }) => world.chain.tip.height },
  getdifficulty: { names: [], run: ({ world }) => difficultyFromBits(world.chain.tip.nbits) },
  getblockhash: {
    names: ["height"],
    run({ world }, params) {
      const entry = world.chain.at(params.integer(0));
      if (entry === undefined) {
        throw new RpcError(RPC.INVALID_PARAMETER, "Block height out of range");
      }
      return entry.id;
    },
  },
  getblockheader: {
    names: ["blockhash", "verbose"],
    run(context, params) {
      const entry = entryOf(context, params);
      return params.boolean(1, true) ? headerFields(context, entry) : toHex(entry.headerBytes);
    },
  },
  getblock: { names: ["blockhash", "verbosity"], run: getBlock },
  getchaintips: { names: [], run: getChainTips },
  gettxout: {
    names: ["txid", "n", "include_mempool"],
    run({ world }, params) {
      const outpoint = outpointOf(params.hash(0), params.integer(1));
      const coin = params.boolean(2, true)
        ? world.mempool.coin(outpoint)
        : world.chain.coins.get(outpoint);
      if (coin === undefined) return null;
      return {
        bestblock: world.chain.tip.id,
        confirmations: coin.height === 0 ? 0 : world.chain.tip.height - coin.height + 1,
        value: bitcoins(coin.value),
        scriptPubKey: { hex: toHex(coin.script) },
        coinbase: coin.coinbase,
      };
    },
  },
  invalidateblock: {
    names: ["blockhash"],
    run(context, params) {
      const entry = entryOf(context, params);
      if (entry.height === 0) throw new RpcError(RPC.MISC_ERROR, "Cannot invalidate genesis block");
      context.world.chain.invalidate(entry);
      return null;
    },
  },
  reconsiderblock: {
    names: ["blockhash"],
    run(context, params) {
      context.world.chain.reconsider(entryOf(context, params));
      return null;
    },
  },
};

function entryOf({ world }: RpcContext, params: Params): Entry {
  const entry = world.chain.index.get(params.hash(0));
  if (entry === undefined) throw new RpcError(RPC.INVALID_ADDRESS_OR_KEY, "Block not found");
  return entry;
}

function headerFields({ world: { chain } }: RpcContext, entry: Entry): Record<string, unknown> {
  const active = chain.isActive(entry);
  const next = active ? chain.at(entry.height + 1) : undefined;
  const { header } = entry;
  return {
    hash: entry.id,
    confirmations: active ? chain.tip.height - entry.height + 1 : -1,
    height: entry.height,
    version: header.version | 0,
    versionHex: bitsHex(header.version),
    merkleroot: displayHash(header.merkleRoot),
    time: header.time,
    mediantime: entry.medianTime,
    nonce: header.nonce,
    bits: bitsHex(entry.nbits),
    target: targetHex(entry.nbits),
    difficulty: difficultyFromBits(entry.nbits),
    chainwork: workHex(entry.chainWork),
    nTx: entry.transactions,
    ...(entry.previous === null ? {} : { previousblockhash: entry.previous.id }),
    ...(next === undefined ? {} : { nextblockhash: next.id }),
  };
}

function getBlock(context: RpcContext, params: Params): unknown {
  const entry = entryOf(context, params);
  // Old callers say true or false for 1 and 0.
  const verbosity = typeof params.values[1] === "boolean"
    ? Number(params.values[1])
    : params.has(1)
    ? params.integer(1)
    : 1;
  if (verbosity > 1) {
    throw new RpcError(RPC.INVALID_PARAMETER, "The simulated node shows verbosity 0 and 1 only");
  }
  if (!entry.hasBody) throw new RpcError(RPC.MISC_ERROR, "Block not found on disk");
  const block = context.world.chain.block(entry);
  if (verbosity <= 0) return toHex(block.raw);
  return {
    ...headerFields(context, entry),
    strippedsize: block.strippedSize,
    size: block.raw.length,
    weight: block.weight,
    tx: block.transactions.map((tx) => displayHash(tx.txid)),
  };
}

function getChainTips({ world: { chain } }: RpcContext): unknown {
  const tips = new Set([chain.tip, ...chain.index.tips()]);
  return [...tips].map((entry) => ({
    height: entry.height,
    hash: entry.id,
    branchlen: entry.height - forkOf(entry, chain.tip).height,
    status: entry === chain.tip
      ? "active"
      : entry.failed
      ? "invalid"
      : !entry.linked
      ? "headers-only"
      : entry.connectedOnce
      ? "valid-fork"
      : "valid-headers",
  })).sort((a, b) => b.height - a.height);
}

function targetHex(nbits: number): string {
  return toHex(targetToBytes(targetFromBits(nbits)));
}

function workHex(work: bigint): string {
  return work.toString(16).padStart(64, "0");
}
