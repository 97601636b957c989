/** The methods about waiting transactions (rpc/mempool.cpp) and the network (rpc/net.cpp). @module */
import { DecodeError, displayHash, toHex } from "@gopool/chain";
import { outpointOf } from "./coins.ts";
import { decodeTransaction, type Transaction } from "./decode.ts";
import { MEMPOOL_MAX } from "./mempool.ts";
import type { Methods } from "./methods.ts";
import { bytesFromHex } from "./params.ts";
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
        total_fee: Number(entries.reduce((sum, { fee }) => sum + fee, 0n)) / 1e8,
        maxmempool: MEMPOOL_MAX,
        mempoolminfee: 0,
        minrelaytxfee: 0,
        unbroadcastcount: 0,
      };
    },
  },
  getrawmempool: {
    names: ["verbose"],
    run({ world: { mempool } }, params) {
      const entries = [...mempool.entries()];
      if (!params.boolean(0, false)) return entries.map(({ id }) => id);
      return Object.fromEntries(entries.map(({ id, tx, fee, parents }) => [id, {
        vsize: Math.ceil(tx.weight / 4),
        weight: tx.weight,
        fees: { base: Number(fee) / 1e8 },
        wtxid: displayHash(tx.wtxid),
        depends: [...parents],
      }]));
    },
  },
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
      const id = displayHash(tx.txid);
      if (world.mempool.has(id)) return id;
      if (tx.outputs.some((_, i) => world.chain.coins.get(outpointOf(tx.txid, i)) !== undefined)) {
        throw new RpcError(
          RPC.VERIFY_ALREADY_IN_UTXO_SET,
          "Transaction outputs already in utxo set",
        );
      }
      const added = world.send(tx);
      if (added.kind === "added") return id;
      const missing = added.reason === "bad-txns-inputs-missingorspent";
      throw new RpcError(missing ? RPC.VERIFY_ERROR : RPC.VERIFY_REJECTED, added.reason);
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
      relayfee: 0,
      incrementalfee: 0,
      localaddresses: [],
      warnings: [],
    }),
  },
  getconnectioncount: { names: [], run: () => 8 },
  getzmqnotifications: { names: [], run: () => [] },
};

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
