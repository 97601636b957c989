/** The methods about waiting transactions (rpc/mempool.cpp) and the network (rpc/net.cpp). @module */
import { DecodeError, displayHash, toHex } from "@gopool/chain";
import { bitcoins, rateOf } from "./amounts.ts";
import { outpointOf } from "./coins.ts";
import { decodeTransaction, type Transaction } from "./decode.ts";
import { MEMPOOL_MAX, type MempoolEntry, MISSING } from "./mempool.ts";
import type { Methods, RpcContext } from "./methods.ts";
import { bytesFromHex, Params } from "./params.ts";
import { INCREMENTAL_RELAY_FEE, MIN_RELAY_FEE, virtualSize } from "./policy.ts";
import { RPC, RpcError } from "./rpc_error.ts";

/** Bitcoin Core 31.0: the rules are those of its kernel of that generation. */
const VERSION = 310_000;

export const mempoolMethods: Methods = {
  getmempoolinfo: {
    names: [],
    run({ world: { mempool } }) {
      const entries = [...mempool.entries()];
      const bytes = entries.reduce((sum, { tx }) => sum + Math.ceil(tx.weight / 4), 0);
      return {
        loaded: true,
        size: entries.length,
        bytes,
        usage: bytes,
        total_fee: bitcoins(entries.reduce((sum, { fee }) => sum + fee, 0n)),
        maxmempool: MEMPOOL_MAX,
        mempoolminfee: bitcoins(MIN_RELAY_FEE),
        minrelaytxfee: bitcoins(MIN_RELAY_FEE),
        incrementalrelayfee: bitcoins(INCREMENTAL_RELAY_FEE),
        fullrbf: true,
        unbroadcastcount: 0,
      };
    },
  },
  getrawmempool: {
    names: ["verbose"],
    run({ world: { mempool } }, params) {
      const entries = [...mempool.entries()];
      if (!params.boolean(0, false)) return entries.map(({ id }) => id);
      return Object.fromEntries(entries.map((entry) => [entry.id, entryFields(entry)]));
    },
  },
  getmempoolentry: {
    names: ["txid"],
    run({ world: { mempool } }, params) {
      const entry = mempool.get(displayHash(params.hash(0)));
      if (entry === undefined) {
        throw new RpcError(RPC.INVALID_ADDRESS_OR_KEY, "Transaction not in mempool");
      }
      return entryFields(entry);
    },
  },
  gettxspendingprevout: { names: ["outputs"], run: getTxSpendingPrevout },
  getrawtransaction: {
    names: ["txid", "verbose"],
    run({ world: { mempool } }, params) {
      const id = displayHash(params.hash(0));
      for (const entry of mempool.entries()) if (entry.id === id) return toHex(entry.tx.raw);
      throw new RpcError(
        RPC.INVALID_ADDRESS_OR_KEY,
        "No such mempool transaction. The simulated node keeps no index of confirmed ones",
      );
    },
  },
  sendrawtransaction: {
    names: ["hexstring", "maxfeerate", "maxburnamount"],
    run({ world }, params) {
      const tx = readTransaction(params.string(0));
      const maxRate = maxRateOf(params);
      const id = displayHash(tx.txid);
      if (world.mempool.has(id)) return id;
      if (tx.outputs.some((_, i) => world.chain.coins.get(outpointOf(tx.txid, i)) !== undefined)) {
        throw new RpcError(
          RPC.VERIFY_ALREADY_IN_UTXO_SET,
          "Transaction outputs already in utxo set",
        );
      }
      const judged = world.test(tx);
      if (judged.kind === "good" && isAbsurd(judged.entry, maxRate)) {
        throw new RpcError(
          RPC.VERIFY_ERROR,
          "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)",
        );
      }
      const added = world.send(tx);
      if (added.kind === "added") return id;
      const { reason, details } = added;
      throw new RpcError(
        reason === MISSING ? RPC.VERIFY_ERROR : RPC.VERIFY_REJECTED,
        details === undefined ? reason : `${reason}, ${details}`,
      );
    },
  },
  testmempoolaccept: { names: ["rawtxs", "maxfeerate"], run: testMempoolAccept },
  estimatesmartfee: {
    names: ["conf_target", "estimate_mode"],
    run({ controls }, params) {
      const target = params.integer(0);
      if (target < 1 || target > TARGET_MAX) {
        throw new RpcError(
          RPC.INVALID_PARAMETER,
          `Invalid conf_target, must be between 1 and ${TARGET_MAX}`,
        );
      }
      // A chain that nobody competes for gives Bitcoin Core nothing to learn from either.
      return controls.feeRate === null
        ? { errors: ["Insufficient data or no feerate found"], blocks: 0 }
        : { feerate: bitcoins(controls.feeRate), blocks: target };
    },
  },
  walletprocesspsbt: {
    names: ["psbt", "sign", "sighashtype", "bip32derivs", "finalize"],
    run() {
      throw new RpcError(RPC.WALLET_NOT_FOUND, "No wallet is loaded. The simulated node has none.");
    },
  },
  getnetworkinfo: {
    names: [],
    run: () => ({
      version: VERSION,
      subversion: "/GoPoolSimulated:31.0.0/",
      protocolversion: 70016,
      localservices: "0000000000000409",
      localrelay: true,
      timeoffset: 0,
      networkactive: true,
      connections: 8,
      connections_in: 0,
      connections_out: 8,
      networks: [],
      relayfee: bitcoins(MIN_RELAY_FEE),
      incrementalfee: bitcoins(INCREMENTAL_RELAY_FEE),
      localaddresses: [],
      warnings: [],
    }),
  },
  getconnectioncount: { names: [], run: () => 8 },
  getzmqnotifications: { names: [], run: () => [] },
};

