import { type Network, subsidyAt } from "@gopool/chain";
import type { ChainListener } from "@gopool/ledger";
import { forgetFee, noteFee } from "@gopool/ledger/schemes";

/** Notes what each block of the best chain brought in fees, whoever found it: FPPS pays by their mean. */
export function createFeeListener(network: Network): ChainListener {
  return {
    onBlock(tx, { height, hash, transactions }) {
      const [coinbase] = transactions;
      if (coinbase === undefined) return Promise.resolve();
      const value = coinbase.outputs.reduce((sum, { sats }) => sum + sats, 0n);
      const fees = value - subsidyAt(network, height);
      // A coinbase may take less than it is allowed to: what nobody took is no fee below zero.
      return noteFee(tx, { height, hash, fees: fees > 0n ? fees : 0n });
    },
    onBlockGone: (tx, block) => forgetFee(tx, block),
  };
}
