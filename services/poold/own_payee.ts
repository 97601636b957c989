/**
 * Whom the pool's own coinbases pay to.
 *
 * @module
 */
import { concat, type Network, u32le } from "@gopool/chain";
import { ConfigError } from "@gopool/config";
import { payeeOf } from "@gopool/config/payee";
import type { Random } from "@gopool/runtime";
import type { PooldConfig } from "./config.ts";

interface Payee {
  readonly poolAddress: string;
  /** Of the key to that address, where the pool made it. */
  readonly keyFile: string | null;
}

/**
 * The pool's address. For a real network it is the operator's: readSettings() has seen that there is one. On the
 * simulated chain the pool makes a key of its own, so that its payouts can be watched.
 */
export async function payee(
  { nodeUrl, poolAddress, dataDir }: PooldConfig,
  network: Network,
  random: Random,
): Promise<Payee> {
  if (poolAddress !== undefined) {
    const simulated = nodeUrl === undefined ? " (a simulated one: GOPOOL_NODE_URL is not set)" : "";
    return { poolAddress: payeeOf("poold", poolAddress, network, simulated), keyFile: null };
  }
  if (nodeUrl !== undefined) {
    throw new ConfigError("poold", [
      `GOPOOL_POOL_ADDRESS is required: the ${network} address that the pool's own coinbases pay to`,
    ]);
  }
  const keyFile = `${dataDir}/simulated-key`;
  const secret = concat(...Array.from({ length: 8 }, () => u32le(random.uint32())));
  // Loaded only here: a pool on a real chain makes no key.
  const { openOrMakeKeyFile } = await import("@gopool/payoutd/key_file");
  const { address } = await openOrMakeKeyFile(keyFile, network, secret);
  return { poolAddress: address, keyFile };
}