/** Satoshis per 1000 virtual bytes above which a fee is taken for a mistake (DEFAULT_MAX_RAW_TX_FEE_RATE). */
const DEFAULT_MAX_RATE = 10_000_000n;
/** The longest that estimatesmartfee looks ahead (policy/fees.h, LONG_BLOCK_PERIODS × LONG_SCALE). */
const TARGET_MAX = 1008;

function maxRateOf(params: Params): bigint {
  return params.has(1) ? rateOf(params.values[1]) : DEFAULT_MAX_RATE;
}

/** A bound of 0 is none. */
function isAbsurd({ tx, fee }: MempoolEntry, maxRate: bigint): boolean {
  return maxRate > 0n && fee * 1000n > maxRate * BigInt(virtualSize(tx));
}

/** One transaction at a time, where Bitcoin Core takes a package. */
function testMempoolAccept({ world }: RpcContext, params: Params): unknown {
  const given = params.values[0];
  if (!Array.isArray(given)) throw new RpcError(RPC.TYPE_ERROR, "rawtxs must be an array");
  if (given.length !== 1 || typeof given[0] !== "string") {
    throw new RpcError(RPC.INVALID_PARAMETER, "The simulated node tests one transaction at a time");
  }
  const tx = readTransaction(given[0]);
  const ids = { txid: displayHash(tx.txid), wtxid: displayHash(tx.wtxid) };
  const judged = world.test(tx);
  if (judged.kind === "refused") {
    const { reason, details } = judged;
    return [{
      ...ids,
      allowed: false,
      "reject-reason": reason === MISSING ? "missing-inputs" : reason,
      "reject-details": details === undefined ? reason : `${reason}, ${details}`,
    }];
  }
  const { entry } = judged;
  if (isAbsurd(entry, maxRateOf(params))) {
    return [{ ...ids, allowed: false, "reject-reason": "max-fee-exceeded" }];
  }
  const vsize = virtualSize(tx);
  const rate = entry.fee * 1000n / BigInt(vsize);
  const fees = { base: bitcoins(entry.fee), "effective-feerate": bitcoins(rate) };
  return [{
    ...ids,
    allowed: true,
    vsize,
    fees: { ...fees, "effective-includes": [ids.wtxid] },
  }];
}

function getTxSpendingPrevout({ world: { mempool } }: RpcContext, params: Params): unknown {
  const given = params.values[0];
  if (!Array.isArray(given) || given.length === 0) {
    throw new RpcError(RPC.INVALID_PARAMETER, "Invalid parameter, outputs are missing");
  }
  return given.map((one) => {
    const output = new Params("gettxspendingprevout", ["txid", "vout"], [one?.txid, one?.vout]);
    const [txid, vout] = [output.hash(0), output.integer(1)];
    const spender = mempool.spender(outpointOf(txid, vout));
    return {
      txid: displayHash(txid),
      vout,
      ...(spender === undefined ? {} : { spendingtxid: spender }),
    };
  });
}

function entryFields({ tx, fee, parents }: MempoolEntry): Record<string, unknown> {
  return {
    vsize: virtualSize(tx),
    weight: tx.weight,
    fees: { base: bitcoins(fee) },
    wtxid: displayHash(tx.wtxid),
    depends: [...parents],
  };
}

function readTransaction(hex: string): Transaction {
  try {
    const bytes = bytesFromHex(hex);
    if (bytes !== null) {
      const tx = decodeTransaction(bytes);
      if (tx.inputs.length > 0) return tx;
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  throw new RpcError(
    RPC.DESERIALIZATION_ERROR,
    "TX decode failed. Make sure the tx has at least one input.",
  );
}
