import { type Sats, sats } from "./units.ts";

/** The networks that Bitcoin Core knows. "signet" is any signet, the default one or a private one. */
export type Network = "main" | "testnet3" | "testnet4" | "signet" | "regtest";

/** Every network, in the order in which messages list them. */
export const NETWORKS: readonly Network[] = ["main", "testnet3", "testnet4", "signet", "regtest"];

/** Names as getblockchaininfo's `chain` gives them (Bitcoin Core util/chaintype.cpp). */
const FROM_CORE: ReadonlyMap<string, Network> = new Map([
  ["main", "main"],
  ["test", "testnet3"],
  ["testnet4", "testnet4"],
  ["signet", "signet"],
  ["regtest", "regtest"],
]);

/**
 * The network a node says it is on.
 *
 * @param chain `chain` of getblockchaininfo.
 * @throws {RangeError} A name that is none of Bitcoin Core's.
 */
export function networkFromCore(chain: string): Network {
  const network = FROM_CORE.get(chain);
  if (network === undefined) {
    throw new RangeError(
      `Cannot mine on chain ${JSON.stringify(chain)}: must be one of ${
        [...FROM_CORE.keys()].join(", ")
      }`,
    );
  }
  return network;
}

const FIRST_SUBSIDY = 5_000_000_000n;
/** What a block may create at a height, without fees. Halves every 210,000 blocks, on regtest every 150. */
export function subsidyAt(network: Network, height: number): Sats {
  if (!Number.isSafeInteger(height) || height < 0) {
    throw new RangeError(
      `Cannot tell the subsidy at height ${height}: must be a whole number >= 0`,
    );
  }
  const halvings = Math.floor(height / (network === "regtest" ? 150 : 210_000));
  // From the 33rd halving on this is 0. Bitcoin Core asks before it shifts by 64 and more: C++ must not, we may.
  return sats(FIRST_SUBSIDY >> BigInt(halvings));
}

/** Blocks between two retargets (Bitcoin Core: nPowTargetTimespan / nPowTargetSpacing). */
const RETARGET_BLOCKS = 2016;

/** nBits of regtest's easiest target (Bitcoin Core kernel/chainparams.cpp, powLimit of CRegTestParams). */
const REGTEST_BITS = 0x207f_ffff;

/**
 * Whether the block at `nextHeight` may need other nBits than the tip before it: at every retarget, and anywhere
 * on a test network that allows an easy block after 20 minutes without one. Regtest has that rule too, but never
 * leaves its easiest target (fPowNoRetargeting): with that target as the tip's, it does not change. A "regtest"
 * at other bits is not Bitcoin Core's, such as a simulated node that retargets: there, anything may come.
 *
 * @param tipBits nBits of the tip; only regtest needs them, and without them it counts as one that retargets.
 */
export function mayRetarget(network: Network, nextHeight: number, tipBits?: number): boolean {
  switch (network) {
    case "regtest":
      return tipBits !== REGTEST_BITS;
    case "testnet3":
    case "testnet4":
      return true;
    case "main":
    case "signet":
      return nextHeight % RETARGET_BLOCKS === 0;
  }
}

/** Whether an empty job may go out on a new tip with the tip's own nBits, before the node has a template. */
export function allowsEarlyEmptyJob(
  network: Network,
  nextHeight: number,
  tipBits?: number,
): boolean {
  return !mayRetarget(network, nextHeight, tipBits);
}
