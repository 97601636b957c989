/**
 * A pool's key in a file, as payoutd signs with it.
 *
 * @module
 */
import type { Nodes } from "@gopool/node";
import { openOrMakeKeyFile } from "@gopool/payoutd/key_file";
import { openSigner, type Signer } from "@gopool/payoutd/signing";

export interface PoolKey {
  readonly keyFile: string;
  readonly poolAddress: string;
  readonly poolScript: Uint8Array;
}

export async function makePoolKey(keyFile: string): Promise<PoolKey> {
  const made = await openOrMakeKeyFile(keyFile, "regtest", new Uint8Array(32).fill(9));
  return { keyFile, poolAddress: made.address, poolScript: made.script };
}

export async function signerWith({ keyFile, poolScript }: PoolKey, nodes: Nodes): Promise<Signer> {
  const scripts = [poolScript];
  const [node] = nodes.list;
  const options = { kind: "key-file", keyFile, network: "regtest", scripts, node: node! } as const;
  return (await openSigner(options))!;
}
