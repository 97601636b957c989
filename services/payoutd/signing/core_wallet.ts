/**
 * A signer that is the wallet of the pool's node: Bitcoin Core's `walletprocesspsbt`.
 *
 * @module
 */
import { unsignedPsbt } from "@gopool/chain/psbt";
import { NodeMalformed, NodeRefused, NodeUnavailable, type SpendingNode } from "@gopool/node";
import { type Signer, SigningFailed } from "./port.ts";
import { signsElsewhere, takeSigned } from "./taken.ts";

/** The one method that is asked. */
export type WalletNode = Pick<SpendingNode, "walletProcessPsbt"> & { readonly name: string };

const FAULTS = [NodeRefused, NodeUnavailable, NodeMalformed];

/** @param scripts The pool's script first, then those it was before. */
export function createCoreWallet(node: WalletNode, scripts: readonly Uint8Array[]): Signer {
  return {
    name: `the wallet of ${node.name}`,
    script: scripts[0] ?? null,
    signs: signsElsewhere(scripts),
    async sign(request, signal) {
      const psbt = unsignedPsbt(request).toBase64();
      let processed;
      try {
        processed = await node.walletProcessPsbt(psbt, signal);
      } catch (error) {
        if (!FAULTS.some((fault) => error instanceof fault)) throw error;
        throw new SigningFailed(`Cannot sign payout ${request.id}: ${(error as Error).message}`, {
          cause: error,
        });
      }
      const given = new TextEncoder().encode(processed.psbt);
      const taken = takeSigned(request, given, `what the wallet of ${node.name} made`);
      if ("raw" in taken) return taken;
      throw new SigningFailed(
        `Cannot sign payout ${request.id}: the wallet of ${node.name} left ${taken.missing} of ` +
          `${request.inputs.length} inputs unsigned; it is locked, or the coins are not its own`,
      );
    },
  };
}
